# SPDX-License-Identifier: Apache-2.0
"""People say which memory took another's place, and until when one holds."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)


@pytest.fixture
def two(any_way) -> list[str]:
    """The ids of two memories."""
    found = any_way("search", "--project", "small", "--json").json["memories"]
    return [one["id"] for one in found[:2]]


def ids(any_way, *args) -> list[str]:
    found = any_way("search", "--project", "small", "--json", *args)
    return [one["id"] for one in found.json["memories"]]


def test_a_memory_takes_the_place_of_another_and_gives_it_back(any_way, two):
    old, new = two

    said = any_way("supersede", old, new, "--json")
    again = any_way("supersede", old, new)
    other_way = any_way("supersede", new, old)
    hidden = ids(any_way)
    undone = any_way("supersede", old, "--undo")

    assert (said.code, said.json["unchanged"]) == (0, False)
    assert said.json["memory"]["supersededById"] == new
    assert f"gave way to {new} already" in again.out
    assert other_way.code == 1
    assert "(conflict)" in other_way.err
    assert old in other_way.err
    assert new in hidden
    assert old not in hidden
    assert undone.out.endswith("is current now.\n")
    assert old in ids(any_way)


def test_a_memory_holds_until_somebody_says_and_again(any_way, two):
    [item, _] = two

    until = any_way("expire", item, "--at", "2020-03-01", "--json")
    shown = any_way("get", item, "--as-of", "2999-01-01")
    hidden = ids(any_way)
    undone = any_way("expire", item, "--undo")
    now = any_way("expire", item)
    again = any_way("expire", item)

    assert until.json["memory"]["validToEpoch"] == 1_583_107_199_999
    assert (shown.code, hidden.count(item)) == (1, 0)
    assert "it has no end.\n" in undone.out
    assert ": it holds until 20" in now.out
    assert "already" not in now.out
    assert " already." in again.out


def test_what_is_said_must_be_of_a_memory_and_of_one_thing(any_way, two):
    [item, _] = two

    for args in (("supersede", item), ("supersede", item, item, "--undo")):
        assert any_way(*args).code == 2
    assert any_way("expire", item, "--undo", "--at", "7d").code == 2
    assert any_way("expire", item, "--at", "soon").code == 2
    absent = any_way("supersede", item, "nowhere")
    assert absent.code == 1
    assert "no memory with the id 'nowhere'" in absent.err
    assert any_way("expire", "nowhere").code == 1
