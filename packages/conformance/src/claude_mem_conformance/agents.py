# SPDX-License-Identifier: Apache-2.0

"""What an agent's vocabulary is held to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest
from claude_mem_core.domain.canonical import canonical_json
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.agents import AgentVocabulary
from pydantic import JsonValue

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.contract import Contract

UNKNOWN = "SomethingNobodyHeardOf"
IN_OURS = "something_nobody_heard_of"

ODD: tuple[JsonObject, ...] = (
    {},
    samples.AWKWARD,
    {"cwd": 7, "session_id": [], "tool_name": None, "prompt": {}, "tool_input": "x"},
)
"""Payloads such as no agent should send."""

MOST_TOLD = 100_000
"""Characters that no known host takes at once."""

TOLD = 'The lamp is wired to the *second* fuse.\n"Never" the first. ünïcödé'
"""Something to tell that is not kept whole by chance."""

DECIDES = frozenset(
    {
        "permissionDecision",
        "permission",
        "decision",
        "continue",
        "stopReason",
        "suppressOutput",
        "updatedInput",
        "block",
        "deny",
    }
)
"""What hosts read a decision from, in their several spellings."""

ASKS_NOTHING: tuple[JsonObject, ...] = ({}, {"continue": True})
"""Answers that let the agent go on as if nobody had answered."""


class VocabularyContract(Contract):
    """A vocabulary. The adapter's test gives the fixture `vocabulary`.

    And `hooks`: for each event that it knows, a payload as the agent sends it.
    """

    ports: ClassVar[tuple[type, ...]] = (AgentVocabulary,)

    @pytest.fixture
    def hooks(self) -> Mapping[str, JsonObject]:
        """A payload for each known event; none when the adapter's test has none."""
        return {}

    def test_the_payload_is_kept_whole(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """The payload is kept whole, whatever is in it; what the rules would look for
        under another name may stand beside it.
        """  # noqa: D205 - the promise is quoted whole
        known = list(hooks.items())
        odd = [(event, payload) for event in (*hooks, UNKNOWN) for payload in ODD]
        for event, payload in (*known, *odd):
            before = canonical_json(payload)
            kept = vocabulary.capture(event, payload, received_at=NOW).payload
            assert isinstance(kept, dict)
            own = {name: kept[name] for name in payload if name in kept}
            assert canonical_json(own) == before

    def test_an_unknown_event_is_kept(self, vocabulary: AgentVocabulary) -> None:
        """An event that it does not know is kept too, under its own name, in the
        agent's spelling or in ours.
        """  # noqa: D205 - the promise is quoted whole
        capture = vocabulary.capture(UNKNOWN, {"a": 1}, received_at=NOW)
        assert capture.event_type in (UNKNOWN, IN_OURS)

    def test_a_hook_becomes_an_event(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """The event that a hook's JSON stands for."""
        capture = vocabulary.capture(UNKNOWN, {}, received_at=NOW)
        assert capture.occurred_at_epoch == NOW
        for event, payload in hooks.items():
            known = vocabulary.capture(event, payload, received_at=NOW)
            assert known.source_type == "hook"
            assert known.event_type != event  # it is in our words now
            assert known == vocabulary.capture(event, payload, received_at=NOW)

    def test_no_payload_keeps_it_from_asking(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """No payload keeps it from asking or answering."""
        for event in (*hooks, UNKNOWN, ""):
            for payload in ODD:
                vocabulary.asks(event, payload)
            vocabulary.answer(event, "", None)

    def test_an_unknown_event_asks_nothing(self, vocabulary: AgentVocabulary) -> None:
        """An event that it does not know asks nothing."""
        for payload in ODD:
            assert vocabulary.asks(UNKNOWN, payload) is None

    def test_what_is_asked_is_the_same_each_time(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """What the agent may be told at this event; None where it takes nothing."""
        for event, payload in hooks.items():
            asked = vocabulary.asks(event, payload)
            assert asked == vocabulary.asks(event, payload)
            assert asked is None or 0 < asked.budget <= MOST_TOLD

    def test_what_is_told_reaches_the_agent(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """What is told reaches the agent whole, and once."""
        for event, payload in hooks.items():
            if vocabulary.asks(event, payload) is not None:
                answer = vocabulary.answer(event, TOLD, None)
                assert [one for one in _texts(answer) if TOLD in one] == [TOLD]

    def test_nothing_to_tell_asks_nothing(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """The JSON that the agent takes; with nothing to tell it asks nothing of it."""
        for event in (*hooks, UNKNOWN):
            assert vocabulary.answer(event, "", None) in ASKS_NOTHING

    def test_no_answer_decides_anything(
        self, vocabulary: AgentVocabulary, hooks: Mapping[str, JsonObject]
    ) -> None:
        """No answer decides anything: it allows, denies, stops and replaces nothing."""
        for event in (*hooks, UNKNOWN):
            answer = vocabulary.answer(event, TOLD, "One line for a person.")
            goes_on = {name: one for name, one in answer.items() if one is not True}
            assert _names(goes_on) & DECIDES == set()

    def test_it_has_a_name_for_addresses(self, vocabulary: AgentVocabulary) -> None:
        """The agent's name in addresses: `claude-code`."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vocabulary.name)


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)


def _names(value: JsonValue) -> set[str]:
    """Every name in it, however deep."""
    if isinstance(value, list):
        return set().union(*map(_names, value))
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set()
