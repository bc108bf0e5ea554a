# SPDX-License-Identifier: Apache-2.0
"""Hooks over HTTP: nothing that an agent reports is lost."""

from __future__ import annotations

import json

import pytest

PATH = "/hooks/claude-code/PostToolUse"


def stored(client) -> list[dict[str, object]]:
    """The events that the server keeps, in order, as it shows them."""
    with client.runtime.events._storage.read() as snapshot:
        ids = list(snapshot.events._state.events)
    return [client.get(f"/v1/events/{one}").json["event"] for one in ids]


def test_a_hook_is_kept_whole_and_answered_with_nothing(client) -> None:
    payload = {
        "session_id": "s1", "hook_event_name": "PostToolUse", "cwd": "/home/me/lamp",
        "tool_name": "Bash", "tool_input": {"command": "ls"},
        "tool_response": {"stdout": "lamp.py"}, "tool_use_id": "toolu_1",
        "prompt_id": "p1", "agent_id": "a1", "agent_type": "explorer",
    }  # fmt: skip

    answer = client.post(PATH, payload)

    (event,) = stored(client)
    assert answer.outcome == (200, {})
    assert event["payload"] == payload
    assert event["contentSessionId"] == "s1"
    assert event["toolUseId"] == "toolu_1"
    assert event["platformSource"] == "claude"
    assert event["metadata"]["agentId"] == "a1"
    projects = client.get("/v1/projects").json["projects"]
    assert [project["rootPath"] for project in projects] == ["/home/me/lamp"]


def test_a_hook_sent_twice_is_one_event(client) -> None:
    payload = {"session_id": "s1", "tool_use_id": "toolu_1"}

    client.post(PATH, payload)
    client.post(PATH, payload)

    assert len(stored(client)) == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'{"a": "x\ud800y"}', {"a": "x\ufffdy"}),
        (rb'{"\udfff": 1}', {"\ufffd": 1}),
        (rb'{"a": "x\u0000y"}', {"a": "x\0y"}),
        (b'{"a": "x\ny"}', {"a": "x\ny"}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"{}", {}),
        (
            b'{"session_id": 5, "cwd": [], "ts": {}}',
            {"session_id": 5, "cwd": [], "ts": {}},
        ),
    ],
)
def test_an_odd_hook_is_mended_and_kept(client, sent, kept) -> None:
    answer = client.send("POST", PATH, sent)

    assert answer.outcome == (200, {})
    assert [event["payload"] for event in stored(client)] == [kept]


def test_an_over_long_string_of_a_hook_is_elided_and_says_so(client) -> None:
    answer = client.post(PATH, {"tool_response": "x" * 2_000_000})

    (event,) = stored(client)
    kept = event["payload"]["tool_response"]
    assert answer.status == 200
    assert len(kept) < 300_000
    assert 'original_size_chars="2000000"' in kept


def test_what_lies_too_deep_in_a_hook_is_kept_as_text(client) -> None:
    sent = b'{"a":' * 200 + b"1" + b"}" * 200

    answer = client.send("POST", PATH, sent)

    (event,) = stored(client)
    shown = json.dumps(event["payload"])
    assert answer.status == 200
    assert shown.count("a") == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"[]", b'"text"', b"{", b'{"a": NaN}', b'{"a": "\xff"}', b"[" * 100_000],
)
def test_a_hook_that_is_no_json_object_is_refused(client, sent) -> None:
    answer = client.send("POST", PATH, sent)

    assert answer.status == 400
    assert stored(client) == []


def test_an_event_without_a_known_name_is_kept_under_its_own(client) -> None:
    client.post("/hooks/claude-code/CwdChanged", {"session_id": "s1"})

    assert [event["eventType"] for event in stored(client)] == ["cwd_changed"]


