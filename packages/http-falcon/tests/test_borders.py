# SPDX-License-Identifier: Apache-2.0
"""What a key is limited to holds for each part of what it sends."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.generation_job import JobQuery


@pytest.fixture
def lamp(client) -> str:
    return client.project("Lamp")


@pytest.fixture
def stairs(client) -> str:
    return client.project("Stairs")


def kept(client) -> tuple[int, int, int]:
    """How many events, jobs and writes in the audit log there are."""
    mine = Principal.local().scope
    with client.runtime.access._storage.read() as snapshot:
        events = [
            event
            for project in snapshot.projects.list(scope=mine)
            for event in snapshot.events.page(
                project.id, scope=mine, after=None, limit=99
            )
        ]
        jobs = snapshot.jobs.list(JobQuery(), scope=mine)
        rows = snapshot.audit.page(after=0, limit=500)
    writes = [row for row in rows if row.action == "event.write"]
    return len(events), len(jobs), len(writes)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_batch_with_one_event_beyond_the_key_has_no_effect(
    client, event, lamp, stairs, place
) -> None:
    limited = client.holding(client.issue("events:write", project_id=lamp))
    batch = [event(lamp, toolUseId=str(number)) for number in range(3)]
    batch[place]["projectId"] = stairs
    before = kept(client)

    answer = limited.post("/v1/events/batch", batch)

    assert answer.status == 403
    assert kept(client) == before


def test_a_batch_with_one_event_of_another_team_has_no_effect(
    client, event, lamp
) -> None:
    other = client.post("/v1/teams", {"name": "Other"}).json["team"]["id"]
    path = f"/v1/teams/{other}/projects"
    theirs = client.post(path, {"name": "Theirs"}).json["project"]["id"]
    before = kept(client)

    answer = client.post("/v1/events/batch", [event(lamp), event(theirs)])

    assert answer.status == 404
    assert kept(client) == before


def test_a_list_leaves_out_what_is_beyond_the_key(client, event, lamp, stairs) -> None:
    for project in (lamp, stairs):
        client.post("/v1/events", event(project))
    scopes = ("projects:read", "jobs:read")
    limited = client.holding(client.issue(*scopes, project_id=lamp))

    projects = limited.get("/v1/projects").json["projects"]
    jobs = limited.get("/v1/jobs").json["jobs"]

    assert [one["id"] for one in projects] == [lamp]
    assert [one["projectId"] for one in jobs] == [lamp]


def test_a_session_cited_in_another_project_is_refused(client, lamp, stairs) -> None:
    started = client.post("/v1/sessions/start", {"projectId": stairs})
    body = {"projectId": lamp, "kind": "manual", "type": "decision", "title": "x"}

    answer = client.post(
        "/v1/memories", {**body, "serverSessionId": started.json["session"]["id"]}
    )

    assert answer.status in (400, 404)


def test_a_key_under_the_reference_systems_names_does_what_it_did_there(
    client, event
) -> None:
    wish = {"scopes": ["memories:read", "memories:write"]}
    key = client.post("/v1/keys", wish).json["apiKey"]
    old = client.holding(key)
    project = old.post("/v1/projects", {"name": "Lamp"}).json["project"]["id"]
    started = old.post("/v1/sessions/start", {"projectId": project}).json
    session = started["session"]["id"]
    accepted = old.post("/v1/events", event(project)).json
    memory = {"projectId": project, "kind": "manual", "type": "x", "title": "The lamp"}
    made = old.post("/v1/memories", memory).json["memory"]["id"]
    question = {"projectId": project, "query": "lamp"}

    statuses = [
        old.get("/v1/projects").status,
        old.get(f"/v1/sessions/{session}").status,
        old.post(f"/v1/sessions/{session}/end").status,
        old.get(f"/v1/events/{accepted['event']['id']}").status,
        old.post("/v1/events/batch", [event(project, toolUseId="2")]).status,
        old.get(f"/v1/memories/{made}").status,
        old.patch(f"/v1/memories/{made}", {"title": "A lamp"}).status,
        old.post("/v1/search", question).status,
        old.post("/v1/context", question).status,
        old.get("/v1/jobs").status,
        old.post(f"/v1/jobs/{accepted['generationJob']['id']}/cancel").status,
        old.get("/v1/connect").status,
    ]

    assert statuses == [200] * 4 + [201] + [200] * 7
    assert old.post("/v1/keys").status == 403
    assert old.get("/v1/jobs?include=payload").status == 403
