# SPDX-License-Identifier: Apache-2.0
"""Memories over HTTP."""

from __future__ import annotations

import time

from claude_mem_conformance.threads import until


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


def kept(client, *titles: str, **fields: object) -> list[dict[str, object]]:
    """Memories of one project, each with its title."""
    body = memory(client, **fields)
    return [
        client.post("/v1/memories", {**body, "title": title}).json["memory"]
        for title in titles
    ]


def test_a_memory_is_shown_as_it_was_known_at_a_moment(client) -> None:
    year_2001 = 978_307_200_000
    old, new = kept(client, "It is left", "It is right", validFromEpoch=year_2001)
    path = f"/v1/memories/{old['id']}"
    born = old["createdAtEpoch"]
    nowhere = client.get("/v1/memories/nowhere").json["message"]
    changed = client.post(f"{path}/supersede", {"supersededById": new["id"]}).json

    then = client.get(f"{path}?knownAt={born}").json["memory"]

    assert then == {**old, "updatedAtEpoch": changed["memory"]["updatedAtEpoch"]}
    absent = (("knownAt", born - 1), ("asOf", "2000-12-31"), ("asOf", "2999-01-01"))
    for name, moment in absent:
        answer = client.get(f"{path}?{name}={moment}")
        by_ids = client.post("/v1/memories/get", {"ids": [old["id"]], name: moment})
        assert answer.status == 404
        assert answer.json["message"] == nowhere.replace("nowhere", str(old["id"]))
        assert by_ids.json["missing"] == [old["id"]]
    assert client.get(f"{path}?asOf=soon").status == 400
    assert client.get(f"{path}?when=1").status == 400


def test_a_memory_takes_the_place_of_another_by_hand(client) -> None:
    two = kept(client, "It turns left", "It turns right")
    old, new = (one["id"] for one in two)
    path = f"/v1/memories/{old}/supersede"

    first = client.post(path, {"supersededById": new})
    again = client.post(path, {"supersededById": new})
    back = client.post(f"/v1/memories/{new}/supersede", {"supersededById": old})
    undone = client.post(path, {"undo": True})

    assert first.status == 200
    assert first.json["memory"]["supersededById"] == new
    assert first.json["unchanged"] is False
    assert again.json == {**first.json, "unchanged": True}
    assert (back.status, back.json["code"]) == (409, "conflict")
    assert undone.json["memory"]["supersededById"] is None
    assert client.post(path, {}).status == 400
    assert client.post(path, {"supersededById": old}).status == 400
    assert client.post(path, {"supersededById": "nowhere"}).status == 404


def test_a_memory_expires_by_hand(client) -> None:
    [item] = kept(client, "It turns left")
    path = f"/v1/memories/{item['id']}/expire"

    at_once = client.post(path)
    again = client.post(path, {})
    later = client.post(path, {"validToEpoch": "2999-01-01"})
    moved = later.json["memory"]["updatedAtEpoch"]
    until(lambda: time.time_ns() // 1_000_000 > moved, seconds=5)
    undone = client.post(path, {"undo": True})

    assert "earlierValidity" not in item
    was = undone.json["memory"]["earlierValidity"][-1]
    assert was["validToEpoch"] == later.json["memory"]["validToEpoch"]
    assert was["untilEpoch"] == undone.json["memory"]["updatedAtEpoch"]
    then = client.get(f"/v1/memories/{item['id']}?knownAt={moved}").json["memory"]
    assert then["validToEpoch"] == was["validToEpoch"]
    assert at_once.json["memory"]["validToEpoch"] >= item["createdAtEpoch"]
    assert (again.status, again.json["unchanged"]) == (200, True)
    assert later.json["memory"]["validToEpoch"] > 32_000_000_000_000
    assert undone.json["memory"]["validToEpoch"] is None
    assert client.post(path, {"validToEpoch": "soon"}).status == 400
    assert client.post("/v1/memories/nowhere/expire").status == 404