def test_a_dry_run_leaves_nothing_and_tells_what_would_become_of_it(client) -> None:
    payload = {"session_id": "s1", "cwd": "/home/me/lamp", "tool_use_id": "t1"}
    dry = {"X-Claude-Mem-Dry-Run": "1"}

    answer = client.post(PATH, payload, **dry)

    told = {"eventType": "tool_use", "isKept": True, "mayBeTold": True}
    assert answer.outcome == (200, {"dryRun": told})
    assert stored(client) == []
    assert client.get("/v1/projects").json["projects"] == []
    assert client.get("/v1/info").json["queueDepth"] == 0
    client.post(PATH, payload)
    assert len(stored(client)) == 1


def test_an_agent_that_is_not_installed_is_not_found(client) -> None:
    assert client.post("/hooks/stranger/Stop", {}).status == 404


def test_what_the_hooks_report_is_found_by_a_search(client) -> None:
    common = {"session_id": "s1", "cwd": "/home/me/lamp"}
    path = "/home/me/lamp/motor.py"
    reports = [
        ("UserPromptSubmit", {"prompt": "Please fix the motor of the lamp in motor.py"}),
        ("PostToolUse", {
            "tool_name": "Edit", "tool_use_id": "t1",
            "tool_input": {"file_path": path, "old_string": "stop()", "new_string": "start()"},
            "tool_response": {"filePath": path},
        }),
        ("Stop", {"last_assistant_message": "Fixed the motor: it never started."}),
    ]  # fmt: skip
    for name, fields in reports:
        answer = client.post(f"/hooks/claude-code/{name}", {**common, **fields})
        assert answer.status == 200

    client.runtime.generator.drain()

    (project,) = client.get("/v1/projects").json["projects"]
    query = {"projectId": project["id"], "query": "motor never started"}
    found = client.post("/v1/search", query).json["memories"]
    events = {event["id"] for event in stored(client)}
    best = client.get(f"/v1/memories/{found[0]['id']}").json["memory"]
    cited = {source["eventId"] for source in best["sources"]}
    assert "motor" in json.dumps(found[0])
    assert cited
    assert cited <= events


def test_a_session_that_begins_is_told_what_is_known(client) -> None:
    start = {"session_id": "s1", "cwd": "/home/me/lamp", "source": "startup"}
    assert client.post("/hooks/claude-code/SessionStart", start).outcome == (200, {})
    (project,) = client.get("/v1/projects").json["projects"]
    noted = {"projectId": project["id"], "kind": "manual", "type": "note"}
    client.post("/v1/memories", {**noted, "title": "The lamp is on the second fuse."})

    answer = client.post(
        "/hooks/claude-code/SessionStart", {**start, "session_id": "t"}
    )

    told = answer.json["hookSpecificOutput"]
    assert told["hookEventName"] == "SessionStart"
    assert "The lamp is on the second fuse." in told["additionalContext"]
    assert set(answer.json) == {"hookSpecificOutput"}


@pytest.mark.parametrize(("said", "at"), [("5", 5), ("-5", None), ("x", None)])
def test_the_sender_may_say_when_it_happened(client, said, at) -> None:
    client.post(PATH, {"session_id": "s"}, X_Claude_Mem_Occurred_At=said)

    (event,) = stored(client)
    assert (event["occurredAtEpoch"] == 5) is (at == 5)


def test_who_asks_for_it_is_given_the_answer_for_later_too(client) -> None:
    path, offline = "/hooks/claude-code/SessionStart", {"X_Claude_Mem_Offline": "1"}
    start = {"session_id": "s1", "cwd": "/home/me/lamp"}
    answer = client.post(path, start, **offline)
    assert answer.json == {"answer": {}, "offline": None}
    (project,) = client.get("/v1/projects").json["projects"]
    noted = {"projectId": project["id"], "kind": "manual", "type": "note"}
    client.post("/v1/memories", {**noted, "title": "The lamp is on the second fuse."})

    told = client.post(path, start, **offline).json

    assert "second fuse" in told["answer"]["hookSpecificOutput"]["additionalContext"]
    note = told["offline"].pop("systemMessage")
    assert "{AGE}" in note
    assert told["offline"] == told["answer"]
