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
        "memories", "context", "tokenBudget", "tokens", "generatedAtEpoch",
    }  # fmt: skip
    assert pack["tokenBudget"] == 500
    assert 0 < pack["tokens"] <= 500
    assert all(item["title"] in pack["context"] for item in pack["memories"])


def test_a_context_without_a_question_has_the_newest(client, project_id) -> None:
    pack = client.post("/v1/context", {"projectId": project_id, "limit": 1}).json

    assert [item["title"] for item in pack["memories"]] == ["A wet cellar"]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/context"])
def test_an_absent_project_is_not_found(client, path) -> None:
    assert client.post(path, {"projectId": "nowhere", "query": "x"}).status == 404
