# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Generators that each break one promise."""

from __future__ import annotations

import itertools

from claude_mem_conformance.generator import GeneratorContract
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.ports.generator import Generation, ObservationGenerator

from broken.registry import breaks


class Sound(ObservationGenerator):
    """A generator that keeps every promise."""

    name = "sound"
    repeatable = True

    def observe(self, turn):
        if not any(event.tool_use_id for event in turn.events):
            return Generation(skip="nothing_to_remember")
        return self._generation(turn, "observation", turn.events[0].id)

    def summarise(self, session):
        if not session.memories:
            return Generation(skip="nothing_to_remember")
        return self._generation(session, "summary", session.last_event.id)

    def _generation(self, given, kind, event_id):
        source = MemorySourceDraft(source_type="agent_event", event_id=event_id)
        memory = MemoryItemDraft(
            project_id=given.project.id,
            server_session_id=given.session.id,
            kind=kind,
            type="discovery",
            title=self._title(),
            sources=(source,),
        )
        return Generation(memories=(memory,))

    def _title(self):
        return "Something happened"


@breaks(GeneratorContract.test_memories_cite_what_was_given, "generator")
class CitesWhatItWasNotGiven(Sound):
    def _generation(self, given, kind, event_id):
        return super()._generation(given, kind, f"not {event_id}")


@breaks(GeneratorContract.test_memories_are_of_the_turns_session, "generator")
class RemembersForNobody(Sound):
    def _generation(self, given, kind, event_id):
        made = super()._generation(given, kind, event_id)
        return Generation((made.memories[0].changed(server_session_id=None),))


@breaks(GeneratorContract.test_memories_or_a_reason, "generator")
class GivesNoReason(Sound):
    def observe(self, turn):
        return Generation(memories=super().observe(turn).memories)


@breaks(GeneratorContract.test_a_turn_with_work_is_observed, "generator")
class SeesNothing(Sound):
    def observe(self, turn):
        return Generation(skip="nothing_to_remember")


@breaks(GeneratorContract.test_a_session_with_work_is_summarised, "generator")
class SummarisesInObservations(Sound):
    def _generation(self, given, kind, event_id):
        return super()._generation(given, "observation", event_id)


@breaks(GeneratorContract.test_the_same_events_give_the_same_memories, "generator")
class SaysSomethingElseEachTime(Sound):
    def __init__(self):
        self._count = itertools.count()

    def _title(self):
        return f"Something happened {next(self._count)}"


@breaks(GeneratorContract.test_a_provider_that_answers_has_no_problem, "generator")
class ComplainsAlways(Sound):
    def health(self):
        return ProviderHealth(problem="it is down")


@breaks(GeneratorContract.test_it_has_a_name, "generator")
class HasNoName(Sound):
    name = " "
