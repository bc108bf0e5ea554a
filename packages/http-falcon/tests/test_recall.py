# SPDX-License-Identifier: Apache-2.0
"""Search and context over HTTP."""

from __future__ import annotations

import pytest


@pytest.fixture
def project_id(client) -> str:
    """A project with three memories, of which two speak of a lamp."""
    project_id = client.project()
    for title in ("The lamp turns", "The lamp lamp lamp of the tower", "A wet cellar"):
        body = {"projectId": project_id, "kind": "manual", "type": "note"}
        client.post("/v1/memories", {**body, "title": title})
    return project_id


def test_a_search_gives_what_fits_best_first_with_parallel_scores(
    client, project_id
) -> None:
    answer = client.post("/v1/search", {"projectId": project_id, "query": "lamp"})

    titles = [item["title"] for item in answer.json["memories"]]
    scores = answer.json["scores"]
    assert answer.status == 200
    assert set(titles) == {"The lamp turns", "The lamp lamp lamp of the tower"}
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


def test_what_recall_shows_has_no_sources_and_a_memory_by_its_id_has(
    client, project_id
) -> None:
    body = {"projectId": project_id, "query": "lamp"}
    timeline = {"projectId": project_id, "query": "lamp", "view": "full"}

    shown = [
        *client.post("/v1/search", body).json["memories"],
        *client.post("/v1/search", {"projectId": project_id}).json["memories"],
        *client.post("/v1/timeline", timeline).json["memories"],
        *client.post("/v1/context", body).json["memories"],
    ]
    ids = sorted({one["id"] for one in shown})
    whole = client.post("/v1/memories/get", {"ids": ids}).json["memories"]

    assert not any("sources" in one for one in shown)
    assert all(one["sources"] for one in whole)
    without = [{k: v for k, v in one.items() if k != "sources"} for one in whole]
    assert {str(one["id"]): one for one in shown} == {
        str(one["id"]): one for one in without
    }


def test_a_search_gives_at_most_what_is_asked_for(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "limit": 1}

    assert len(client.post("/v1/search", body).json["memories"]) == 1


@pytest.mark.parametrize("limit", [0, 101, "5", 1.5])
def test_a_search_refuses_a_limit_that_is_none(client, project_id, limit) -> None:
    body = {"projectId": project_id, "query": "lamp", "limit": limit}

    answer = client.post("/v1/search", body)

    assert answer.status == 400
    assert answer.json["issues"][0]["field"] == "limit"


def test_a_context_is_packed_within_its_budget(client, project_id) -> None:
    body = {"projectId": project_id, "query": "lamp", "tokenBudget": 500}

    answer = client.post("/v1/context", body)

    pack = answer.json
    assert answer.status == 200
    assert set(pack) == {
        "packId", "memories", "context", "tokenBudget", "characterBudget",
        "tokens", "characters", "generatedAtEpoch",
    }  # fmt: skip
    assert pack["tokenBudget"] == 500
    assert 0 < pack["tokens"] <= 500
    assert all(item["title"] in pack["context"] for item in pack["memories"])


def test_a_context_without_a_question_is_for_a_session_that_begins(
    client, project_id
) -> None:
    pack = client.post("/v1/context", {"projectId": project_id, "limit": 1}).json

    assert len(pack["memories"]) == 1


def test_a_context_explains_itself_when_asked(client, project_id) -> None:
    body = {"projectId": project_id, "characterBudget": 400, "explain": True}

    pack = client.post("/v1/context", body).json

    told = [one["memoryId"] for one in pack["explanation"] if one["included"]]
    assert told == [item["id"] for item in pack["memories"]] != []
    assert len(pack["context"]) == pack["characters"] <= 400


def test_the_receipt_of_a_context_can_be_read(client, project_id) -> None:
    pack = client.post("/v1/context", {"projectId": project_id}).json

    answer = client.get(f"/v1/context/{pack['packId']}")

    assert answer.status == 200
    told = [one["memoryId"] for one in answer.json["receipt"]["items"]]
    assert told == [item["id"] for item in pack["memories"]]
    assert client.get("/v1/context/absent").status == 404


def test_feedback_on_a_memory_is_taken_down(client, project_id) -> None:
    pack = client.post("/v1/context", {"projectId": project_id}).json
    path = f"/v1/memories/{pack['memories'][0]['id']}/feedback"

    first = client.post(path, {"useful": True}).json["feedback"]
    second = client.post(path, {"useful": False}).json["feedback"]

    assert -1 < second < first < 1
    assert first > 0
    third = client.post(path, {"useful": False, "wrong": True}).json["feedback"]
    assert -1 < third < second
    assert client.post(path, {"useful": "yes"}).status == 400
    assert client.post(path, {"useful": True, "wrong": True}).status == 400
    absent = "/v1/memories/absent/feedback"
    assert client.post(absent, {"useful": True}).status == 404


@pytest.mark.parametrize("path", ["/v1/search", "/v1/context"])
def test_an_absent_project_is_not_found(client, path) -> None:
    assert client.post(path, {"projectId": "nowhere", "query": "x"}).status == 404
