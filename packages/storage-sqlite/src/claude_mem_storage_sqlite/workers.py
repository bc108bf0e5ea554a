# SPDX-License-Identifier: Apache-2.0
"""The list of workers in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.ports.workers import WorkerRegistry
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import Rows

WORKERS = Rows(WorkerRecord, "generation_workers", as_json=())


class SqliteWorkers(WorkerRegistry):
    """Workers."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def list(self, *, since: int, until: int) -> Sequence[WorkerRecord]:
        sql = f"{WORKERS.select} WHERE seen_at_epoch BETWEEN ? AND ? ORDER BY id"
        return [WORKERS.value(row) for row in self._db.all(sql, [since, until])]

    @override
    def beat(self, worker: WorkerRecord) -> None:
        self._db.run(
            WORKERS.insert.replace("INSERT", "REPLACE", 1), WORKERS.row(worker)
        )

    @override
    def leave(self, worker_id: str) -> None:
        self._db.run("DELETE FROM generation_workers WHERE id = ?", [worker_id])

    @override
    def prune(self, *, before: int) -> int:
        sql = "DELETE FROM generation_workers WHERE seen_at_epoch < ?"
        return self._db.run(sql, [before]).rowcount
