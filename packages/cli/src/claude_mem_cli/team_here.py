# SPDX-License-Identifier: Apache-2.0
"""What is asked for of one team, done by this process on the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from claude_mem_core.domain.access import ApiKey, KeyDraft, KeyFacts, NewKey, Principal
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.team import MemberDraft, TeamMember
from claude_mem_core.runtime import Runtime
from typing_extensions import override

from claude_mem_cli.team_client import IssuedKey, TeamClient


class TeamHere(TeamClient):
    """A team of a runtime of this process.

    Args:
        runtime: Where it is.
        by: Whoever runs this process, as one who sees to the team.
    """

    def __init__(self, runtime: Runtime, by: Principal) -> None:
        self._runtime = runtime
        self._by = by

    @override
    def members(self) -> Sequence[TeamMember]:
        return self._runtime.teams.members(by=self._by)

    @override
    def add_member(self, draft: MemberDraft) -> TeamMember:
        return self._runtime.teams.add_member(draft, by=self._by)

    @override
    def remove_member(self, user_id: str) -> TeamMember:
        return self._runtime.teams.remove_member(user_id, by=self._by)

    @override
    def projects(self) -> Sequence[Project]:
        return self._runtime.projects.list(by=self._by)

    @override
    def create_project(self, draft: ProjectDraft) -> Project:
        return self._runtime.projects.create(draft, by=self._by)

    @override
    def list_keys(self) -> Sequence[KeyFacts]:
        return [_facts(key) for key in self._runtime.keys.list(by=self._by)]

    @override
    def issue_key(self, draft: KeyDraft) -> IssuedKey:
        return _issued(self._runtime.keys.issue(draft, by=self._by))

    @override
    def rotate_key(self, key_id: str, *, overlap: timedelta) -> IssuedKey:
        new = self._runtime.keys.rotate(key_id, overlap=overlap, by=self._by)
        return _issued(new)

    @override
    def revoke_key(self, key_id: str) -> KeyFacts:
        return _facts(self._runtime.keys.revoke(key_id, by=self._by))


def _issued(new: NewKey) -> IssuedKey:
    return IssuedKey(_facts(new.key), new.raw)


def _facts(key: ApiKey) -> KeyFacts:
    return KeyFacts.from_wire(key.shown)
