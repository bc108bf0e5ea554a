# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002, ARG005 - it has the port's signature, and leaves something out
"""Vocabularies that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.agents import VocabularyContract
from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.hook import HookQuestion
from claude_mem_core.ports.agents import AgentVocabulary

from broken.registry import breaks

WORDS = {"Stop": "turn_end", "Start": "session_start"}
HOOKS = {
    "Stop": {"session_id": "s", "nothing": None},
    "Start": {"session_id": "s"},
}


class Sound(AgentVocabulary):
    """A vocabulary that keeps every promise."""

    name = "sound-agent"

    def capture(self, event, payload, *, received_at):
        return AgentEventCapture(
            source_type="hook",
            event_type=WORDS.get(event, event),
            payload=payload,
            occurred_at_epoch=received_at,
        )

    def asks(self, event, payload):
        return HookQuestion(moment="start", budget=100) if event == "Start" else None

    def answer(self, event, told, note=None):
        return {"tell": told} if told else {}


def _breaks(test):
    return breaks(test, "vocabulary", hooks=lambda self: HOOKS)


@_breaks(VocabularyContract.test_the_payload_is_kept_whole)
class DropsNulls(Sound):
    def capture(self, event, payload, *, received_at):
        kept = {key: value for key, value in payload.items() if value is not None}
        return super().capture(event, kept, received_at=received_at)


@_breaks(VocabularyContract.test_an_unknown_event_is_kept)
class CallsThemUnknown(Sound):
    def capture(self, event, payload, *, received_at):
        known = event if event in WORDS else "unknown"
        return super().capture(known, payload, received_at=received_at)


@_breaks(VocabularyContract.test_a_hook_becomes_an_event)
class KeepsTheAgentsWords(Sound):
    def capture(self, event, payload, *, received_at):
        captured = super().capture(event, payload, received_at=received_at)
        return captured.changed(event_type=event)


@_breaks(VocabularyContract.test_it_has_a_name_for_addresses)
class HasANameForPeople(Sound):
    name = "Sound Agent"


@_breaks(VocabularyContract.test_no_payload_keeps_it_from_asking)
class TrustsThePayload(Sound):
    def asks(self, event, payload):
        if event == "Stop":
            return payload["session_id"] and None
        return super().asks(event, payload)


@_breaks(VocabularyContract.test_an_unknown_event_asks_nothing)
class AsksAtEveryEvent(Sound):
    def asks(self, event, payload):
        return HookQuestion(moment="start", budget=100)


@_breaks(VocabularyContract.test_what_is_asked_is_the_same_each_time)
class AsksForMoreEachTime(Sound):
    def __init__(self):
        self.budget = 100

    def asks(self, event, payload):
        self.budget += 1
        asked = super().asks(event, payload)
        return asked and asked.changed(budget=self.budget)


@_breaks(VocabularyContract.test_what_is_told_reaches_the_agent)
class StripsMarkup(Sound):
    def answer(self, event, told, note=None):
        return super().answer(event, told.replace("*", ""), note)


@_breaks(VocabularyContract.test_nothing_to_tell_asks_nothing)
class TellsEmptiness(Sound):
    def answer(self, event, told, note=None):
        return {"tell": told}


@_breaks(VocabularyContract.test_no_answer_decides_anything)
class AllowsInTheUsersName(Sound):
    def answer(self, event, told, note=None):
        told = super().answer(event, told, note)
        return {**told, "permissionDecision": "allow"} if told else {}
