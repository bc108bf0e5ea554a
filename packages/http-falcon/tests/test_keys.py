# SPDX-License-Identifier: Apache-2.0
"""Keys over HTTP: shown once, read-only unless said otherwise, ended at a word."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from claude_mem_core.domain.scopes import ROLES, SCOPES

DAY = 86_400_000


def opens(client, key: str, path: str = "/v1/projects") -> bool:
    """Whether this key opens a path that any reader may see."""
    return client.holding(key).get(path).status == 200


def test_a_new_key_reads_and_writes_nothing(client) -> None:
    made = client.post("/v1/keys")

    assert made.status == 201
    assert set(made.json["scopes"]) == ROLES["reader"]
    reader = client.holding(made.json["apiKey"])
    assert reader.get("/v1/projects").status == 200
    assert reader.post("/v1/projects", {"name": "x"}).status == 403
    assert reader.post("/v1/keys").status == 403


def test_a_new_key_comes_with_the_command_that_connects_an_agent(client) -> None:
    made = client.post("/v1/keys", {"label": "laptop"}, Host="localhost:37877").json

    assert made["mcpUrl"] == "http://localhost:37877/v1/mcp"
    assert made["mcpUrl"] in made["connectCommand"]
    assert made["apiKey"] in made["connectCommand"]
    assert made["key"]["name"] == "laptop"
    assert made["id"] == made["key"]["id"]


def test_connecting_is_told_and_makes_no_key(client) -> None:
    before = client.get("/v1/keys").json["keys"]

    told = client.get("/v1/connect").json

    assert "<YOUR_API_KEY>" in told["connectCommand"]
    assert told["mcpUrl"].endswith("/v1/mcp")
    assert told["hint"]
    assert len(client.get("/v1/keys").json["keys"]) == len(before)


def test_a_key_is_shown_once_and_its_hash_never(client) -> None:
    made = client.post("/v1/keys", {"name": "ci"})
    rotated = client.post(f"/v1/keys/{made.json['id']}/rotate")
    listed = client.get("/v1/keys")
    revoked = client.post(f"/v1/keys/{made.json['id']}/revoke")

    for answer in (made, rotated, listed, revoked):
        assert b"keyHash" not in answer.body
        assert b"sha256$" not in answer.body
    for answer in (listed, revoked, rotated):
        assert made.json["apiKey"].encode() not in answer.body


def test_a_key_ends_when_it_was_told_to(client) -> None:
    now = client.runtime.system.now()
    week, usual, for_good = (
        client.post("/v1/keys", wish).json
        for wish in ({"expiresInDays": 7}, {}, {"noExpiry": True})
    )

    assert week["key"]["expiresAtEpoch"] - now == pytest.approx(7 * DAY, abs=60_000)
    assert usual["key"]["expiresAtEpoch"] - now == pytest.approx(90 * DAY, abs=60_000)
    assert for_good["expiresAt"] is None
    assert week["expiresAt"].endswith("Z")


@pytest.mark.parametrize(
    "wish",
    [
        {"expiresInDays": 0},
        {"expiresInDays": 366},
        {"expiresInDays": 7, "noExpiry": True},
        {"role": "reader", "scopes": ["*"]},
        {"name": "a", "label": "b"},
        {"scopes": ["memory:read"]},
        {"userId": "nobody"},
    ],
)
def test_a_wish_that_contradicts_itself_or_a_rule_is_refused(client, wish) -> None:
    assert client.post("/v1/keys", wish).status == 400
    assert len(client.get("/v1/keys").json["keys"]) == 1


def test_the_old_key_counts_on_for_as_long_as_it_was_told_to(client) -> None:
    made = client.post("/v1/keys").json
    soft = client.post(f"/v1/keys/{made['id']}/rotate", {"overlapHours": 1}).json
    assert opens(client, made["apiKey"])
    assert opens(client, soft["apiKey"])

    hard = client.post(f"/v1/keys/{soft['id']}/rotate", {"overlapHours": 0}).json

    assert not opens(client, soft["apiKey"])
    assert opens(client, hard["apiKey"])
    assert hard["scopes"] == made["scopes"]
    assert client.post(f"/v1/keys/{soft['id']}/rotate").status == 409


@pytest.mark.parametrize("hours", [-1, 169, "1", 1.5])
def test_an_overlap_beyond_its_bounds_is_refused(client, hours) -> None:
    made = client.post("/v1/keys").json

    answer = client.post(f"/v1/keys/{made['id']}/rotate", {"overlapHours": hours})

    assert answer.status == 400
    assert "overlapHours" in answer.json["message"]


def test_a_revoked_key_opens_nothing_from_that_moment_on(client) -> None:
    made = client.post("/v1/keys").json
    assert opens(client, made["apiKey"])

    revoked = client.post(f"/v1/keys/{made['id']}/revoke")
    again = client.post(f"/v1/keys/{made['id']}/revoke")

    assert revoked.json["key"]["status"] == "revoked"
    assert again.outcome == revoked.outcome
    assert not opens(client, made["apiKey"])


def test_the_machines_own_token_is_neither_revoked_nor_rotated(client) -> None:
    (own,) = client.get("/v1/keys").json["keys"]

    for deed in ("rotate", "revoke"):
        assert client.post(f"/v1/keys/{own['id']}/{deed}").status == 409
    assert client.get("/v1/keys").status == 200


def test_a_key_of_one_project_makes_keys_of_this_project(client) -> None:
    lamp, stairs = client.project("Lamp"), client.project("Stairs")
    key = client.issue("keys:manage", *ROLES["reader"], project_id=lamp)
    limited = client.holding(key)

    made = limited.post("/v1/keys").json

    assert made["key"]["projectId"] == lamp
    assert limited.post("/v1/keys", {"projectId": stairs}).status == 403
    assert {one["projectId"] for one in limited.get("/v1/keys").json["keys"]} == {lamp}
    reader = client.holding(made["apiKey"])
    assert [one["id"] for one in reader.get("/v1/projects").json["projects"]] == [lamp]


def test_nobody_gives_away_what_they_lack(client) -> None:
    manager = client.holding(client.issue("keys:manage", "context:read"))

    assert manager.post("/v1/keys").status == 403
    assert manager.post("/v1/keys", {"scopes": ["*"]}).status == 403
    assert manager.post("/v1/keys", {"role": "owner"}).status == 403
    assert manager.post("/v1/keys", {"scopes": ["context:read"]}).status == 201


@pytest.mark.parametrize(
    ("days", "told"), [(None, False), (15, False), (14, True), (1, True)]
)
def test_the_holder_is_warned_two_weeks_before_the_end(client, days, told) -> None:
    now = client.runtime.system.now()
    ends = None if days is None else now + days * DAY
    holder = client.holding(client.issue(*SCOPES, expires_at_epoch=ends))

    for answer in (holder.get("/v1/projects"), holder.get("/v1/projects/nowhere")):
        header = answer.headers["X-Api-Key-Expires"]
        assert (header is not None) == told
        if header is not None:
            assert int(parsedate_to_datetime(header).timestamp()) == ends // 1000
