# SPDX-License-Identifier: Apache-2.0
"""The book of model calls in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.model_call import ModelCall, Spent
from claude_mem_core.ports.model_calls import ModelCallBook
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import WITHIN, Rows, within

CALLS = Rows(ModelCall, "model_calls", as_json=())

# No foreign key leads to the job: what was spent outlives it.
BOOK = (
    """
    CREATE TABLE model_calls (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      team_id TEXT NOT NULL, project_id TEXT NOT NULL, job_id TEXT,
      provider TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,
      input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
      cost_micro_usd INTEGER, created_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX model_calls_job ON model_calls (job_id, seq)",
    "CREATE INDEX model_calls_provider ON model_calls (provider, seq)",
    # It covers the sums of a day: a year of calls costs a budget's look nothing.
    """
    CREATE INDEX model_calls_day ON model_calls
      (created_at_epoch, team_id, input_tokens, output_tokens, cost_micro_usd)
    """,
)
"""What the table of calls adds to the schema."""

_SPENT = (
    "SELECT count(*), ifnull(sum(input_tokens), 0), ifnull(sum(output_tokens), 0),"
    " ifnull(sum(cost_micro_usd), 0) FROM model_calls"
    " WHERE created_at_epoch >= :since AND (:team IS NULL OR team_id = :team)"
)


class SqliteModelCalls(ModelCallBook):
    """Calls of models."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def of_job(self, job_id: str, *, scope: Scope) -> Sequence[ModelCall]:
        sql = f"{CALLS.select} {WITHIN} WHERE r.job_id = :job ORDER BY r.seq"
        rows = self._db.all(sql, within(scope, job=job_id))
        return [CALLS.value(row) for row in rows]

    @override
    def latest(self, provider: str, *, limit: int) -> Sequence[ModelCall]:
        sql = f"{CALLS.select} WHERE r.provider = ? ORDER BY r.seq DESC LIMIT ?"
        return [CALLS.value(row) for row in self._db.all(sql, [provider, limit])]

    @override
    def spent(self, *, since: int, team_id: str | None = None) -> Spent:
        row = self._db.one(_SPENT, {"since": since, "team": team_id})
        return Spent(*row) if row else Spent()

    @override
    def add(self, call: ModelCall) -> None:
        self._db.run(CALLS.insert, CALLS.row(call))
