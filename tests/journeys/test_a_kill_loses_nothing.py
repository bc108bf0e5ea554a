# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment loses no acknowledged event and doubles no memory."""

from __future__ import annotations

import gzip
import json
import random
import threading
from http.client import HTTPException
from pathlib import Path

import pytest
from evidence import MEMORIES, UNFINISHED, faults, rows
from machine import Machine, session

SESSIONS = 40
TURNS = 8
KILLS = 4


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Sessions whose events come mixed, each with its own time."""
    chance = random.Random(7)
    waiting = [session(f"s{number}", turns=TURNS) for number in range(SESSIONS)]
    path, epoch = tmp_path / "lighthouse.jsonl.gz", 1_700_000_000_000
    with gzip.open(path, "wt") as lines:
        while waiting:
            chosen = chance.choice(waiting)
            payload = next(chosen, None)
            if payload is None:
                waiting.remove(chosen)
                continue
            epoch += 1000
            lines.write(json.dumps({**payload, "ts": epoch}) + "\n")
    return path


EVENTS = "SELECT payload FROM agent_events"


def test_an_ingest_that_is_killed_again_and_again_ends_as_if_it_never_was(
    file: Path, tmp_path: Path
) -> None:
    undisturbed = Machine(tmp_path / "undisturbed")
    undisturbed.run("ingest", str(file), "--json")
    expected = rows(undisturbed, MEMORIES)
    assert len(expected) >= SESSIONS

    killed = Machine(tmp_path / "killed")
    chance = random.Random(11)
    for _ in range(KILLS):
        killed.start()
        ended = threading.Event()
        killer = threading.Thread(
            target=_kill_at_work, args=(killed, ended, chance.uniform(0, 0.5))
        )
        killer.start()
        killed.run("ingest", str(file), "--json", check=False)
        ended.set()
        killer.join()
    killed.start()
    report = json.loads(killed.run("ingest", str(file), "--json").stdout)
    assert killed.stop() == 0

    assert faults(killed, []) == []
    assert rows(killed, EVENTS) == rows(undisturbed, EVENTS)
    assert rows(killed, UNFINISHED) == []
    assert len(rows(killed, "SELECT id FROM agent_events")) == report["accepted"]
    assert rows(killed, MEMORIES) == expected


def test_what_was_acknowledged_before_a_kill_is_there_after_it(
    machine: Machine,
) -> None:
    acknowledged: list[str] = []
    for start in range(3):
        machine.start()
        project = machine.call("POST", "/v1/projects", {"name": f"p{start}"})[1]
        project_id = project["project"]["id"]
        timer = threading.Timer(0.4, machine.kill)
        timer.start()
        acknowledged += _send_until_it_dies(machine, project_id)
        timer.join()

    machine.start()

    assert len(acknowledged) > 20
    statuses = {machine.call("GET", f"/v1/events/{one}")[0] for one in acknowledged}
    assert statuses == {200}
    assert machine.stop() == 0


def _kill_at_work(machine: Machine, ended: threading.Event, later: float) -> None:
    """Kill the server some seconds after it was seen to have work to do."""
    while machine.call("GET", "/v1/info")[1]["queueDepth"] == 0:
        if ended.wait(0.01):
            break
    ended.wait(later)
    machine.kill()


def _send_until_it_dies(machine: Machine, project_id: str) -> list[str]:
    acknowledged: list[str] = []
    for number in range(100_000):
        event = {
            "projectId": project_id,
            "sourceType": "api",
            "eventType": "note",
            "contentSessionId": "s",
            "occurredAtEpoch": number,
        }
        try:
            status, answer = machine.call("POST", "/v1/events", event)
        except (OSError, HTTPException):
            break
        assert status == 201
        acknowledged.append(answer["event"]["id"])
    return acknowledged
