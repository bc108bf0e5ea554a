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


def test_the_list_tells_how_much_each_project_holds_where_that_is_asked_for(
    client,
) -> None:
    lamp, _ = client.project("Lamp"), client.project("Stairs")
    memory = {"projectId": lamp, "kind": "manual", "type": "decision", "text": "LEDs."}
    client.post("/v1/memories", memory)

    told = client.get("/v1/projects?counts=true").json

    assert told["memoryCounts"] == [{"manual": 1}, {}]
    assert told["projects"] == client.get("/v1/projects").json["projects"]
    assert "memoryCounts" not in client.get("/v1/projects?counts=false").json
    assert client.get("/v1/projects?counts=1").status == 400


def test_a_slug_that_is_taken_is_a_conflict(client) -> None:
    client.project("Lamp")

    answer = client.post("/v1/projects", {"name": "Lamp"})

    assert answer.status == 409
    assert answer.json["error"] == "Conflict"


def test_an_absent_project_is_not_found(client) -> None:
    answer = client.get("/v1/projects/nowhere")

    assert answer.status == 404
    assert answer.json["code"] == "not_found"


FACTS = {
    "folder": "/home/me/lamp/src",
    "topLevel": "/home/me/lamp",
    "commonDir": "/home/me/lamp/.git",
    "remotes": ["git@github.com:me/lamp.git"],
    "looked": True,
}


def test_a_project_is_identified_once_and_resolved_from_then_on(client) -> None:
    before = client.post("/v1/projects/resolve", FACTS)
    made = client.post("/v1/projects/identify", {"facts": FACTS})
    again = client.post("/v1/projects/identify", {"facts": FACTS})
    resolved = client.post("/v1/projects/resolve", {"folder": "/home/me/lamp/doc"})

    assert before.outcome == (200, {"project": None})
    assert (made.status, made.json["created"]) == (201, True)
    assert (again.status, again.json["created"]) == (200, False)
    assert made.json["project"]["rootPath"] == "/home/me/lamp"
    assert again.json["project"] == resolved.json["project"] == made.json["project"]


def test_what_stands_for_a_project_is_listed_and_added_to(client) -> None:
    project = client.project("Lamp")
    path = f"/v1/projects/{project}/identities"

    said = client.post(path, {"of": "https://me:secret@host.example/me/lamp"})
    wrong = client.post(path, {"of": "lamp"})

    assert said.status == 201
    assert said.json["identity"]["key"] == "git:host.example/me/lamp"
    assert said.json["identity"]["proof"] == "user"
    assert client.get(path).json == {"identities": [said.json["identity"]]}
    assert (wrong.status, wrong.json["issues"][0]["field"]) == (400, "of")
    assert client.get("/v1/projects/nowhere/identities").status == 404


def test_a_question_may_name_a_folder_and_never_makes_a_project(client) -> None:
    for path, more in (("/v1/search", {"query": "lamp"}), ("/v1/context", {})):
        absent = client.post(path, {**more, "projectFacts": {"folder": "/home/me/x"}})
        assert (absent.status, absent.json["code"]) == (404, "not_found")
        neither = client.post(path, more)
        assert (neither.status, neither.json["code"]) == (400, "invalid_input")
    assert client.get("/v1/projects").json == {"projects": []}


def test_a_session_may_start_with_facts(client) -> None:
    start = {"projectFacts": FACTS, "contentSessionId": "s1"}

    first = client.post("/v1/sessions/start", start)
    again = client.post("/v1/sessions/start", start)
    hook = {"session_id": "s2", "cwd": "/home/me/lamp/src"}
    client.post("/hooks/claude-code/SessionStart", hook)

    assert (first.status, again.status) == (201, 200)
    assert again.json["session"]["projectId"] == first.json["session"]["projectId"]
    assert "projectFacts" not in first.json["session"]
    assert len(client.get("/v1/projects").json["projects"]) == 1


def test_a_fact_that_nobody_knows_is_refused_by_name(client) -> None:
    answer = client.post("/v1/projects/resolve", {"folder": "/x", "branch": "main"})

    assert (answer.status, answer.json["issues"][0]["field"]) == (400, "branch")
