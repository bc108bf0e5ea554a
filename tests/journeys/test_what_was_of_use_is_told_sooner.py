# SPDX-License-Identifier: Apache-2.0
"""A memory that is read, worked on or called wrong moves in the next pack."""

from __future__ import annotations

import time
from typing import Any

import pytest
from machine import Machine

FILE = "src/lamp.py"
MATTERS = ("The lamp turns twice", "A wet cellar floor", "Seven steps are worn")


@pytest.fixture
def project(machine: Machine) -> str:
    """A project of a running server with a few memories that speak of one file."""
    machine.start()
    id_ = machine.call("POST", "/v1/projects", {"name": "lighthouse"})[1]["project"][
        "id"
    ]
    for title in MATTERS:
        what = {"kind": "observation", "type": "change", "title": title}
        memory = {"projectId": id_, **what, "filesModified": [FILE]}
        assert machine.call("POST", "/v1/memories", memory)[0] == 201
    return str(id_)


def told(machine: Machine, project: str) -> list[dict[str, Any]]:
    """The verdicts of a pack about the file, the memories told first."""
    asked = {"projectId": project, "files": [FILE], "explain": True}
    status, pack = machine.call("POST", "/v1/context", asked)
    assert status == 200
    return list(pack["explanation"])


def test_what_was_read_after_it_was_told_comes_first(
    machine: Machine, project: str
) -> None:
    last = told(machine, project)[-1]
    assert machine.call("GET", f"/v1/memories/{last['memoryId']}")[0] == 200

    first = told(machine, project)[0]

    assert first["memoryId"] == last["memoryId"]
    assert last["feedback"] == 0 < first["feedback"]


def test_the_command_line_reads_too_and_a_restart_forgets_nothing(
    machine: Machine, project: str
) -> None:
    last = told(machine, project)[-1]
    machine.run("get", last["memoryId"])
    assert machine.stop() == 0
    machine.start()

    assert told(machine, project)[0]["memoryId"] == last["memoryId"]


def test_work_on_a_file_counts_for_what_was_told_of_it(
    machine: Machine, project: str
) -> None:
    before = {one["memoryId"] for one in told(machine, project)}
    call = {"tool_name": "Read", "tool_input": {"file_path": f"/home/me/{FILE}"}}
    turn = {"user_prompt": {"prompt": "Look."}, "tool_use": call, "turn_end": {}}
    event = {"projectId": project, "sourceType": "hook", "contentSessionId": "s1"}
    for kind, payload in turn.items():
        what = {"eventType": kind, "payload": payload}
        now = {"occurredAtEpoch": int(time.time() * 1000)}
        assert machine.call("POST", "/v1/events", {**event, **what, **now})[0] == 201
    while machine.call("GET", "/v1/info")[1]["queueDepth"]:
        pass

    after = told(machine, project)

    assert all(one["feedback"] > 0 for one in after if one["memoryId"] in before)


def test_what_is_called_wrong_comes_last_and_search_tells_why(
    machine: Machine, project: str
) -> None:
    first = told(machine, project)[0]["memoryId"]
    path, wrong = f"/v1/memories/{first}/feedback", {"useful": False, "wrong": True}
    assert machine.call("POST", path, wrong)[0] == 200

    last = told(machine, project)[-1]
    asked = {"projectId": project, "query": "lamp cellar steps", "explain": True}
    found = machine.call("POST", "/v1/search", asked)[1]

    assert last["memoryId"] == first
    assert last["contradicted"] < 0
    why = {
        memory["id"]: parts["contradicted"]
        for memory, parts in zip(found["memories"], found["explanation"], strict=True)
    }
    assert why.pop(first) < 0
    assert list(why.values()) == [0, 0]
