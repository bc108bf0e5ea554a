# SPDX-License-Identifier: Apache-2.0
"""Memories over HTTP."""

from __future__ import annotations


def memory(client, **fields: object) -> dict[str, object]:
    return {
        "projectId": client.project(),
        "kind": "manual",
        "type": "decision",
        "title": "The lamp turns clockwise",
        **fields,
    }


def test_a_memory_is_kept_shown_and_cites_a_source(client) -> None:
    answer = client.post("/v1/memories", memory(client, facts=["It has one lens"]))

    kept = answer.json["memory"]
    assert answer.status == 201
    assert kept["facts"] == ["It has one lens"]
    assert [source["sourceType"] for source in kept["sources"]] == ["manual"]
    shown = client.get(f"/v1/memories/{kept['id']}")
    assert shown.outcome == (200, {"memory": kept})


def test_a_memory_without_any_text_is_refused(client) -> None:
    answer = client.post("/v1/memories", memory(client, title=None))

    assert answer.status == 400
    assert "nothing to search for" in answer.json["message"]


def test_a_patch_changes_what_it_names_and_nothing_else(client) -> None:
    kept = client.post("/v1/memories", memory(client, subtitle="Since May")).json
    path = f"/v1/memories/{kept['memory']['id']}"

    answer = client.patch(path, {"title": "The lamp turns anticlockwise"})

    changed = answer.json["memory"]
    assert answer.status == 200
    assert changed["title"] == "The lamp turns anticlockwise"
    assert changed["subtitle"] == "Since May"
    assert client.get(path).json == answer.json


def test_a_patch_moves_no_memory_to_another_project(client) -> None:
    kept = client.post("/v1/memories", memory(client)).json["memory"]
    other = client.project("Other")

    answer = client.patch(f"/v1/memories/{kept['id']}", {"projectId": other})

    assert answer.status == 400
    assert answer.json["issues"][0]["field"] == "projectId"


def test_a_patch_of_an_unknown_field_is_refused_by_its_name(client) -> None:
    kept = client.post("/v1/memories", memory(client)).json["memory"]

    answer = client.patch(f"/v1/memories/{kept['id']}", {"kind": "summary"})

    assert answer.status == 400
    assert answer.json["issues"][0]["field"] == "kind"


def test_an_absent_memory_is_not_found(client) -> None:
    assert client.get("/v1/memories/nowhere").status == 404
    assert client.patch("/v1/memories/nowhere", {"title": "x"}).status == 404
