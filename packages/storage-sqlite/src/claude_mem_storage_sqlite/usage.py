# SPDX-License-Identifier: Apache-2.0
"""What teams used, in SQLite."""

from __future__ import annotations

from collections.abc import Mapping

from claude_mem_core.domain.access import Scope
from claude_mem_core.ports.usage import UsageBook
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection

USAGE = (
    """
    CREATE TABLE team_usage (
      team_id TEXT NOT NULL REFERENCES teams(id) ON DELETE CASCADE,
      month TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
      PRIMARY KEY (team_id, month, kind)
    ) STRICT, WITHOUT ROWID
    """,
)
"""What the sixteenth migration adds."""


class SqliteUsage(UsageBook):
    """What teams used."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def of(self, month: str, *, scope: Scope) -> Mapping[str, int]:
        sql = "SELECT kind, amount FROM team_usage WHERE team_id = ? AND month = ?"
        return dict(self._db.all(sql, [scope.team_id, month]))

    @override
    def count(self, month: str, used: Mapping[str, int], *, scope: Scope) -> None:
        sql = (
            "INSERT INTO team_usage (team_id, month, kind, amount) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"
        )
        for kind, amount in used.items():
            self._db.run(sql, [scope.team_id, month, kind, amount])
