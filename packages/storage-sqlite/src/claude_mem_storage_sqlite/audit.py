# SPDX-License-Identifier: Apache-2.0
"""The audit log in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.audit import AuditHead, AuditQuery, AuditRow
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.audit import AuditLog
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection, Row
from claude_mem_storage_sqlite.rows import Rows, of_json, within

AUDIT = Rows(AuditRow, "audit_log")

CHAIN = (
    "ALTER TABLE audit_log ADD COLUMN prev_hash TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit_log ADD COLUMN row_hash TEXT NOT NULL DEFAULT ''",
)
"""What the fifteenth migration adds: the place of a row in the chain. Rows of before
have none until the first start, as the seal needs a secret that no database holds."""

_WHERE = {
    "project_id": "r.project_id = :project_id",
    "action": "r.action = :action",
    "actor_id": "r.actor_id = :actor_id",
    "target_type": "r.target_type = :target_type",
    "target_id": "r.target_id = :target_id",
    "since": "r.created_at_epoch >= :since",
    "until": "r.created_at_epoch <= :until",
}


class SqliteAuditLog(AuditLog):
    """The audit log."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def head(self) -> AuditHead | None:
        newest = "SELECT seq, row_hash FROM audit_log ORDER BY seq DESC LIMIT 1"
        row = self._db.one(newest)
        return AuditHead(row[0], row[1]) if row else None

    @override
    def page(self, *, after: int, limit: int) -> Sequence[AuditRow]:
        sql = f"{AUDIT.select} WHERE r.seq > ? ORDER BY r.seq LIMIT ?"
        return tuple(_as_it_stands(row) for row in self._db.all(sql, [after, limit]))

    @override
    def list(self, query: AuditQuery, *, scope: Scope) -> Sequence[AuditRow]:
        sql = (
            f"{AUDIT.select} WHERE r.team_id = :team"
            " AND (:project IS NULL OR r.project_id = :project)"
            f"{_narrowed(query)}"
            f" ORDER BY r.seq {query.order} LIMIT :limit"
        )
        rows = self._db.all(sql, {**_asked(query), **within(scope)})
        return tuple(AUDIT.value(row) for row in rows)

    @override
    def append(self, rows: Sequence[AuditRow]) -> None:
        try:
            for row in rows:
                self._db.run(AUDIT.insert, AUDIT.row(row))
        except ConflictError as error:
            message = "the audit log has a row of this number or id already"
            raise ConflictError(message) from error

    @override
    def seal(self, row: AuditRow) -> None:
        sql = (
            "UPDATE audit_log SET prev_hash = ?, row_hash = ?"
            " WHERE seq = ? AND row_hash = ''"
        )
        self._db.run(sql, [row.prev_hash, row.row_hash, row.seq])

    @override
    def prune(self, *, through: int) -> None:
        self._db.run("DELETE FROM audit_log WHERE seq <= ?", [through])


def _as_it_stands(row: Row) -> AuditRow:
    """The row, whatever somebody wrote into it: its seal will tell."""
    fields = AUDIT.fields(row)
    try:
        told = of_json(fields["metadata"])
    except ValueError:
        told = {"spoilt": fields["metadata"]}
    return AuditRow.of_valid({**fields, "metadata": told})


def _asked(query: AuditQuery) -> Mapping[str, object]:
    return {name: getattr(query, name) for name in (*_WHERE, "after", "limit")}


def _narrowed(query: AuditQuery) -> str:
    wanted = [sql for name, sql in _WHERE.items() if getattr(query, name) is not None]
    if query.after is not None:
        wanted.append(f"r.seq {'>' if query.order == 'asc' else '<'} :after")
    return "".join(f" AND {sql}" for sql in wanted)
