# SPDX-License-Identifier: Apache-2.0
"""Jobs claimed and settled a second, beside bare sqlite3 that does the same updates.

Each claim and each settlement is a commit of its own on both sides, as a worker's are:
between the two lies the generator, over which no transaction is open.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from claude_mem_core.api import Runtime
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage

from benchmarks.adapters import ME, START, adapters, project, tool_use
from benchmarks.bare import Rows
from benchmarks.report import Line

ROUNDS = 3
JOBS = 1_000
BATCH = 500

CLAIM = (
    "UPDATE generation_jobs SET status = 'processing', claims = claims + 1,"
    " lease_until_epoch = ?, updated_at_epoch = ? WHERE seq = ?"
)
SETTLE = (
    "UPDATE generation_jobs SET status = 'completed', skip_reason = 'turn_open',"
    " lease_until_epoch = NULL, updated_at_epoch = ? WHERE seq = ?"
)


def measure() -> Sequence[Line]:
    """One worker, all of whose jobs turn out to need no generator."""
    rounds = [_round() for _ in range(ROUNDS)]
    ours, bare = (JOBS / median(side) for side in zip(*rounds, strict=True))
    return [Line("claim and settle", ours, bare, "jobs/s", more_is_better=True)]


def _round() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with adapters(folder) as (runtime, storage, queue):
            _fill(runtime)
            rows = Rows(folder, {"generation_jobs": JOBS})
            ours = _ours(storage, queue)
        with rows.written(folder) as bare:
            return ours, _bare(bare)


def _fill(runtime: Runtime) -> None:
    project_id = project(runtime)
    for first in range(0, JOBS, BATCH):
        numbers = range(first, first + BATCH)
        drafts = [tool_use(project_id, number) for number in numbers]
        runtime.events.accept_batch(drafts, by=ME)


def _ours(storage: Storage, queue: ObservationQueueEngine) -> float:
    start, done = time.perf_counter(), 0
    while claim := queue.claim():
        with storage.begin() as tx:
            tx.jobs.settle(claim, now=START, skip="turn_open")
        done += 1
    seconds = time.perf_counter() - start
    if done != JOBS:
        raise RuntimeError(f"{done} of {JOBS} jobs were claimed")
    return seconds


def _bare(bare: sqlite3.Connection) -> float:
    numbers = bare.execute("SELECT seq FROM generation_jobs ORDER BY seq").fetchall()
    start = time.perf_counter()
    for (seq,) in numbers:
        _commit(bare, CLAIM, [START, START, seq])
        _commit(bare, SETTLE, [START, seq])
    return time.perf_counter() - start


def _commit(bare: sqlite3.Connection, sql: str, parameters: Sequence[object]) -> None:
    bare.execute("BEGIN IMMEDIATE")
    bare.execute(sql, parameters)
    bare.execute("COMMIT")
