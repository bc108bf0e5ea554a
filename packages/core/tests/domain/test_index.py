# SPDX-License-Identifier: Apache-2.0
"""A line of an index tells what the memory behind it is called, and what it costs."""

from __future__ import annotations

from claude_mem_core.domain.index import LONGEST_TITLE, entry_of, headline
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.tokens import estimated_tokens


def item(**fields: object) -> MemoryItem:
    given = {
        "id": "m1",
        "project_id": "p",
        "kind": "observation",
        "type": "bugfix",
        "created_at_epoch": 1,
        "updated_at_epoch": 1,
    }
    return MemoryItem.model_validate({**given, **fields})


def test_the_sources_of_a_memory_are_not_in_its_price() -> None:
    source = {
        "source_type": "agent_event",
        "id": "s",
        "memory_item_id": "m1",
        "created_at_epoch": 1,
        "file": "src/lamp.py",
    }
    bare = item(title="The lamp turns", facts=["It has one lens."])
    cited = bare.changed(sources=[source] * 30)

    tokens = entry_of(cited).tokens

    assert tokens < estimated_tokens(cited.model_dump_json(by_alias=True)) / 5
    assert entry_of(bare).tokens <= tokens + 10
    assert tokens <= entry_of(bare).tokens
    assert entry_of(bare.changed(facts=["It has one lens."] * 9)).tokens > tokens


def test_a_memory_is_called_by_the_first_words_that_it_has() -> None:
    assert headline(item(title="A\n title", text="Why.")) == "A title"
    assert headline(item(title=" ", text="Why  so.\nThus.")) == "Why so. Thus."
    assert headline(item(facts=["A fact."])) == "A fact."
    assert headline(item(concepts=["lamp"])) == ""
    assert headline(item(title="x" * 200)) == "x" * (LONGEST_TITLE - 1) + "…"
    assert headline(item(title="x" * 200), 10) == "x" * 9 + "…"
    assert headline(item(title="x" * 10), 10) == "x" * 10
