# SPDX-License-Identifier: Apache-2.0
"""What an agent's hooks report is remembered, cited, found, and told again."""

from __future__ import annotations

import pytest
from machine import Machine, session


@pytest.fixture
def served(machine: Machine) -> Machine:
    """A server that was told of one session through its hooks."""
    machine.start()
    for payload in session("s1", turns=2):
        path = f"/hooks/claude-code/{payload['hook_event_name']}"
        assert machine.call("POST", path, payload) == (200, {})
    end = {"session_id": "s1", "hook_event_name": "SessionEnd"}
    machine.call("POST", "/hooks/claude-code/SessionEnd", end)
    while machine.call("GET", "/v1/info")[1]["queueDepth"]:
        pass
    return machine


def project_of(machine: Machine) -> str:
    (project,) = machine.call("GET", "/v1/projects")[1]["projects"]
    assert project["rootPath"] == "/home/me/lighthouse"
    return project["id"]


def test_a_reported_turn_is_found_by_its_words(served: Machine) -> None:
    query = {"projectId": project_of(served), "query": "lamp_s1_1 motor"}

    memories = served.call("POST", "/v1/search", query)[1]["memories"]

    best = memories[0]
    assert "lamp_s1_1" in str(best)
    assert best["filesModified"] == ["src/lamp_s1_1.py"] or any(
        path.endswith("src/lamp_s1_1.py") for path in best["filesModified"]
    )


def test_every_source_that_a_memory_cites_exists(served: Machine) -> None:
    query = {"projectId": project_of(served), "query": "lamp motor", "limit": 100}

    found = served.call("POST", "/v1/search", query)[1]["memories"]
    ids = {"ids": [item["id"] for item in found]}
    memories = served.call("POST", "/v1/memories/get", ids)[1]["memories"]
    cited = {source["eventId"] for item in memories for source in item["sources"]}

    assert {item["kind"] for item in memories} == {"observation", "summary"}
    assert cited
    assert {served.call("GET", f"/v1/events/{one}")[0] for one in cited} == {200}


def test_the_next_session_is_told_within_its_budget(served: Machine) -> None:
    query = {"projectId": project_of(served), "tokenBudget": 300}

    status, pack = served.call("POST", "/v1/context", query)

    assert status == 200
    assert 0 < pack["tokens"] <= 300
    assert "lamp" in pack["context"]


def test_the_same_hooks_once_more_add_nothing(served: Machine) -> None:
    before = served.call("GET", "/v1/info")[1]
    query = {"projectId": project_of(served), "query": "lamp", "limit": 100}
    memories = served.call("POST", "/v1/search", query)[1]["memories"]

    for payload in session("s1", turns=2):
        if payload["hook_event_name"] == "PostToolUse":
            served.call("POST", "/hooks/claude-code/PostToolUse", payload)

    assert served.call("GET", "/v1/info")[1]["queueDepth"] == before["queueDepth"]
    assert served.call("POST", "/v1/search", query)[1]["memories"] == memories
