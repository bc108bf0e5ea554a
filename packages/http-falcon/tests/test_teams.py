# SPDX-License-Identifier: Apache-2.0
"""Teams over HTTP: their members, projects and keys, each in its own walls."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.scopes import SCOPES
from claude_mem_core.domain.team import LOCAL_TEAM_ID


@pytest.fixture
def team(client) -> str:
    """The id of a team that the client, who runs the server, made."""
    answer = client.post("/v1/teams", {"name": "Keepers", "slug": "keepers"})
    assert answer.status == 201
    team_id: str = answer.json["team"]["id"]
    return team_id


@pytest.fixture
def owner(client, team):
    """A client with the key of the team's owner."""
    made = client.post(f"/v1/teams/{team}/keys", {"role": "owner"})
    assert made.status == 201
    return client.holding(made.json["apiKey"])


def test_who_runs_the_server_sees_every_team_and_others_see_their_own(
    client, owner, team
) -> None:
    every = [one["id"] for one in client.get("/v1/teams").json["teams"]]

    assert every == [LOCAL_TEAM_ID, team]
    assert [one["id"] for one in owner.get("/v1/teams").json["teams"]] == [team]
    assert owner.post("/v1/teams", {"name": "More"}).status == 403
    assert client.post("/v1/teams", {"name": "x", "slug": "keepers"}).status == 409


@pytest.mark.usefixtures("team")
def test_who_runs_the_server_names_a_team_by_its_slug_too(client) -> None:
    assert client.get("/v1/teams/keepers/members").outcome == (200, {"members": []})
    assert client.get("/v1/teams/nobody/members").status == 404


def test_others_name_their_team_by_its_id(owner, team) -> None:
    assert owner.get(f"/v1/teams/{team}/members").status == 200
    assert owner.get("/v1/teams/keepers/members").status == 404
    assert owner.get(f"/v1/teams/{LOCAL_TEAM_ID}/members").status == 404


def test_a_member_comes_and_goes_and_their_keys_go_with_them(owner, team) -> None:
    members = f"/v1/teams/{team}/members"
    added = owner.post(members, {"userId": "ada", "role": "viewer"})
    assert added.status == 201
    key = owner.post("/v1/keys", {"userId": "ada"}).json["apiKey"]
    ada = owner.holding(key)
    assert ada.get("/v1/projects").status == 200
    assert [one["userId"] for one in owner.get(members).json["members"]] == ["ada"]
    assert owner.post(members, {"userId": "ada"}).status == 409

    gone = owner.send("DELETE", f"{members}/ada")

    assert gone.json["member"]["userId"] == "ada"
    assert ada.get("/v1/projects").status == 401
    assert owner.get(members).json["members"] == []
    assert owner.send("DELETE", f"{members}/ada").status == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 200), (b"{}", 200), (b'{"role":"owner"}', 400)]
)
def test_taking_away_takes_no_body_or_an_empty_one(owner, team, body, status) -> None:
    owner.post(f"/v1/teams/{team}/members", {"userId": "ada"})

    answer = owner.send("DELETE", f"/v1/teams/{team}/members/ada", body)

    assert answer.status == status


def test_the_projects_of_a_team_are_its_own(client, owner, team) -> None:
    client.project("Local")
    made = client.post(f"/v1/teams/{team}/projects", {"name": "Lamp"})
    assert made.status == 201

    for one in (owner, client):
        answer = one.get(f"/v1/teams/{team}/projects")
        assert [project["name"] for project in answer.json["projects"]] == ["Lamp"]
    names = [one["name"] for one in client.get("/v1/projects").json["projects"]]
    assert names == ["Local"]


def test_who_runs_the_server_sees_to_a_teams_keys_and_not_to_its_memories(
    client, owner, team
) -> None:
    keys = f"/v1/teams/{team}/keys"
    project = owner.post("/v1/projects", {"name": "Lamp"}).json["project"]["id"]
    body = {"projectId": project, "kind": "manual", "type": "decision"}
    body |= {"title": "secret of the keepers"}
    memory = owner.post("/v1/memories", body).json["memory"]["id"]
    (own,) = client.get(keys).json["keys"]

    assert client.get(f"/v1/memories/{memory}").status == 404
    assert client.get(f"/v1/projects/{project}").status == 404
    assert client.post(f"/v1/keys/{own['id']}/revoke").status == 404
    renewed = client.post(f"{keys}/{own['id']}/rotate", {"overlapHours": 1}).json
    assert client.post(f"{keys}/{own['id']}/revoke").status == 200
    assert owner.get("/v1/projects").status == 401
    assert owner.holding(renewed["apiKey"]).get("/v1/projects").status == 200


def test_a_key_of_one_project_sees_to_no_members_and_makes_no_project(
    owner, team
) -> None:
    lamp = owner.post("/v1/projects", {"name": "Lamp"}).json["project"]["id"]
    owner.post("/v1/projects", {"name": "Stairs"})
    wish = {"scopes": [*SCOPES], "projectId": lamp}
    limited = owner.holding(owner.post("/v1/keys", wish).json["apiKey"])

    for path, body in (
        (f"/v1/teams/{team}/members", {"userId": "ada"}),
        (f"/v1/teams/{team}/projects", {"name": "More"}),
        ("/v1/projects", {"name": "More"}),
    ):
        assert limited.post(path, body).status == 403
    listed = limited.get(f"/v1/teams/{team}/projects").json["projects"]
    assert [one["id"] for one in listed] == [lamp]
