# SPDX-License-Identifier: Apache-2.0
"""Filters, other times, indexes and timelines over HTTP."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_http_falcon.routes import SEARCH, TIMELINE


@pytest.fixture
def project_id(client) -> str:
    """A project with four memories of a lamp."""
    project_id = client.project()
    for number, kind in enumerate(("decision", "bugfix", "decision", "note")):
        body = {"projectId": project_id, "kind": "manual", "type": kind}
        facts = {"title": f"lamp {number}", "author": f"Person {number}"}
        files = {"filesRead": [f"src/lamp{number}.py"], "concepts": [f"c{number}"]}
        client.post("/v1/memories", {**body, **facts, **files})
    return project_id


def titles(answer) -> set[str]:
    assert answer.status == 200, answer.json
    return {item["title"] for item in answer.json["memories"]}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "decision"}, {"lamp 0", "lamp 2"}),
        ({"type": ["bugfix", "note"]}, {"lamp 1", "lamp 3"}),
        ({"type": '["bugfix","note"]'}, {"lamp 1", "lamp 3"}),
        ({"type": "bugfix, note"}, {"lamp 1", "lamp 3"}),
        ({"author": "person 1", "type": "bugfix"}, {"lamp 1"}),
        ({"file": "/home/me/src/lamp2.py"}, {"lamp 2"}),
        ({"file": "src", "concept": "C3"}, {"lamp 3"}),
        ({"dateEnd": "2001-01-01"}, set()),
        ({"dateStart": "2001-01-01"}, {"lamp 0", "lamp 1", "lamp 2", "lamp 3"}),
    ],
)
@pytest.mark.parametrize("query", [{}, {"query": "lamp"}])
def test_a_filter_holds_with_a_question_and_without(
    client, project_id, asked, expected, query
) -> None:
    body = {"projectId": project_id, **asked, **query}

    assert titles(client.post("/v1/search", body)) == expected
    address = urlencode(body, doseq=True)
    assert titles(client.get(f"/v1/search?{address}")) == expected


def test_a_parameter_of_a_list_may_come_several_times(client, project_id) -> None:
    start = f"/v1/search?projectId={project_id}"

    several = client.get(f"{start}&type=bugfix,x&type=note")
    twice = client.get(f"{start}&limit=1&limit=2")
    broken = client.get(f'{start}&type=note&type=["x')

    assert titles(several) == {"lamp 1", "lamp 3"}
    assert twice.json["issues"][0]["field"] == "limit"
    assert (broken.status, broken.json["issues"][0]["field"]) == (400, "type")


def test_the_address_takes_what_a_body_takes() -> None:
    for query, taken in ((SearchQuery, SEARCH), (TimelineQuery, TIMELINE)):
        fields = {info.alias for info in query.model_fields.values()}
        assert fields - {"projectFacts"} == set(taken)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "bugfix"}, "kind.0"),
        ({"dateStart": "soon"}, "dateStart"),
        ({"includeExpired": "yes"}, "includeExpired"),
        ({"colour": "red"}, "colour"),
        ({"view": "short"}, "view"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(client, project_id, asked, field) -> None:
    body = {"projectId": project_id, **asked}

    for answer in (
        client.post("/v1/search", body),
        client.get(f"/v1/search?{urlencode(body)}"),
    ):
        assert answer.status == 400
        assert answer.json["issues"][0]["field"] == field


def test_an_index_has_a_line_for_each_memory(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "view": "index"}

    answer = client.post("/v1/search", body).json

    assert set(answer) == {"index", "scores", "confidence"}
    assert set(answer["index"][0]) == {
        "id", "projectId", "whenEpoch", "kind", "type", "title", "tokens", "why",
    }  # fmt: skip
    assert {one["why"] for one in answer["index"]} == {"title: lamp"}
    assert client.post("/v1/search", {**body, "view": "full"}).json["why"][0]


def test_an_open_file_lifts_what_names_it_and_hides_nothing(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "explain": True}
    address = f"/v1/search?projectId={project_id}&query=lamp&openFiles=x.py"

    answers = [
        client.post("/v1/search", {**body, "openFiles": opened})
        for opened in (["src/lamp2.py"], '["src/lamp2.py"]', "x.py, src/lamp2.py")
    ]
    answers.append(client.get(f"{address}&openFiles=src/lamp2.py"))

    for answer in answers:
        assert len(titles(answer)) == 4
        assert answer.json["memories"][0]["title"] == "lamp 2"
    first, second, *_ = answers[0].json["explanation"]
    assert first["open"] > second["open"] > 0


def test_the_parts_of_a_score_are_told_on_demand(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "explain": True}

    told = client.post("/v1/search", body).json
    address = f"/v1/search?projectId={project_id}&query=lamp&explain=true&view=index"
    index = client.get(address).json

    for answer in (told, index):
        sums = [sum(parts.values()) for parts in answer["explanation"]]
        assert sums == pytest.approx(answer["scores"])
        assert "text" in answer["explanation"][0]


def test_a_timeline_is_an_index_or_whole(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "depthBefore": 0, "depthAfter": 0}

    index = client.post("/v1/timeline", body).json
    whole = client.post("/v1/timeline", {**body, "view": "full"}).json
    address = urlencode({**body, "view": "full"})

    assert set(index) == {"anchorId", "anchorEpoch", "index"}
    assert [one["id"] for one in index["index"]] == [index["anchorId"]]
    assert [one["id"] for one in whole["memories"]] == [index["anchorId"]]
    assert client.get(f"/v1/timeline?{address}").json == whole
    assert client.post("/v1/timeline", {**body, "depthAfter": 101}).status == 400
    absent = {"projectId": project_id, "anchor": "nowhere"}
    assert client.post("/v1/timeline", absent).status == 404


def test_memories_are_had_by_their_ids_in_every_form(client, project_id) -> None:
    found = client.post("/v1/search", {"projectId": project_id}).json["memories"]
    first, second = found[2]["id"], found[0]["id"]

    for ids in ([first, "nowhere", second], f"{first},nowhere,{second}"):
        answer = client.post("/v1/memories/get", {"ids": ids})
        assert answer.status == 200
        assert answer.json["missing"] == ["nowhere"]
        told = [{**one} for one in answer.json["memories"]]
        assert all(one.pop("sources") for one in told)
        assert told == [found[2], found[0]]
    with_words = client.post("/v1/memories/get", {"ids": first, "evidence": True})
    [[evidence]] = with_words.json["evidence"]
    assert evidence["text"] is None
    assert client.post("/v1/memories/get", {"ids": []}).status == 400
    early = client.post("/v1/memories/get", {"ids": first, "knownAt": 5})
    assert early.json == {"memories": [], "missing": [first]}
