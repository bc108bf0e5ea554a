# SPDX-License-Identifier: Apache-2.0
"""A store that can only be read is read, says what it is, and is written when it may be.

It lies in a folder of its own: the server's own folder must be writable.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from machine import HEEDING_MODES, Machine, session

PATIENCE = 5.0
READ, ENTER, WRITE = 0o444, 0o500, 0o700


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """The store's folder, which can be written again when the test is over."""
    folder = tmp_path / "store"
    folder.mkdir(mode=WRITE)
    yield folder
    free(folder)


@pytest.fixture
def served(machine: Machine, store: Path) -> Machine:
    """A server with an event; it heeds the modes of files, whoever runs it."""
    machine.env["CLAUDE_MEM_SQLITE_PATH"] = str(store / "memory.db")
    machine.through = HEEDING_MODES
    machine.start()
    project = machine.call("POST", "/v1/projects", {"name": "lighthouse"})[1]
    first = event(project["project"]["id"], 0)
    assert machine.call("POST", "/v1/events", first)[0] == 201
    while machine.call("GET", "/v1/info")[1]["queueDepth"]:
        time.sleep(0.01)
    return machine


def event(project_id: str, number: int) -> dict[str, object]:
    return {
        "projectId": project_id,
        "sourceType": "api",
        "eventType": "note",
        "contentSessionId": "s",
        "occurredAtEpoch": number,
    }


def only_the_file(store: Path) -> None:
    (store / "memory.db").chmod(READ)


def only_the_folder(store: Path) -> None:
    (store / "memory.db.lease").unlink()
    store.chmod(ENTER)


def all_of_it(store: Path) -> None:
    for file in store.iterdir():
        file.chmod(READ)
    store.chmod(ENTER)


def free(store: Path) -> None:
    store.chmod(WRITE)
    for file in store.iterdir():
        file.chmod(0o600)


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """The answer of the database itself, past all of our own code."""
    with closing(sqlite3.connect(store / "memory.db")) as database:
        return database.execute(query).fetchall()


def until_it_writes(machine: Machine, body: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while machine.call("POST", "/v1/events", body)[0] != 201:
        assert time.monotonic() < deadline, "writes do not resume"


@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize("lock", [only_the_file, only_the_folder, all_of_it])
def test_reads_go_on_and_writes_resume_by_themselves(
    served: Machine, store: Path, lock: Callable[[Path], None], *, is_killed: bool
) -> None:
    (project,) = served.call("GET", "/v1/projects")[1]["projects"]
    served.kill() if is_killed else served.stop()
    lock(store)
    served.start()

    reads = [
        served.call("GET", "/v1/projects"),
        served.call("GET", f"/v1/projects/{project['id']}"),
        served.call("POST", "/v1/search", {"projectId": project["id"], "query": "x"}),
        served.call("POST", "/v1/context", {"projectId": project["id"]}),
        served.call("GET", "/v1/info"),
    ]
    writes = [
        served.call("POST", "/v1/events", event(project["id"], 1)),
        served.call("POST", "/v1/events", event(project["id"], 0)),
        served.call("POST", "/v1/projects", {"name": "harbour"}),
        served.call("POST", "/hooks/claude-code/Stop", {"session_id": "s"}),
    ]
    ready = served.call("GET", "/readyz")

    assert [status for status, _ in reads] == [200] * len(reads)
    assert reads[0][1]["projects"] == [project]
    assert {status for status, _ in writes} == {503}
    assert {answer["code"] for _, answer in writes} == {"storage_read_only"}
    assert all(str(store) in answer["message"] for _, answer in writes)
    assert ready[0] == 503
    assert [(one["field"], one["cause"]) for one in ready[1]["issues"]] == [
        ("store", "it is read-only")
    ]

    free(store)
    until_it_writes(served, event(project["id"], 2))

    assert served.call("GET", "/readyz")[0] == 200
    while served.call("GET", "/v1/info")[1]["queueDepth"]:
        time.sleep(0.01)
    assert served.stop() == 0
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    kept = "SELECT occurred_at_epoch FROM agent_events ORDER BY seq"
    assert rows(store, kept) == [(0,), (2,)]


def test_the_command_reads_and_says_why_it_cannot_write(
    served: Machine, store: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "lighthouse.jsonl"
    lines.write_text("\n".join(map(json.dumps, session("s1", turns=1))))
    served.stop()
    all_of_it(store)
    served.start()

    read = served.run("search", "lamp", "--project", "lighthouse", "--json")
    told = served.run("ingest", str(lines), "--json", check=False)

    assert json.loads(read.stdout)["memories"] == []
    assert told.returncode == 69
    assert json.loads(told.stdout)["error"] == "storage_read_only"
    assert str(store) in told.stderr


@pytest.mark.parametrize("lock", [only_the_file, all_of_it])
def test_an_older_schema_that_cannot_be_brought_up_is_refused_in_one_line(
    served: Machine, store: Path, lock: Callable[[Path], None]
) -> None:
    served.stop()
    rows(store, "PRAGMA user_version = 1")
    lock(store)

    told = refusal(served)

    assert str(store / "memory.db") in told
    assert "schema 1" in told
    assert "(storage_read_only)" in told
    assert rows(store, "PRAGMA user_version") == [(1,)]


def test_a_log_that_cannot_be_read_without_a_write_is_refused_in_one_line(
    served: Machine, store: Path
) -> None:
    served.kill()
    (store / "memory.db-shm").unlink()
    all_of_it(store)

    told = refusal(served)

    assert "memory.db-wal" in told
    assert "(storage_read_only)" in told
    free(store)
    served.start()
    assert len(served.call("GET", "/v1/projects")[1]["projects"]) == 1


def test_a_key_that_the_store_cannot_be_told_is_refused_in_one_line(
    served: Machine, store: Path
) -> None:
    served.stop()
    (served.folder / "token").unlink()
    all_of_it(store)

    told = refusal(served)

    assert str(served.folder / "token") in told
    assert "(storage_read_only)" in told
    free(store)
    served.start()
    assert served.call("GET", "/v1/projects")[0] == 200


def refusal(machine: Machine) -> str:
    """The one line with which a start ends that is refused."""
    log = machine.folder.parent / "server.log"
    before = len(log.read_text())
    with pytest.raises(AssertionError, match="ended before"):
        machine.start()
    assert machine.server is not None
    assert machine.server.returncode == 69
    machine.server = None
    lines = log.read_text()[before:].splitlines()
    (line,) = [one for one in lines if " WARNING " not in one]
    return line
