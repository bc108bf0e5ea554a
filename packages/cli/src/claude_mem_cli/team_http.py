# SPDX-License-Identifier: Apache-2.0
"""What is asked for of one team, asked of a running server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from claude_mem_core.domain.access import KeyDraft, KeyFacts
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.team import MemberDraft, TeamMember
from claude_mem_core.domain.value import JsonObject, Value
from typing_extensions import override

from claude_mem_cli.http_line import HttpLine, items, part
from claude_mem_cli.team_client import IssuedKey, TeamClient


class TeamHttp(TeamClient):
    """A team that the server at the end of a line keeps."""

    def __init__(self, line: HttpLine, team_id: str) -> None:
        self._line = line
        self._path = f"/v1/teams/{quote(team_id, safe='')}"

    @override
    def members(self) -> Sequence[TeamMember]:
        answer = self._line.ask("GET", f"{self._path}/members")
        return [TeamMember.from_wire(one) for one in items(answer, "members")]

    @override
    def add_member(self, draft: MemberDraft) -> TeamMember:
        answer = self._line.ask_once("POST", f"{self._path}/members", _said(draft))
        return TeamMember.from_wire(part(answer, "member", dict))

    @override
    def remove_member(self, user_id: str) -> TeamMember:
        path = f"{self._path}/members/{quote(user_id, safe='')}"
        answer = self._line.ask_once("DELETE", path)
        return TeamMember.from_wire(part(answer, "member", dict))

    @override
    def projects(self) -> Sequence[Project]:
        answer = self._line.ask("GET", f"{self._path}/projects")
        return [Project.from_wire(one) for one in items(answer, "projects")]

    @override
    def create_project(self, draft: ProjectDraft) -> Project:
        answer = self._line.ask_once("POST", f"{self._path}/projects", _said(draft))
        return Project.from_wire(part(answer, "project", dict))

    @override
    def list_keys(self) -> Sequence[KeyFacts]:
        answer = self._line.ask("GET", f"{self._path}/keys")
        return [KeyFacts.from_wire(one) for one in items(answer, "keys")]

    @override
    def issue_key(self, draft: KeyDraft) -> IssuedKey:
        return _issued(self._line.ask_once("POST", f"{self._path}/keys", _said(draft)))

    @override
    def rotate_key(self, key_id: str, *, overlap: timedelta) -> IssuedKey:
        asked: JsonObject = {"overlapHours": overlap // timedelta(hours=1)}
        return _issued(self._line.ask_once("POST", self._key(key_id, "rotate"), asked))

    @override
    def revoke_key(self, key_id: str) -> KeyFacts:
        answer = self._line.ask("POST", self._key(key_id, "revoke"))
        return KeyFacts.from_wire(part(answer, "key", dict))

    def _key(self, key_id: str, deed: str) -> str:
        return f"{self._path}/keys/{quote(key_id, safe='')}/{deed}"


def _said(draft: Value) -> JsonObject:
    return draft.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _issued(answer: dict[str, Any]) -> IssuedKey:
    facts = KeyFacts.from_wire(part(answer, "key", dict))
    return IssuedKey(facts, part(answer, "apiKey", str))
