# SPDX-License-Identifier: Apache-2.0

"""What a generator is held to, whatever it has its ideas from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pytest
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft
from claude_mem_core.errors import GeneratorError
from claude_mem_core.ports.generator import (
    AsksProvider,
    FinishedSession,
    Generation,
    ObservationGenerator,
    Repeatable,
    Turn,
)
from pydantic import JsonValue

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.contract import Contract

ODD: tuple[JsonValue, ...] = (
    None,
    [],
    "text",
    7,
    {"prompt": None},
    samples.AWKWARD,
)
"""Payloads that tell a generator nothing it knows."""

Given = Turn | FinishedSession


class GeneratorContract(Contract):
    """A generator. The adapter's test gives the fixture `generator`."""

    ports: ClassVar[tuple[type, ...]] = (
        ObservationGenerator,
        Repeatable,
        AsksProvider,
    )

    def test_memories_cite_what_was_given(
        self, generator: ObservationGenerator
    ) -> None:
        """Every memory cites at least one event, and only events it was given."""
        for given, made in _made(generator):
            for memory in made.memories:
                cited = _cited(memory)
                assert cited
                assert cited <= _ids_of(given)

    def test_memories_are_of_the_turns_session(
        self, generator: ObservationGenerator
    ) -> None:
        """Memories are of the turn's own project and session."""
        for given, made in _made(generator):
            for memory in made.memories:
                home = (memory.project_id, memory.server_session_id)
                assert home == (given.project.id, given.session.id)

    def test_memories_or_a_reason(self, generator: ObservationGenerator) -> None:
        """Memories, or a reason why there are none, never neither and never both."""
        for _, made in _made(generator):
            assert bool(made.memories) != (made.skip is not None)

    def test_a_turn_with_work_is_observed(
        self, generator: ObservationGenerator
    ) -> None:
        """What is worth remembering of a turn."""
        made = generator.observe(turn_with_work())
        assert {memory.kind for memory in made.memories} == {"observation"}

    def test_a_session_with_work_is_summarised(
        self, generator: ObservationGenerator
    ) -> None:
        """A session as a whole."""
        made = generator.summarise(finished_session())
        assert [memory.kind for memory in made.memories] == ["summary"]

    def test_the_same_events_give_the_same_memories(
        self, generator: ObservationGenerator
    ) -> None:
        """The same events give the same memories.

        That it is so.
        """
        if not isinstance(generator, Repeatable):
            pytest.skip("the ability `Repeatable` is missing: it may vary")
        assert list(_made(generator)) == list(_made(generator))

    def test_a_provider_that_answers_has_no_problem(
        self, generator: ObservationGenerator
    ) -> None:
        """How the provider is: no problem after it was asked with success."""
        if not isinstance(generator, AsksProvider):
            pytest.skip("the ability `AsksProvider` is missing: it asks nobody")
        assert generator.observe(turn_with_work()).memories
        assert generator.health().problem is None

    def test_it_has_a_name(self, generator: ObservationGenerator) -> None:
        """What the memories' metadata says that they were made by."""
        assert generator.name.strip()


def turn_with_work() -> Turn:
    """A turn in which a bug is found and mended."""
    edit = {"file_path": "/home/me/app/parser.py", "old_string": "<", "new_string": ">"}
    run = {"command": "pytest tests/test_parser.py"}
    reply = {"stdout": "12 passed in 0.31s", "stderr": "", "interrupted": False}
    said = "I fixed the off-by-one error in the parser: it compared with < before."
    return _turn(
        _prompt("Fix the crash of the parser on empty input in parser.py"),
        _tool("edit", "Edit", edit, {"filePath": "/home/me/app/parser.py"}),
        _tool("run", "Bash", run, reply),
        samples.event(
            "stop", event_type="turn_end", payload={"last_assistant_message": said}
        ),
    )


def turns() -> Iterable[Turn]:
    """Turns of many shapes, of which some hold nothing."""
    yield turn_with_work()
    yield _turn(_prompt("hi"))
    yield _turn(samples.event("stop", event_type="turn_end"))
    yield _turn(_prompt("?"), _tool("list", "LS", {"path": "/"}, "bin\netc\n"))
    odd = enumerate(ODD)
    yield _turn(*(samples.event(f"odd {number}", payload=one) for number, one in odd))


def finished_session() -> FinishedSession:
    """A session whose one turn became one memory."""
    turn = turn_with_work()
    source = samples.memory_source("memory", source_type="agent_event", event_id="edit")
    memory = samples.memory(title="Fixed the crash of the parser", sources=(source,))
    return _finished(turn.events[:1], (memory,), turn.events[-1])


def _made(generator: ObservationGenerator) -> Iterable[tuple[Given, Generation]]:
    """What becomes of every sample that the generator does not refuse."""
    for turn in turns():
        try:
            yield turn, generator.observe(turn)
        except GeneratorError:
            continue
    for session in (finished_session(), _finished((), (), samples.event("end"))):
        try:
            yield session, generator.summarise(session)
        except GeneratorError:
            continue


def _cited(memory: MemoryItemDraft | MemoryItem) -> set[str]:
    return {one.event_id for one in memory.sources if one.event_id is not None}


def _ids_of(given: Given) -> set[str]:
    if isinstance(given, Turn):
        return {event.id for event in (*given.earlier, *given.events)}
    told = {event.id for event in (*given.prompts, given.last_event)}
    return told.union(*map(_cited, given.memories))


def _turn(*events: AgentEvent) -> Turn:
    return Turn(samples.project(), samples.session(), number=1, events=events)


def _finished(
    prompts: tuple[AgentEvent, ...], memories: tuple[MemoryItem, ...], last: AgentEvent
) -> FinishedSession:
    return FinishedSession(
        samples.project(),
        samples.session(),
        prompts=prompts,
        memories=memories,
        last_event=last,
    )


def _prompt(text: str) -> AgentEvent:
    return samples.event("prompt", event_type="user_prompt", payload={"prompt": text})


def _tool(id_: str, name: str, given: object, got: object) -> AgentEvent:
    payload = {"tool_name": name, "tool_input": given, "tool_response": got}
    return samples.event(
        id_, payload=payload, tool_use_id=id_, occurred_at_epoch=NOW + 1
    )
