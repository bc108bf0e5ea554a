# SPDX-License-Identifier: Apache-2.0
"""A wall clock that is set forward and back, at any moment, loses and doubles nothing.

The clock is the port's: the store, the queue and the worker's threads are the real ones.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_core.api import Principal, Runtime, assemble
from claude_mem_core.errors import GeneratorError
from claude_mem_core.ports.generator import Generation, ObservationGenerator, Turn
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import LEASE
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage
from machine import session
from typing_extensions import override

ME = Principal.local()
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
JUMPS = {
    "an hour on": HOUR,
    "an hour back": -HOUR,
    "a day on": DAY,
    "a day back": -DAY,
    "ten years back": -10 * YEAR,
    "past 2038": 25 * YEAR,
}
THERE_AND_BACK = (*JUMPS.values(), -15 * YEAR)
EVENTS_PER_JUMP = 7
"""Fewer jumps than workers may go away from one job: one ahead looks like that."""

jumping = pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)


class Wall(RealSystem):
    """The clock on the wall, and a hand that moves it; it remembers the ids it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self._ahead = 0
        self._hand = threading.Lock()

    @override
    def now(self) -> int:
        return super().now() + self._ahead

    @override
    def new_id(self) -> str:
        with self._hand:
            self.ids.append(super().new_id())
            return self.ids[-1]

    def jump(self, by: timedelta) -> None:
        self._ahead += by // timedelta(milliseconds=1)


class Startled(RuleBasedGenerator):
    """A generator at whose work the clock jumps, and that fails once at each turn."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._jumps = cycle(THERE_AND_BACK)
        self._failed: set[str] = set()

    @override
    def observe(self, turn: Turn) -> Generation:
        self._wall.jump(next(self._jumps))
        first = turn.events[0].id
        if first not in self._failed:
            self._failed.add(first)
            raise GeneratorError("not now", kind="transient")
        made = super().observe(turn)
        self._wall.jump(next(self._jumps))
        return made


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def runtime(wall: Wall, path: Path) -> Iterator[Runtime]:
    """A store, its queue and its worker, who all read the clock that jumps."""
    with opened(path, wall, Startled(wall)) as one:
        yield one


def opened(path: Path, wall: Wall, generator: ObservationGenerator) -> Runtime:
    storage = SqliteStorage(path, wall)
    return assemble(
        storage=storage,
        queue=SqliteQueueEngine(storage, wall),
        generator=generator,
        system=wall,
        agents=[ClaudeCode()],
    )


def reported(sessions: int, turns: int) -> Iterator[dict[str, Any]]:
    """What the hooks of sessions report that go on side by side."""
    waiting = [session(f"s{number}", turns) for number in range(sessions)]
    for one in cycle(waiting):
        payload = next(one, None)
        if payload is None:
            return
        yield payload


def take_in(runtime: Runtime, payload: dict[str, Any]) -> None:
    event, now = payload["hook_event_name"], runtime.system.now()
    seen = runtime.agent("claude-code").capture(event, payload, received_at=now)
    runtime.events.capture(seen, by=ME)


def until_all_is_done(runtime: Runtime) -> None:
    while runtime.status.progress().queue_depth:
        time.sleep(0.01)


def pass_time_until_all_is_done(runtime: Runtime, wall: Wall) -> None:
    while runtime.status.progress().queue_depth:
        wall.jump(timedelta(seconds=6))
        time.sleep(0.05)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The answer of the database itself, past all of our own code."""
    with closing(sqlite3.connect(path)) as store:
        return store.execute(query).fetchall()


MEMORIES = """
    SELECT s.content_session_id, m.kind, m.title, m.narrative, m.text, m.facts,
      (SELECT count(*) FROM memory_sources c WHERE c.memory_item_id = m.id
         AND json_extract(c.metadata, '$.inheritedFrom') IS NULL)
    FROM memory_items m JOIN server_sessions s ON s.id = m.server_session_id
    ORDER BY 1, 2, 3
"""
UNDONE = "SELECT status, last_error FROM generation_jobs WHERE status <> 'completed'"
EVENTS = "SELECT id, payload FROM agent_events ORDER BY seq"


def test_sessions_under_a_clock_that_jumps_end_as_under_one_that_does_not(
    tmp_path: Path, path: Path, runtime: Runtime, wall: Wall
) -> None:
    payloads = list(reported(sessions=3, turns=3))
    steady = tmp_path / "steady.db"
    with opened(steady, Wall(), RuleBasedGenerator()) as undisturbed:
        for payload in payloads:
            take_in(undisturbed, payload)
        undisturbed.start(work=True)
        until_all_is_done(undisturbed)

    runtime.start(work=True)
    jumps = cycle(THERE_AND_BACK)
    for number, payload in enumerate(payloads):
        take_in(runtime, payload)
        if number % EVENTS_PER_JUMP == 0:
            wall.jump(next(jumps))
            runtime.upkeep.once()
    pass_time_until_all_is_done(runtime, wall)
    runtime.close()

    events = rows(path, EVENTS)
    assert [json.loads(payload) for _, payload in events] == payloads
    assert [one for one, _ in events] == sorted(one for one, _ in events)
    assert wall.ids == sorted(set(wall.ids))
    assert (
        rows(path, "SELECT id FROM generation_jobs WHERE status <> 'completed'") == []
    )
    assert len(rows(path, MEMORIES)) >= len(payloads) / 6
    assert rows(path, MEMORIES) == rows(steady, MEMORIES)
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


@jumping
def test_work_that_waits_when_the_clock_jumps_is_done_at_once(
    runtime: Runtime, wall: Wall, jump: timedelta
) -> None:
    for payload in session("s", turns=1):
        take_in(runtime, payload)

    wall.jump(jump)

    assert runtime.generator.drain() > 0


@jumping
def test_a_job_of_a_worker_that_died_comes_back_within_two_leases(
    runtime: Runtime, path: Path, wall: Wall, jump: timedelta
) -> None:
    for payload in session("s", turns=1):
        take_in(runtime, payload)
    storage = SqliteStorage(path, wall)
    lost = SqliteQueueEngine(storage, wall).claim()
    storage.close()
    assert lost is not None

    wall.jump(jump)
    wall.jump(2 * LEASE)
    assert runtime.generator.drain() > 0

    job = runtime.jobs.get(lost.job.id, by=ME).job
    assert job.status == "completed"
    # A lease that a clock which went back has ended is not counted as lost.
    assert job.lost_leases == (1 if jump > timedelta(0) else 0)


def test_an_id_stays_greater_than_all_before_it_wherever_the_clock_goes() -> None:
    wall = Wall()

    for jump in (*JUMPS.values(), -25 * YEAR):
        for _ in range(5000):
            wall.new_id()
        wall.jump(jump)

    assert wall.ids == sorted(set(wall.ids))
