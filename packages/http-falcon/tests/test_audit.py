# SPDX-License-Identifier: Apache-2.0
"""`/v1/audit`, and what the audit log is told of requests."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import DENIED, AuditQuery

ME = Principal.local()


def rows(client, query=""):
    answer = client.get(f"/v1/audit{query}")
    assert answer.status == 200, answer.json
    return answer.json["audit"]


def test_who_did_what_is_listed_newest_first(client):
    project_id = client.project()
    memory = {"projectId": project_id, "kind": "manual", "type": "note", "title": "x"}
    memory_id = client.post("/v1/memories", memory).json["memory"]["id"]
    written, made = rows(client, f"?projectId={project_id}")
    assert (written["action"], written["targetId"]) == ("memory.write", memory_id)
    assert (made["action"], made["actorType"]) == ("project.create", "api_key")
    assert written["prevHash"] == made["rowHash"]


@pytest.mark.parametrize(
    "query",
    [
        "?action=project.create",
        "?targetType=project",
        "?order=asc&limit=1&action=project.create",
        "?since=1&action=project.create",
    ],
)
def test_it_is_narrowed(client, query):
    project_id = client.project()
    assert [row["projectId"] for row in rows(client, query)] == [project_id]


def test_pages_follow_each_other(client):
    for number in range(5):
        client.project(f"Lighthouse {number}")
    path, seen = "/v1/audit?action=project.create&limit=2", []
    after = ""
    while True:
        answer = client.get(path + after).json
        seen += [row["seq"] for row in answer["audit"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("order=up", "order"),
        ("since=-1", "since"),
        ("actor=me", "actor"),
        ("after=1&after=2", "after"),
    ],
)
def test_a_wrong_parameter_is_named(client, query, field):
    answer = client.get(f"/v1/audit?{query}")
    assert answer.status == 400
    assert answer.json["issues"][0]["field"] == field


def test_a_key_without_the_scope_may_not_look(client):
    answer = client.holding(client.issue("memories:read")).get("/v1/audit")
    assert answer.status == 403
    assert client.holding(client.issue("audit:read")).get("/v1/audit").status == 200


def test_a_key_of_one_project_sees_its_rows(client):
    one, other = client.project("one"), client.project("other")
    limited = client.holding(client.issue("audit:read", project_id=one))
    assert {row["projectId"] for row in rows(limited)} == {one}
    assert limited.get(f"/v1/audit?projectId={other}").status == 403


def test_another_team_sees_nothing_of_it(client):
    client.project()
    stranger = client.holding(client.issue("audit:read", team_id="others"))
    assert rows(stranger) == []


def test_what_was_served_is_told_with_its_request(client):
    project_id = client.project()
    asked = {"projectId": project_id, "query": "lamp"}
    client.post("/v1/search", asked, X_Request_Id="r-1")
    client.post("/v1/context", asked, X_Request_Id="r-2")
    anchored = {"projectId": project_id, "anchor": 1}
    client.post("/v1/timeline", anchored, X_Request_Id="r-3")
    client.runtime.servings.write_down()
    told = rows(client, f"?projectId={project_id}&order=asc")[1:]
    assert [(row["action"], row["metadata"]["requestId"]) for row in told] == [
        ("memory.search", "r-1"),
        ("context.pack", "r-2"),
        ("memory.timeline", "r-3"),
    ]


def test_refusals_are_counted(client):
    key = client.issue("memories:read")
    reader = client.holding(key)
    for _ in range(3):
        assert reader.post("/v1/projects", {"name": "x"}).status == 403
    nobody = client.holding("cmem_sk_nonsense")
    assert nobody.get("/v1/projects").status == 401
    # At the door, before the body is read, and behind it.
    assert nobody.post("/v1/projects", {"name": "x" * 100}).status == 401
    client.runtime.servings.write_down(closes=True)
    page = client.runtime.audit.list(AuditQuery(action=DENIED, order="asc"), by=ME)
    told = [
        (row.actor_type, *map(row.metadata.get, ("status", "count", "deed", "from")))
        for row in page.audit
    ]
    assert told == [
        ("api_key", 403, 3, "project.create", "loopback"),
        ("system", 401, 1, "project.list", "loopback"),
        ("system", 401, 1, "project.create", "loopback"),
    ]
    assert {row.actor_id is None for row in page.audit} == {True, False}


def test_the_server_tells_how_many_servings_no_row_tells_of(client):
    assert client.get("/v1/info").json["audit"] == {"unrecorded": 0}
