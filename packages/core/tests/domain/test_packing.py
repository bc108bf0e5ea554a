# SPDX-License-Identifier: Apache-2.0
"""A pack is never over its budget, and is the same bytes for the same memories."""

from __future__ import annotations

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.packing import packed
from claude_mem_core.domain.tokens import estimated_tokens
from hypothesis import given
from hypothesis import strategies as st


def item(number: int, **fields: object) -> MemoryItem:
    given_ = {
        "id": f"m{number}",
        "project_id": "p",
        "kind": "observation",
        "type": "bugfix",
        "title": f"Fix number {number}",
        "created_at_epoch": 1_700_000_000_000,
        "updated_at_epoch": 1_700_000_000_000,
    }
    return MemoryItem.model_validate({**given_, **fields})


@given(
    st.lists(st.text(min_size=1, max_size=400), max_size=8),
    st.integers(min_value=1, max_value=600),
)
def test_a_pack_is_never_over_its_budget(texts: list[str], budget: int) -> None:
    items = [item(number, narrative=text) for number, text in enumerate(texts)]

    pack = packed(items, budget=budget)

    assert estimated_tokens(pack.text) == pack.tokens <= budget


def test_the_best_come_first_and_whole() -> None:
    pack = packed([item(1, narrative="Why."), item(2, facts=["It ran."])], budget=500)

    assert [one.id for one in pack.items] == ["m1", "m2"]
    assert pack.text.index("Why.") < pack.text.index("- It ran.")
    assert "[m1] 2023-11-14 bugfix" in pack.text


def test_a_memory_that_is_too_long_is_told_by_its_headline() -> None:
    pack = packed([item(1, narrative="x" * 5000), item(2)], budget=200)

    assert [one.id for one in pack.items] == ["m1", "m2"]
    assert "xxx" not in pack.text


def test_nothing_is_said_when_nothing_fits() -> None:
    assert packed([item(1)], budget=10).text == ""
    assert packed([], budget=500).text == ""


def test_the_same_memories_give_the_same_bytes() -> None:
    items = [item(1), item(2, title=None, narrative="First line.\nSecond.")]

    assert packed(items, budget=500) == packed(items, budget=500)
    assert "## First line." in packed(items, budget=500).text


def test_what_one_text_of_a_memory_says_another_does_not_say_again() -> None:
    one = item(
        1,
        title="Fix the lamp",
        subtitle="The motor was never…",
        narrative="The motor was never started.",
        text="Fix the lamp",
    )
    twice = item(2, subtitle="Same words.", narrative="Same words.")

    text = packed([one, twice], budget=500).text

    assert text.count("Fix the lamp") == 1
    assert text.count("The motor was never") == 1
    assert text.count("Same words.") == 1
