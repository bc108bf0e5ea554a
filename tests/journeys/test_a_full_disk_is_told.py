# SPDX-License-Identifier: Apache-2.0
"""A full disk is told to who writes; what was acknowledged stays, and writes resume.

The disk is a limit on the size of the server's files, which is set and lifted while the
server runs: the database and its log are the only files that reach it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from claude_mem_storage_sqlite.connections import PAGES_A_CHECKPOINT
from machine import Machine, session

PATIENCE = 5.0
PAGE, FRAME_HEADER = 4096, 24
LARGE, LARGE_BATCHES = 24, 4
MOST = 1500
"""Events of one line: far more than there is ever room for."""

REFUSALS = 15
"""How often each line is refused before it stops sending."""

SQL = """
import json, sqlite3, sys
store = sqlite3.connect(sys.argv[1])
print(json.dumps([store.execute(sql).fetchall() for sql in sys.argv[2:]]))
"""


@pytest.fixture
def project(machine: Machine) -> str:
    """A project on a server that has done all of its work."""
    machine.start()
    answer = machine.call("POST", "/v1/projects", {"name": "lighthouse"})[1]
    project_id: str = answer["project"]["id"]
    return project_id


def event(project_id: str, name: str, size: int = 4000) -> dict[str, object]:
    """An event of the session named before the dash; without one there is no work."""
    session_id, _, _ = name.rpartition("-")
    return {
        "projectId": project_id,
        "sourceType": "api",
        "eventType": "note",
        "contentSessionId": session_id or None,
        "occurredAtEpoch": 1,
        "sourceEventId": name,
        "payload": {"name": name, "text": "x" * size},
    }


def size(machine: Machine, name: str) -> int:
    return (machine.folder / name).stat().st_size


def limit(machine: Machine, most: int | None) -> None:
    """Let no file of the server grow beyond so many bytes."""
    assert machine.server is not None
    pid = machine.server.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    soft = hard if most is None else most
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def answer_of(machine: Machine, body: object, path: str = "/v1/events") -> int:
    """The status of a write: it was stored, or there was no room."""
    status, answer = machine.call("POST", path, body)
    if status != 507:
        assert status in {200, 201}, answer
        return status
    assert (answer["code"], answer["status"]) == ("storage_full", 507)
    assert "make room" in answer["message"]
    return status


def send_until_full(machine: Machine, project_id: str, line: str) -> dict[str, int]:
    """The last answer to each event of a line, which is refused many times."""
    statuses: dict[str, int] = {}
    while Counter(statuses.values())[507] < REFUSALS:
        assert len(statuses) < MOST, "no write is ever refused"
        name = f"{line}{len(statuses)}"
        statuses[name] = answer_of(machine, event(project_id, name))
    return statuses


def fill(machine: Machine, project_id: str, *lines: str) -> dict[str, int]:
    with ThreadPoolExecutor(len(lines)) as threads:
        sent = threads.map(
            lambda line: send_until_full(machine, project_id, line), lines
        )
        return {name: status for line in sent for name, status in line.items()}


def depth(machine: Machine) -> int:
    return int(machine.call("GET", "/v1/info")[1]["queueDepth"])


def until_it_writes(machine: Machine, body: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while answer_of(machine, body) != 201:
        assert time.monotonic() < deadline, "writes do not resume"


def until_all_is_done(machine: Machine) -> None:
    while depth(machine):
        time.sleep(0.05)


def asked(machine: Machine, *queries: str) -> list[list[list[Any]]]:
    """The database's own answers, past all of our code and in another process."""
    command = [sys.executable, "-c", SQL, str(machine.folder / "memory.db"), *queries]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers: list[list[list[Any]]] = json.loads(done.stdout)
    return answers


def assert_whole(machine: Machine, names: list[str]) -> None:
    """After the server's end each event is there once, and all of the work is done."""
    assert machine.stop() == 0
    sound, kept, jobless, undone = asked(
        machine,
        "PRAGMA integrity_check",
        "SELECT json_extract(payload, '$.name') FROM agent_events"
        " WHERE event_type = 'note'",
        "SELECT count(*) FROM agent_events WHERE content_session_id IS NOT NULL AND id"
        " NOT IN (SELECT source_id FROM generation_jobs)",
        "SELECT id FROM generation_jobs WHERE status <> 'completed'",
    )
    assert sound == [["ok"]]
    assert sorted(name for (name,) in kept) == sorted(names)
    assert jobless == [[0]]
    assert undone == []


def test_every_write_is_stored_or_refused_and_all_goes_on_when_there_is_room(
    machine: Machine, project: str
) -> None:
    sent: dict[str, int] = {}
    waiting = []
    for room in ("room1", "room2"):
        limit(machine, size(machine, "memory.db-wal") + 150 * PAGE)
        sent |= fill(machine, project, *(f"{one}-{room}-" for one in "abcd"))
        waiting.append(depth(machine))
        read = f"/v1/projects/{project}"
        assert machine.call("GET", read)[0] == 200
        query = {"projectId": project, "query": "lamp"}
        assert machine.call("POST", "/v1/search", query)[0] == 200
        limit(machine, None)
        until_it_writes(machine, event(project, room))
        sent[room] = 201

    assert any(waiting), "the worker was never in want of room"
    assert set(sent.values()) == {201, 507}
    again = {name: answer_of(machine, event(project, name)) for name in sent}

    assert set(again.values()) == {201}
    until_all_is_done(machine)
    assert_whole(machine, list(sent))


def test_hooks_are_refused_too_and_can_be_sent_again(
    machine: Machine, project: str
) -> None:
    payloads = list(session("s1", turns=3))
    paths = [f"/hooks/claude-code/{one['hook_event_name']}" for one in payloads]
    until_all_is_done(machine)
    limit(machine, PAGE)

    refused = map(answer_of, [machine] * len(paths), payloads, paths)
    assert set(refused) == {507}
    assert machine.call("GET", f"/v1/projects/{project}")[0] == 200

    limit(machine, None)
    taken = map(answer_of, [machine] * len(paths), payloads, paths)
    assert set(taken) == {200}
    until_all_is_done(machine)
    assert_whole(machine, [])


def test_a_log_that_cannot_be_moved_into_the_database_keeps_all_of_it(
    machine: Machine, project: str
) -> None:
    names = [f"z{number}" for number in range(LARGE * LARGE_BATCHES)]
    for first in range(0, len(names), LARGE):
        batch = names[first : first + LARGE]
        large = [event(project, name, size=250_000) for name in batch]
        assert machine.call("POST", "/v1/events/batch", large)[0] == 201
    most = size(machine, "memory.db") + PAGE
    # The log may grow to where it is moved, and the database may not take it.
    assert most > 1.05 * PAGES_A_CHECKPOINT * (PAGE + FRAME_HEADER)
    limit(machine, most)

    sent = fill(machine, project, *"abcd")

    ((pages,),) = asked(machine, "PRAGMA page_count")[0]
    assert pages * PAGE > most >= size(machine, "memory.db")
    limit(machine, None)
    until_it_writes(machine, event(project, "room"))
    again = {name: answer_of(machine, event(project, name)) for name in sent}
    assert set(again.values()) == {201}
    until_all_is_done(machine)
    assert_whole(machine, [*names, *sent, "room"])
