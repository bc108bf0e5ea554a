# SPDX-License-Identifier: Apache-2.0
"""What a memory says without a source is found, whoever made it."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.places import strings
from claude_mem_core.domain.extraction.verify import cited_text, unsupported
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from turns import asked, edited, event, observe, ran, stopped

TURN = (
    asked("Fix the crash of the cart. Always write a test."),
    ran("make test", "basket.py:3: TypeError: no sum\n1 failed", failed=True),
    edited("/home/me/shop/cart.py", "def total(items):\n    return 0"),
    ran("make test", "3 passed"),
    stopped("Fixed the crash of the cart: **an empty cart** has the total zero now."),
)
EVENTS = {each.id: each for each in TURN}


def memories() -> tuple[MemoryItemDraft, ...]:
    return observe(*TURN).memories


def test_what_the_rules_make_is_supported() -> None:
    assert memories()
    assert [unsupported(memory, EVENTS) for memory in memories()] == [
        [] for _ in memories()
    ]


@pytest.mark.parametrize("part", ["title", "subtitle", "text", "narrative"])
def test_a_word_that_nobody_said_is_found(part: str) -> None:
    memory = memories()[0].changed(**{part: "The crash was fixed by Bob."})

    assert unsupported(memory, EVENTS) == [f"{part}: The crash was fixed by Bob."]


@pytest.mark.parametrize(
    "planted",
    [
        "`make test` failed: basket.py:3: TypeError: no total; later it passed",
        "`make tests` passed",
        "Changed sum in cart.py",
        "Changed total in other.py",
        "`make test` failed: basket.py:3: TypeError: no sum; later it passed twice",
        "…",
        "`` failed: ",
    ],
)
def test_a_fact_that_is_not_in_its_spans_is_found(planted: str) -> None:
    memory = memories()[0]
    facts = (*memory.facts[:-1], planted)

    assert unsupported(memory.changed(facts=facts), EVENTS) == [
        f"facts[{len(facts) - 1}]: {planted}"
    ]


def test_a_fact_is_not_supported_by_the_sources_of_another() -> None:
    memory = memories()[0]
    turned = memory.changed(facts=memory.facts[::-1])

    assert len(unsupported(turned, EVENTS)) == len(memory.facts)


def test_a_memory_without_sources_is_not_supported() -> None:
    memory = memories()[0].changed(sources=())

    assert f"title: {memory.title}" in unsupported(memory, EVENTS)


def test_a_file_that_no_call_names_is_found() -> None:
    memory = memories()[0].changed(files_modified=("secrets.py",))

    assert unsupported(memory, EVENTS) == ["files_modified[0]: secrets.py"]


@pytest.mark.parametrize(
    "place",
    [
        {"event_id": "unknown"},
        {"json_path": "$.nothing"},
        {"json_path": "$.prompt[0]"},
        {"json_path": "prompt"},
        {"json_path": "$..prompt"},
        {"start": 900, "end": 901},
        {"start": 5, "end": 4},
    ],
)
def test_a_place_that_is_not_there_supports_nothing(place: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "source_type": "agent_event",
        "event_id": TURN[0].id,
        "json_path": "$.prompt",
        "start": 0,
        "end": 3,
    }

    source = MemorySourceDraft.model_validate({**fields, **place})

    assert cited_text(source, EVENTS) is None


JSON = st.recursive(
    st.none() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_every_string_of_a_payload_has_a_path_that_leads_to_it(
    payload: JsonValue,
) -> None:
    kept = event("tool_use", payload)
    for path, text in strings(payload, "$"):
        source = MemorySourceDraft(
            source_type="agent_event", event_id=kept.id, json_path=path
        )
        assert cited_text(source, {kept.id: kept}) == text


PIECES = st.sampled_from(
    [
        *("**bold**", "`code_1`", "[link](http://x)", "<private>", "</private>", "\n"),
        *("\n\n", "- ", "1. ", "> ", "```\n", "| a | b |", "# ", "Fixed the", " cart "),
        *("because ", "total.", " Now ", "it works", "? ", "…", "\\", '"', "从现在起"),
        *("; later it passed", " failed: ", "always ", "User: “", "”", "_x_", "*y*"),
    ]
)
PROSE = st.lists(PIECES, max_size=25).map("".join)


@given(PROSE, PROSE, PROSE)
def test_whatever_is_said_and_printed_every_line_of_a_memory_is_supported(
    prompt: str, output: str, message: str
) -> None:
    events: tuple[AgentEvent, ...] = (
        asked(prompt),
        ran("make test", output),
        edited("a.py", output, prompt),
        stopped(message),
    )

    observe(*events)  # it checks each line against the events
