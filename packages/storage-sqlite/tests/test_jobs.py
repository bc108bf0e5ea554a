# SPDX-License-Identifier: Apache-2.0
"""The ledger stays quick when it is long: each question reads only what it needs."""

from __future__ import annotations

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_core.domain.generation_job import Failure, JobQuery
from claude_mem_storage_sqlite import jobs

SETTLED = 2_000
WORK_OF_A_FEW_STEPS = 600
"""Far fewer of SQLite's own steps than a look at each settled job would take."""


@pytest.fixture
def ledger(storage):
    """A ledger with many settled jobs of one session, and one that waits."""
    with storage.begin() as tx:
        for number in range(SETTLED):
            tx.jobs.add(samples.job(f"job-{number}"))
        tx.jobs.clear("session", now=NOW)
        tx.jobs.add(samples.job("waiting"))
    return storage


def steps(tx, deed):
    """How many steps of SQLite's machine a deed takes."""
    count = 0

    def step():
        nonlocal count
        count += 1

    raw = tx.jobs._db.raw
    raw.set_progress_handler(step, 1)
    deed()
    raw.set_progress_handler(None, 0)
    return count


QUESTIONS = {
    "claim": lambda ledger: ledger.claim(now=NOW, lease_until=NOW + 1),
    "claim of a session": lambda ledger: ledger.claim(
        now=NOW, lease_until=NOW + 1, session_id="session"
    ),
    "recover": lambda ledger: ledger.recover(now=NOW, latest=NOW + 1),
    "depth": lambda ledger: ledger.depth(),
    "depth of a session": lambda ledger: ledger.depth("session"),
    "counts": lambda ledger: ledger.counts(),
    "oldest": lambda ledger: ledger.oldest_waiting(),
    "lanes": lambda ledger: ledger.lanes(),
    "waiting": lambda ledger: ledger.waiting(now=NOW, limit=500),
    "due since": lambda ledger: ledger.due_since(now=NOW),
    "leases": lambda ledger: ledger.leases(now=NOW),
    "last move": lambda ledger: ledger.last_move(),
    "log": lambda ledger: ledger.log(samples.job("job-7").id, scope=samples.OURS),
    "dead letters": lambda ledger: ledger.list(
        JobQuery(status="failed"), scope=samples.OURS
    ),
    "what waits": lambda ledger: ledger.list(
        JobQuery(status="queued"), scope=samples.OURS
    ),
    "reset": lambda ledger: ledger.reset("session", now=NOW),
    "of a source": lambda ledger: ledger.of_source("job-7", scope=samples.OURS),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_settled_jobs_cost_nothing(ledger, ask):
    with ledger.begin() as tx:
        assert steps(tx, lambda: ask(tx.jobs)) < WORK_OF_A_FEW_STEPS


def test_the_counts_are_those_of_the_rows(ledger):
    with ledger.begin() as tx:
        claim = tx.jobs.claim(now=NOW, lease_until=NOW + 1)
        tx.jobs.settle(claim, now=NOW)
        tx.jobs.add(samples.job("waiting"))
        tx.jobs.add(samples.job("failing"))
        claim = tx.jobs.claim(now=NOW, lease_until=NOW + 1)
        tx.jobs.fail(claim, now=NOW, failure=Failure("transient", "no"), retry_at=None)
        rows = tx.jobs._db.all(
            "SELECT status, count(*) FROM generation_jobs GROUP BY status"
        )
        assert tx.jobs.counts() == dict(rows)
        assert tx.jobs.depth() == 1


def test_idle_sessions_are_found_in_an_index_alone(storage):
    with storage.read() as snapshot:
        asked = {"before": NOW, "after": NOW}
        plan = snapshot.jobs._db.all(f"EXPLAIN QUERY PLAN {jobs._IDLE}", asked)
    assert any("USING COVERING INDEX generation_jobs_session" in row[3] for row in plan)
