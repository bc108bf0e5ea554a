# SPDX-License-Identifier: Apache-2.0
"""Teams and keys in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import ApiKey, Scope
from claude_mem_core.domain.team import Team, TeamMember
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.access import KeyRepository, TeamRepository
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import Rows, within

TEAMS = Rows(Team, "teams")
MEMBERS = Rows(TeamMember, "team_members")
KEYS = Rows(ApiKey, "api_keys", as_json=("metadata", "scopes"))


class SqliteTeams(TeamRepository):
    """Teams and members."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, team_id: str, *, scope: Scope) -> Team:
        row = None
        if team_id == scope.team_id:
            row = self._db.one(f"{TEAMS.select} WHERE r.id = ?", [team_id])
        if row is None:
            raise NotFoundError("team", team_id)
        return TEAMS.value(row)

    @override
    def all(self) -> Sequence[Team]:
        rows = self._db.all(f"{TEAMS.select} ORDER BY r.seq")
        return [TEAMS.value(row) for row in rows]

    @override
    def members(self, *, scope: Scope) -> Sequence[TeamMember]:
        sql = f"{MEMBERS.select} WHERE r.team_id = ? ORDER BY r.user_id"
        return [MEMBERS.value(row) for row in self._db.all(sql, [scope.team_id])]

    @override
    def add(self, team: Team) -> None:
        try:
            self._db.run(TEAMS.insert, TEAMS.row(team))
        except ConflictError as error:
            message = f"there is a team {team.slug or team.id!r} already"
            raise ConflictError(message) from error

    @override
    def add_member(self, member: TeamMember) -> None:
        try:
            self._db.run(MEMBERS.insert, MEMBERS.row(member))
        except ConflictError as error:
            if not self._db.one("SELECT 1 FROM teams WHERE id = ?", [member.team_id]):
                raise NotFoundError("team", member.team_id) from error
            raise ConflictError(f"{member.user_id!r} is a member already") from error

    @override
    def remove_member(self, member_id: str, *, scope: Scope) -> None:
        sql = "DELETE FROM team_members WHERE id = ? AND team_id = ?"
        if self._db.run(sql, [member_id, scope.team_id]).rowcount == 0:
            raise NotFoundError("member", member_id)


class SqliteKeys(KeyRepository):
    """Keys."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def find(self, prefix: str) -> ApiKey | None:
        row = self._db.one(f"{KEYS.select} WHERE r.prefix = ?", [prefix])
        return KEYS.value(row) if row else None

    @override
    def with_hash(self, key_hash: str) -> ApiKey | None:
        row = self._db.one(f"{KEYS.select} WHERE r.key_hash = ?", [key_hash])
        return KEYS.value(row) if row else None

    @override
    def get(self, key_id: str, *, scope: Scope) -> ApiKey:
        sql = (
            f"{KEYS.select} WHERE r.id = :id AND r.team_id = :team"
            " AND (:project IS NULL OR r.project_id = :project)"
        )
        row = self._db.one(sql, within(scope, id=key_id))
        if row is None:
            raise NotFoundError("key", key_id)
        return KEYS.value(row)

    @override
    def list(self, *, scope: Scope) -> Sequence[ApiKey]:
        sql = f"{KEYS.select} WHERE r.team_id = ? ORDER BY r.seq"
        return [KEYS.value(row) for row in self._db.all(sql, [scope.team_id])]

    @override
    def add(self, key: ApiKey) -> None:
        try:
            self._db.run(KEYS.insert, KEYS.row(key))
        except ConflictError as error:
            raise ConflictError("there is such a key already") from error

    @override
    def replace(self, key: ApiKey) -> None:
        done = self._db.run(KEYS.update, [*KEYS.row(key), key.id])
        if done.rowcount == 0:
            raise NotFoundError("key", key.id)

    @override
    def used(self, key_id: str, *, at: int) -> None:
        sql = (
            "UPDATE api_keys SET last_used_at_epoch = :at WHERE id = :id"
            " AND coalesce(last_used_at_epoch, 0) < :at"
        )
        self._db.run(sql, {"id": key_id, "at": at})
