# SPDX-License-Identifier: Apache-2.0
"""Servers and workers that are killed at any moment, many times over."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import count

import pytest
from clients import Client, Clients, Event, events, new_project, wait_until_done
from evidence import UNFINISHED, faults, rows
from machine import Machine
from size import SIZE
from template import NO_WORK
from workers import Crew

CLIENTS = 4
WORKERS = 4
AT_ONCE = 24
"""Events in a request."""

ENOUGH_TO_CLAIM = 30
TO_CLAIM = """
    SELECT count(DISTINCT server_session_id) FROM generation_jobs
    WHERE status = 'queued' AND server_session_id NOT IN (
      SELECT server_session_id FROM generation_jobs WHERE status = 'processing')
"""
LOST_LEASES = "SELECT sum(lost_leases) FROM generation_jobs"


@pytest.mark.sized
@pytest.mark.timeout(7200)
def test_a_server_killed_at_any_moment_loses_no_event_and_doubles_none(
    machine: Machine, seed: int
):
    chance, over = random.Random(seed), threading.Event()
    machine.start()
    project_id = new_project(machine)
    streams = [_endless(f"c{one}", project_id, over) for one in range(CLIENTS)]
    clients = Clients(machine, streams, at_once=AT_ONCE)
    with clients.at_work():
        kills = 0
        while kills < SIZE.server_kills or clients.count < SIZE.acknowledged:
            threading.Event().wait(chance.uniform(0.02, 0.5))
            machine.kill()
            machine.start()
            kills += 1
        over.set()
    assert machine.stop() == 0

    assert clients.refused == []
    assert faults(machine, clients.acknowledged) == []


@pytest.mark.sized
@pytest.mark.timeout(7200)
def test_workers_killed_at_any_moment_leave_no_event_undone_and_do_none_twice(
    machine: Machine, seed: int
):
    machine.env.update(NO_WORK)
    machine.start()
    over, client = threading.Event(), Client(machine)
    project_id = new_project(machine)
    producer = threading.Thread(
        target=_keep_busy, args=(machine, client, project_id, over)
    )
    producer.start()
    try:
        crew = Crew(machine, WORKERS, random.Random(seed))
        while crew.kills < SIZE.worker_kills:
            crew.kill_one()
    finally:
        over.set()
        producer.join(60)
    wait_until_done(machine)
    crew.dismiss()
    assert machine.stop() == 0

    assert client.refused == []
    assert faults(machine, client.acknowledged) == []
    assert rows(machine, UNFINISHED) == []
    ((lost,),) = rows(machine, LOST_LEASES)
    assert lost >= SIZE.worker_kills // 20


def _endless(name: str, project_id: str, over: threading.Event) -> Iterator[Event]:
    for number in count():
        if over.is_set():
            return
        yield from events(f"{name}-{number}", turns=2, project_id=project_id)


def _keep_busy(
    machine: Machine, client: Client, project_id: str, over: threading.Event
) -> None:
    """Put work in while there is little, so that every worker finds some."""
    sessions = count()
    while not over.is_set():
        ((waiting,),) = rows(machine, TO_CLAIM)
        if waiting >= ENOUGH_TO_CLAIM:
            over.wait(0.05)
            continue
        fresh = events(f"s{next(sessions)}", turns=1, project_id=project_id)
        client.send_all(fresh, until=threading.Event(), at_once=AT_ONCE)
