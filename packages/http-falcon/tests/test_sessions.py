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
    assert client.get(f"/v1/sessions/{session['id']}").outcome == (200, first.json)


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
