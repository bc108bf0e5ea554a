# SPDX-License-Identifier: Apache-2.0
"""Many producers and many workers on one store: in order, side by side, none in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from clients import Clients, Event, events, new_project, wait_until_done
from evidence import UNFINISHED, faults, most_at_once, rows
from machine import Machine
from template import NO_WORK
from valkey import Valkey
from workers import dismiss, hire

PRODUCERS, WORKERS, SESSIONS = 4, 3, 50
TURNS = 17
LEAST = 5_000


@pytest.fixture(params=["sqlite", "rq"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of each queue engine that shares work between processes."""
    name = {"CLAUDE_MEM_QUEUE_ENGINE": request.param}
    if request.param != "rq":
        yield name
        return
    bell = Valkey.start(tmp_path / "valkey")
    yield {**name, "CLAUDE_MEM_REDIS_URL": bell.url}
    bell.stop()


def test_many_producers_and_workers_keep_each_session_in_order(
    machine: Machine, engine: dict[str, str]
):
    machine.env.update(NO_WORK, **engine)
    machine.start()
    project_id = new_project(machine)
    names = [f"s{number}" for number in range(SESSIONS)]
    shares = [names[one::PRODUCERS] for one in range(PRODUCERS)]
    clients = Clients(machine, [_in_turn(share, project_id) for share in shares])
    workers = [hire(machine, f"w{number}") for number in range(WORKERS)]
    with clients.at_work():
        pass
    wait_until_done(machine, seconds=240)
    for worker in workers:
        dismiss(worker)
    assert machine.stop() == 0

    assert len(clients.acknowledged) >= LEAST
    assert clients.refused == []
    assert faults(machine, clients.acknowledged) == []
    assert rows(machine, UNFINISHED) == []
    assert most_at_once(machine) > 1
    assert len(rows(machine, "SELECT DISTINCT worker FROM generation_jobs")) == WORKERS


def _in_turn(names: Sequence[str], project_id: str) -> Iterator[Event]:
    """The events of several sessions, one of each after the other."""
    sessions = [events(name, TURNS, project_id=project_id) for name in names]
    for together in zip(*sessions, strict=True):
        yield from together
