# SPDX-License-Identifier: Apache-2.0
"""A memory takes the place of one that says the same, or that the user revoked."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.memory_item import MemoryItem, MemorySource
from claude_mem_core.domain.supersession import Choice, choices, takes_the_place_of


def memory(*facts: str, title: str = "A rule", **fields: object) -> MemoryItem:
    given = {
        "id": "m",
        "project_id": "p",
        "kind": "observation",
        "type": "decision",
        "title": title,
        "facts": facts,
        "trust": "user",
        "created_at_epoch": 1,
        "updated_at_epoch": 1,
        **fields,
    }
    return MemoryItem.model_validate(given)


HAND = MemorySource(
    id="s", memory_item_id="m", source_type="manual", created_at_epoch=1
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use uv", [Choice(wanted=frozenset({"uv"}))]),
        ("never use pip", [Choice(refused=frozenset({"pip"}))]),
        ("don\u2019t use pip", [Choice(refused=frozenset({"pip"}))]),
        (
            "use uv, never pip",
            [
                Choice(wanted=frozenset({"uv"})),
                Choice(refused=frozenset({"pip"})),
            ],
        ),
        (
            "uv instead of pip",
            [Choice(frozenset({"uv"}), frozenset({"pip"}))],
        ),
        ("the table is green", []),
        (
            "always keep one two three four five six seven words together here",
            [],
        ),
    ],
)
def test_a_clause_says_what_is_wanted_and_what_is_refused(
    text: str, expected: list[Choice]
) -> None:
    assert list(choices(text)) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("use pip", "use uv, never pip"),
        ("never use pip", "use pip from now on"),
        ("use tabs", "use spaces instead of tabs"),
        ("always squash commits", "don't squash commits"),
    ],
)
def test_the_user_may_change_their_mind(old: str, new: str) -> None:
    assert takes_the_place_of(memory(new), memory(old))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("use uv for installs", "use ruff for linting"),
        ("never commit to main", "always commit small steps"),
        ("use pip", "the pip cache was never the problem here"),
    ],
)
def test_two_rules_that_agree_stay_both(old: str, new: str) -> None:
    assert not takes_the_place_of(
        memory(new, title="Another"), memory(old, title="One")
    )


def test_what_says_the_same_again_takes_the_place() -> None:
    told = "Retries of the queue wait five seconds, then ten, then twenty"
    again = "Retries of the queue wait five seconds, then ten, then twenty now"
    assert takes_the_place_of(memory(again), memory(told))


def test_another_type_is_another_memory() -> None:
    told = "Retries of the queue wait five seconds"
    assert not takes_the_place_of(memory(told, type="bugfix"), memory(told))


def test_a_tool_never_replaces_the_users_word() -> None:
    assert not takes_the_place_of(memory("use pip", trust="tool"), memory("never pip"))
    assert not takes_the_place_of(memory("use pip", trust="agent"), memory("use pip"))
    assert takes_the_place_of(memory("use pip"), memory("use pip", trust="agent"))


def test_what_was_written_by_hand_stays() -> None:
    by_hand = memory("use pip", sources=(HAND,))
    assert not takes_the_place_of(memory("never use pip"), by_hand)


def test_a_choice_of_the_agent_alone_revokes_nothing() -> None:
    old = memory("use pip", type="change", title="One")
    new = memory("use uv, never pip", type="change", title="Another")
    assert not takes_the_place_of(new, old)
