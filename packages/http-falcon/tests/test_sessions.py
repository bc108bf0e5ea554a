# SPDX-License-Identifier: Apache-2.0
"""Sessions over HTTP."""

from __future__ import annotations


def test_a_session_is_made_once_and_then_found(client) -> None:
    asked = {
        "projectId": client.project(),
        "externalSessionId": "e1",
        "contentSessionId": "e1",
        "agentId": "a",
        "agentType": "explorer",
        "platformSource": "Claude Code",
        "metadata": {"project": "lamp"},
    }

    first, again = (client.post("/v1/sessions/start", asked) for _ in range(2))

    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    session = first.json["session"]
    assert session["platformSource"] == "claude"
    assert session["status"] == "active"
    shown = client.get(f"/v1/sessions/{session['id']}").json
    assert shown == {**first.json, "counts": {"events": 0, "memories": 0}}


def test_sessions_are_listed_page_by_page_with_what_is_kept_of_each(
    client, event
) -> None:
    lamp, stairs = client.project("Lamp"), client.project("Stairs")
    for number, project in enumerate((lamp, lamp, stairs)):
        told = {"contentSessionId": f"s{number}", "occurredAtEpoch": 1_000 + number}
        client.post("/v1/events", event(project, **told))
    seen = [{"eventType": "tool_use", "toolUseId": "t", "occurredAtEpoch": 1}]
    body = {"contentSessionId": "s1", "events": seen, "keep": True}
    client.post("/v1/sessions/reconcile", body)

    first = client.get("/v1/sessions?limit=2").json
    second = client.get(f"/v1/sessions?limit=2&after={first['next']}").json
    of_one = client.get(f"/v1/sessions?projectId={lamp}").json

    assert [one["contentSessionId"] for one in first["sessions"]] == ["s2", "s1"]
    assert [one["coverage"] is None for one in first["sessions"]] == [True, False]
    assert first["sessions"][1]["coverage"]["missing"] == 1
    assert first["counts"] == [{"events": 1, "memories": 0}] * 2
    assert [one["contentSessionId"] for one in second["sessions"]] == ["s0"]
    assert second["next"] is None
    assert {one["projectId"] for one in of_one["sessions"]} == {lamp}
    shown = client.get(f"/v1/sessions/{first['next']}").json
    assert shown["counts"] == {"events": 1, "memories": 0}


def test_sessions_go_on_from_one_that_is_there(client) -> None:
    client.project()

    assert client.get("/v1/sessions").json == {
        "sessions": [],
        "counts": [],
        "next": None,
    }
    assert client.get("/v1/sessions?after=nowhere").status == 404
    assert client.get("/v1/sessions?projectId=nowhere").status == 404
    for wrong in ("limit=0", "limit=101", "limit=x", "before=x"):
        assert client.get(f"/v1/sessions?{wrong}").status == 400


def test_ending_a_session_gives_its_summary_job_once(client, event) -> None:
    stored = client.post("/v1/events", event(client.project())).json["event"]
    path = f"/v1/sessions/{stored['serverSessionId']}/end"

    first, again = client.post(path), client.post(path, {})

    assert first.status == again.status == 200
    assert first.json["session"]["status"] == "completed"
    assert first.json["generationJob"]["kind"] == "summary"
    assert again.json["generationJob"]["id"] == first.json["generationJob"]["id"]


def test_the_end_of_a_session_takes_no_fields(client, event) -> None:
    stored = client.post("/v1/events", event(client.project())).json["event"]

    answer = client.post(
        f"/v1/sessions/{stored['serverSessionId']}/end", {"status": "failed"}
    )

    assert answer.status == 400
    assert answer.json["issues"][0]["field"] == "status"


def test_an_absent_session_is_not_found(client) -> None:
    assert client.get("/v1/sessions/nowhere").status == 404
    assert client.post("/v1/sessions/nowhere/end").status == 404


def test_a_session_needs_a_project_that_exists(client) -> None:
    answer = client.post("/v1/sessions/start", {"projectId": "nowhere"})

    assert answer.status == 404
