# SPDX-License-Identifier: Apache-2.0
"""What is told of a key, and which one is meant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.keys import key_meant, standing
from claude_mem_core.domain.access import KeyDraft, KeyFacts
from claude_mem_core.domain.team import TeamDraft
from claude_mem_core.errors import InvalidInputError, NotFoundError
from claude_mem_core.launch import open_in_process

NOW = 1_000_000
KEY = KeyFacts(
    id="k", name="n", expires_at_epoch=NOW + 1, created_at_epoch=1, updated_at_epoch=1
)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "active"),
        ({"expires_at_epoch": None, "user_id": "ada"}, "active"),
        ({"rotated_to_id": "other"}, "rotated"),
        ({"not_before_epoch": NOW + 1}, "early"),
        ({"not_before_epoch": NOW}, "active"),
        ({"rotated_to_id": "other", "expires_at_epoch": NOW}, "expired"),
        ({"user_id": "ben"}, "left"),
        ({"user_id": "ben", "expires_at_epoch": NOW, "status": "revoked"}, "revoked"),
    ],
)
def test_a_key_is_told_to_count_or_why_not(changes, word):
    assert standing(KEY.changed(**changes), ["ada"], now=NOW) == word


@pytest.fixture
def client() -> Iterator[ClientHere]:
    with open_in_process() as runtime:
        yield ClientHere(runtime, "here")


def test_a_key_of_any_team_is_found_by_its_id_or_the_end_of_it(client):
    team = client.create_team(TeamDraft(name="Tide"))
    made = client.team(team.id).issue_key(KeyDraft(name="ci"))

    for given in (made.facts.id, made.facts.id[-8:]):
        assert key_meant(client, given) == (made.facts, team)
    with pytest.raises(NotFoundError, match="no api key with the id '00000000'"):
        key_meant(client, "00000000")
    with pytest.raises(InvalidInputError, match="the last 8 digits"):
        key_meant(client, made.facts.id[-7:])


def test_what_a_new_key_is_told_to_be_does_not_show_it(client):
    made = client.team("local").issue_key(KeyDraft())

    assert made.raw not in repr(made)
    assert "hash" not in str(made.facts.to_wire()).lower()
