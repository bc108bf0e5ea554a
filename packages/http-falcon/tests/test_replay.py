# SPDX-License-Identifier: Apache-2.0
"""The past of a project is made anew over HTTP."""

from __future__ import annotations

import pytest


@pytest.fixture
def path(client, event) -> str:
    """Where the past of a project with one finished turn is made anew."""
    project_id = client.project()
    said = (
        "The lamp at the stairs flickered because its wire was loose; it is soldered."
    )
    for kind, payload in (
        ("user_prompt", {"prompt": "Why does the lamp at the stairs flicker?"}),
        ("turn_end", {"last_assistant_message": said}),
    ):
        client.post("/v1/events", event(project_id, eventType=kind, payload=payload))
    client.runtime.generator.drain()
    return f"/v1/projects/{project_id}/regenerate"


def test_the_same_generator_gives_the_same(client, path) -> None:
    answer = client.post(path, {})

    assert answer.status == 200
    replay = answer.json["replay"]
    assert (replay["generator"], replay["dryRun"]) == ("rules", True)
    assert (replay["compared"], replay["same"], replay["next"]) == (1, 1, None)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"generator": "shy"}, "generator"),
        ({"dryRun": "perhaps"}, "dryRun"),
        ({"wet": True}, "wet"),
    ],
)
def test_a_wrong_wish_names_its_field(client, path, body, named) -> None:
    answer = client.post(path, body)
    assert answer.status == 400
    assert named in answer.json["message"]


def test_who_may_only_read_makes_nothing_anew(client, path) -> None:
    reader = client.holding(client.issue("memories:read"))
    assert reader.post(path, {}).status == 403


def test_another_teams_project_is_not_there(client, path) -> None:
    stranger = client.holding(client.issue("*", team_id="others"))
    absent = stranger.post("/v1/projects/nowhere/regenerate", {})
    assert (stranger.post(path, {}).status, absent.status) == (404, 404)
