# SPDX-License-Identifier: Apache-2.0
"""Teams and keys in this process."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from claude_mem_core.domain.access import ApiKey, Scope
from claude_mem_core.domain.team import Team, TeamMember
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.access import KeyRepository, TeamRepository
from claude_mem_core.reference.state import State


class InProcessTeams(TeamRepository):
    """Teams and members."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, team_id: str, *, scope: Scope) -> Team:
        if team_id != scope.team_id or team_id not in self._state.teams:
            raise NotFoundError("team", team_id)
        return self._state.teams[team_id]

    @override
    def all(self) -> Sequence[Team]:
        return list(self._state.teams.values())

    @override
    def members(self, *, scope: Scope) -> Sequence[TeamMember]:
        everybody = self._state.members.values()
        ours = [member for member in everybody if member.team_id == scope.team_id]
        return sorted(ours, key=lambda member: member.user_id)

    @override
    def add(self, team: Team) -> None:
        slugs = {other.slug for other in self._state.teams.values()} - {None}
        if team.id in self._state.teams or team.slug in slugs:
            raise ConflictError(f"there is a team {team.slug or team.id!r} already")
        self._state.teams[team.id] = team

    @override
    def add_member(self, member: TeamMember) -> None:
        if member.team_id not in self._state.teams:
            raise NotFoundError("team", member.team_id)
        place = (member.team_id, member.user_id)
        everybody = self._state.members.values()
        if place in {(other.team_id, other.user_id) for other in everybody}:
            raise ConflictError(f"{member.user_id!r} is a member already")
        self._state.members[member.id] = member

    @override
    def remove_member(self, member_id: str, *, scope: Scope) -> None:
        member = self._state.members.get(member_id)
        if member is None or member.team_id != scope.team_id:
            raise NotFoundError("member", member_id)
        del self._state.members[member_id]


class InProcessKeys(KeyRepository):
    """Keys."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def find(self, prefix: str) -> ApiKey | None:
        everyone = self._state.keys.values()
        return next((key for key in everyone if key.prefix == prefix), None)

    @override
    def with_hash(self, key_hash: str) -> ApiKey | None:
        everyone = self._state.keys.values()
        return next((key for key in everyone if key.key_hash == key_hash), None)

    @override
    def get(self, key_id: str, *, scope: Scope) -> ApiKey:
        key = self._state.keys.get(key_id)
        if key is None or not _within(key, scope):
            raise NotFoundError("key", key_id)
        return key

    @override
    def list(self, *, scope: Scope) -> Sequence[ApiKey]:
        everyone = self._state.keys.values()
        return [key for key in everyone if key.team_id == scope.team_id]

    @override
    def add(self, key: ApiKey) -> None:
        everyone = self._state.keys.values()
        same = (k for k in everyone if k.prefix == key.prefix is not None)
        if next(same, None) or key.key_hash in {k.key_hash for k in everyone}:
            raise ConflictError("there is such a key already")
        self._state.keys[key.id] = key

    @override
    def replace(self, key: ApiKey) -> None:
        if key.id not in self._state.keys:
            raise NotFoundError("key", key.id)
        self._state.keys[key.id] = key

    @override
    def used(self, key_id: str, *, at: int) -> None:
        key = self._state.keys.get(key_id)
        if key is not None and at > (key.last_used_at_epoch or 0):
            self._state.keys[key_id] = key.changed(last_used_at_epoch=at)


def _within(key: ApiKey, scope: Scope) -> bool:
    same_team = key.team_id == scope.team_id
    return same_team and scope.project_id in (None, key.project_id)
