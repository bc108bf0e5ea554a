# SPDX-License-Identifier: Apache-2.0
"""Events over HTTP."""

from __future__ import annotations

import pytest


def test_an_event_is_taken_in_with_its_job_and_shown(client, event) -> None:
    answer = client.post("/v1/events", event(client.project(), toolUseId="t1"))

    stored, job = answer.json["event"], answer.json["generationJob"]
    assert answer.status == 201
    assert stored["payload"] == {"tool_name": "Bash"}
    assert stored["toolUseId"] == "t1"
    assert job["sourceId"] == stored["id"]
    assert job["status"] == "queued"
    shown = client.get(f"/v1/events/{stored['id']}")
    assert shown.outcome == (200, {"event": stored})


def test_the_same_event_twice_is_one_event_with_one_job(client, event) -> None:
    body = event(client.project())

    first, again = client.post("/v1/events", body), client.post("/v1/events", body)

    assert (first.status, again.status) == (201, 201)
    assert first.json == {**again.json, "created": True}
    assert again.json["created"] is False


@pytest.mark.parametrize(
    "payload", [None, 1, 2.5, "text", True, [1, [2]], {"a": {"b": None}}, "\U0001f980"]
)
def test_any_json_is_kept_as_a_payload(client, event, payload) -> None:
    answer = client.post("/v1/events", event(client.project(), payload=payload))

    assert answer.json["event"]["payload"] == payload


def test_an_unknown_key_is_refused_by_its_name(client, event) -> None:
    answer = client.post("/v1/events", event(client.project(), eventTyp="x"))

    assert answer.status == 400
    assert answer.json["error"] == "ValidationError"
    assert [issue["field"] for issue in answer.json["issues"]] == ["eventTyp"]


def test_every_fault_of_an_event_is_named_with_its_cure(client) -> None:
    answer = client.post("/v1/events", {"sourceType": "dream", "occurredAtEpoch": "1"})

    issues = {issue["field"]: issue for issue in answer.json["issues"]}
    assert set(issues) == {"projectId", "sourceType", "eventType", "occurredAtEpoch"}
    assert all(issue["cause"] and issue["cure"] for issue in issues.values())


def test_an_event_of_an_absent_project_is_not_found(client, event) -> None:
    assert client.post("/v1/events", event("nowhere")).status == 404


def test_an_absent_event_is_not_found(client) -> None:
    assert client.get("/v1/events/nowhere").status == 404


def test_a_batch_gives_its_events_in_order_and_their_jobs_beside_them(
    client, event
) -> None:
    project_id = client.project()
    bodies = [event(project_id, toolUseId=f"t{number}") for number in range(3)]

    answer = client.post("/v1/events/batch", bodies)

    events, jobs = answer.json["events"], answer.json["generationJobs"]
    assert answer.status == 201
    assert [one["toolUseId"] for one in events] == ["t0", "t1", "t2"]
    assert [job["sourceId"] for job in jobs] == [one["id"] for one in events]


def test_a_batch_with_one_bad_event_changes_nothing(client, event) -> None:
    good = event(client.project())

    answer = client.post("/v1/events/batch", [good, {**good, "sourceType": "dream"}])

    assert answer.status == 400
    assert [issue["field"] for issue in answer.json["issues"]] == ["1.sourceType"]
    assert client.get("/v1/info").json["queueDepth"] == 0


def test_a_batch_with_an_absent_project_changes_nothing(client, event) -> None:
    good = event(client.project())

    answer = client.post("/v1/events/batch", [good, event("nowhere")])

    assert answer.status == 404
    assert client.get("/v1/info").json["queueDepth"] == 0


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_events(client, event, count) -> None:
    project_id = client.project()
    bodies = [event(project_id, toolUseId=str(number)) for number in range(count)]

    answer = client.post("/v1/events/batch", bodies)

    assert answer.status == 400
    assert "1 to 500" in answer.json["message"]
    assert client.get("/v1/info").json["queueDepth"] == 0


def test_a_batch_of_500_events_is_taken_in(client, event) -> None:
    project_id = client.project()
    bodies = [event(project_id, toolUseId=str(number)) for number in range(500)]

    answer = client.post("/v1/events/batch", bodies)

    assert answer.status == 201
    assert len({one["id"] for one in answer.json["events"]}) == 500


@pytest.mark.parametrize("body", [{}, "text", 5, [[]], [None]])
def test_a_batch_that_is_no_array_of_objects_is_refused(client, body) -> None:
    assert client.post("/v1/events/batch", body).status == 400
