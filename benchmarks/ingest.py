# SPDX-License-Identifier: Apache-2.0
"""Acknowledged events a second, beside bare sqlite3, the disk, and over HTTP.

The product decides how many events share a commit; bare sqlite3 then writes the rows
of its event, job and audit tables with as many commits. A disk writes one small record
where the product commits: nothing that is durable can be faster. Each figure is the
median of some rounds, in each of which every side has its turn.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from claude_mem_core.api import AgentEventDraft, Runtime
from claude_mem_storage_sqlite.driver import Connection, Cursor, Parameters

from benchmarks.adapters import ME, adapters, project, tool_use
from benchmarks.bare import Rows, flushes
from benchmarks.report import Line
from benchmarks.served import served

ROUNDS = 3
EVENTS = 2_000
BATCHED = 10_000
BATCH = 100
MANY = 16
A_SAMPLE = 500
"""Records that tell how long the disk takes."""

Accept = Callable[[Runtime, Sequence[AgentEventDraft]], None]


@dataclass(frozen=True, slots=True)
class Rates:
    """Events a second of one round, and how many of them shared a commit."""

    ours: float
    sqlite: float
    disk: float
    group: float


def measure() -> Sequence[Line]:
    """One client and many, in this process and over HTTP, and batches."""
    return [*_clients(1), *_clients(MANY), _batches()]


def _clients(count: int) -> Iterator[Line]:
    rounds = [_round(EVENTS, count, _one_by_one) for _ in range(ROUNDS)]
    ours = median(one.ours for one in rounds)
    name = _named(count, "client thread")
    yield _line(name, ours, rounds)
    disk = median(one.disk for one in rounds)
    yield Line(f"{name}, beside the disk", ours, disk, "events/s", more_is_better=True)
    http = median(_over_http(count) for _ in range(ROUNDS))
    over = f"{_named(count, 'connection')} of HTTP, beside threads"
    yield Line(over, http, ours, "events/s", more_is_better=True)


def _batches() -> Line:
    rounds = [_round(BATCHED, 1, _by_the_batch) for _ in range(ROUNDS)]
    ours = median(one.ours for one in rounds)
    return _line("1 client, batches", ours, rounds)


def _line(name: str, ours: float, rounds: Sequence[Rates]) -> Line:
    group = median(one.group for one in rounds)
    what = f"{name} ({group:.3g} a commit)"
    bare = median(one.sqlite for one in rounds)
    return Line(what, ours, bare, "events/s", more_is_better=True)


def _named(count: int, what: str) -> str:
    return f"{count} {what}" + ("s" if count > 1 else "")


def _round(events: int, clients: int, accept: Accept) -> Rates:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with adapters(folder) as (runtime, _, _), _commits() as commits:
            project_id = project(runtime)
            drafts = [tool_use(project_id, number) for number in range(events)]
            before = len(commits)
            ours = _seconds(drafts, clients, lambda some: accept(runtime, some))
            count = len(commits) - before
        tables = {"agent_events": events, "generation_jobs": events}
        entries = events if accept is _one_by_one else count
        sqlite = Rows(folder, {**tables, "audit_log": entries}).write(folder, count)
        disk = sum(flushes(folder, min(count, A_SAMPLE)))
        a_flush = disk / min(count, A_SAMPLE)
    return Rates(
        ours=events / ours,
        sqlite=events / sqlite,
        disk=events / (a_flush * count),
        group=events / count,
    )


def _seconds(
    drafts: Sequence[AgentEventDraft],
    clients: int,
    send: Callable[[Sequence[AgentEventDraft]], None],
) -> float:
    """The seconds from the first call to the last answer, each client its share."""
    with ThreadPoolExecutor(clients) as pool:
        start = time.perf_counter()
        for done in [pool.submit(send, drafts[at::clients]) for at in range(clients)]:
            done.result()
        return time.perf_counter() - start


def _one_by_one(runtime: Runtime, drafts: Sequence[AgentEventDraft]) -> None:
    for draft in drafts:
        runtime.events.accept(draft, by=ME)


def _by_the_batch(runtime: Runtime, drafts: Sequence[AgentEventDraft]) -> None:
    for first in range(0, len(drafts), BATCH):
        runtime.events.accept_batch(drafts[first : first + BATCH], by=ME)


def _over_http(connections: int) -> float:
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as server:
        project_id = server.project()
        drafts = [tool_use(project_id, number) for number in range(EVENTS)]
        return EVENTS / _seconds(drafts, connections, server.send)


@contextmanager
def _commits() -> Iterator[list[None]]:
    """A list that grows by one with each commit of the product in this process."""
    seen: list[None] = []
    run = Connection.run

    def counted(self: Connection, sql: str, parameters: Parameters = ()) -> Cursor:
        if sql == "COMMIT":
            seen.append(None)
        return run(self, sql, parameters)

    Connection.run = counted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Connection.run = run  # type: ignore[method-assign]
