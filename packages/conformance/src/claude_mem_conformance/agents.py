# SPDX-License-Identifier: Apache-2.0

"""What an agent's vocabulary is held to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest
from claude_mem_core.domain.canonical import canonical_json
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.agents import AgentVocabulary

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
        """The payload is kept whole, whatever is in it."""
        known = list(hooks.items())
        odd = [(event, payload) for event in (*hooks, UNKNOWN) for payload in ODD]
        for event, payload in (*known, *odd):
            before = canonical_json(payload)
            capture = vocabulary.capture(event, payload, received_at=NOW)
            assert canonical_json(capture.payload) == before

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

    def test_it_has_a_name_for_addresses(self, vocabulary: AgentVocabulary) -> None:
        """The agent's name in addresses: `claude-code`."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vocabulary.name)
