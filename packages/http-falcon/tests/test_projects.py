# SPDX-License-Identifier: Apache-2.0
"""Projects over HTTP."""

from __future__ import annotations


def test_a_project_is_made_listed_and_shown(client) -> None:
    made = client.post("/v1/projects", {"name": "Lamp", "rootPath": "/home/me/lamp"})

    project = made.json["project"]
    assert made.status == 201
    assert project["name"] == "Lamp"
    assert project["slug"] == "lamp"
    assert client.get("/v1/projects").outcome == (200, {"projects": [project]})
    shown = client.get(f"/v1/projects/{project['id']}")
    assert shown.outcome == (200, {"project": project, "memoryCounts": {}})


def test_a_project_tells_how_many_memories_of_each_kind_it_holds(client) -> None:
    project = client.project("Lamp")
    memory = {"projectId": project, "type": "decision", "text": "We use LEDs."}
    for kind in ("manual", "manual", "summary"):
        assert client.post("/v1/memories", {**memory, "kind": kind}).status == 201

    shown = client.get(f"/v1/projects/{project}")

    assert shown.json["memoryCounts"] == {"manual": 2, "summary": 1}


def test_a_slug_that_is_taken_is_a_conflict(client) -> None:
    client.project("Lamp")

    answer = client.post("/v1/projects", {"name": "Lamp"})

    assert answer.status == 409
    assert answer.json["error"] == "Conflict"


def test_an_absent_project_is_not_found(client) -> None:
    answer = client.get("/v1/projects/nowhere")

    assert answer.status == 404
    assert answer.json["code"] == "not_found"
