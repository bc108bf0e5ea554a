# SPDX-License-Identifier: Apache-2.0
"""The generator that asks a model about every turn, and believes what it can check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.evidence import evidence_of
from claude_mem_core.domain.extraction.summary import session_skip_reason
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import GeneratorError
from claude_mem_core.ports.generator import (
    AsksProvider,
    FinishedSession,
    Generation,
    ModelCallError,
    ObservationGenerator,
    Turn,
)
from typing_extensions import override

from claude_mem_generator_llm.answers import (
    POLICY,
    ReadAnswer,
    ReadObservation,
)
from claude_mem_generator_llm.files import MOST_FILES, SeenFiles, seen_files
from claude_mem_generator_llm.limits import Guard
from claude_mem_generator_llm.modes import Mode
from claude_mem_generator_llm.prompts import Prompt, session_prompt, turn_prompt
from claude_mem_generator_llm.provider import Provider, Replied
from claude_mem_generator_llm.syntax import Syntax
from claude_mem_generator_llm.vocabulary import (
    OBSERVATION,
    SUBTITLE_WORDS,
    SUMMARY,
    Wanted,
)
from claude_mem_generator_llm.wire import Asked

# Characters: what is longer is no title, and a page is no fact.
LONGEST_TYPE = 64
LONGEST_TITLE = 200
LONGEST_FACT = 1_000
LONGEST_NARRATIVE = 8_000
MOST_FACTS = 30
MOST_CONCEPTS = 15

_WIRE_NAMES = {"next_steps": "nextSteps"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a question and its answer may be: bytes, and tokens."""

    input_bytes: int
    output_tokens: int


class ModelGenerator(ObservationGenerator, AsksProvider):
    """One request a turn, and one a session.

    Nothing that it says is taken on trust: evidence must be events that were shown,
    files such as tools were seen to touch, and the words are never the user's.

    Args:
        provider: Who is asked.
        guard: Whether it may be asked now.
        mode: The prompts.
        syntax: What an answer is written in.
        sizes: How large a question and its answer may be.
    """

    def __init__(
        self,
        provider: Provider,
        guard: Guard,
        mode: Mode,
        *,
        syntax: Syntax,
        sizes: Sizes,
    ) -> None:
        self._provider = provider
        self._guard = guard
        self._mode = mode
        self._syntax = syntax
        self._sizes = sizes

    @property
    @override
    def name(self) -> str:
        return self._provider.name

    @override
    def health(self) -> ProviderHealth:
        health = self._guard.health()
        named: JsonObject = {
            "provider": self._provider.name,
            "model": self._provider.model,
            "mode": self._mode.name,
        }
        return ProviderHealth(health.problem, {**named, **health.details})

    @override
    def observe(self, turn: Turn) -> Generation:
        if not turn.events:
            return Generation(skip="empty_turn")
        if evidence_of(turn.events).is_private:
            return Generation(skip="private")
        limit = self._sizes.input_bytes
        prompt = turn_prompt(turn, self._mode, self._syntax, limit=limit)
        if prompt is None:
            # Nothing but what is marked as private, or nothing at all.
            return Generation(skip="private")
        replied, answer = self._ask(prompt, OBSERVATION, turn.project.team_id)
        if answer.kind == "skip":
            return Generation(skip="nothing_to_remember", usage=replied.calls)
        files = seen_files(turn.events, turn.project)
        memories = tuple(
            self._observation(read, turn, prompt, files) for read in answer.observations
        )
        return Generation(memories=memories, usage=replied.calls)

    @override
    def summarise(self, session: FinishedSession) -> Generation:
        if skip := session_skip_reason(session.prompts, session.memories):
            return Generation(skip=skip)
        limit = self._sizes.input_bytes
        prompt = session_prompt(session, self._mode, self._syntax, limit=limit)
        if prompt is None:
            return Generation(skip="private")
        replied, answer = self._ask(prompt, SUMMARY, session.project.team_id)
        if answer.kind == "skip":
            return Generation(skip="nothing_to_remember", usage=replied.calls)
        summary = self._summary(answer, session, prompt)
        return Generation(memories=(summary,), usage=replied.calls)

    def _ask(
        self, prompt: Prompt, wanted: Wanted, team_id: str
    ) -> tuple[Replied, ReadAnswer]:
        """A usable answer, or the error that the unusable one is."""
        schema = self._syntax.schema(wanted, self._mode)
        asked = Asked(prompt.system, prompt.user, self._sizes.output_tokens, schema)
        with self._guard.admitted(team_id):
            replied = self._provider.ask(asked)
        answer = self._syntax.read(replied.reply.text, wanted)
        if answer.kind in ("valid", "skip"):
            return replied, answer
        refused = replied.reply.stop == "refused"
        kind, cause = POLICY["refused" if refused else answer.kind]
        if replied.reply.stop == "length":
            cause = f"{cause}, cut off; raise CLAUDE_MEM_MODEL_OUTPUT_TOKENS"
        error = GeneratorError(f"{self.name}: {cause}", kind=kind)
        raise ModelCallError(error, replied.ended(kind))

    def _observation(
        self, read: ReadObservation, turn: Turn, prompt: Prompt, files: SeenFiles
    ) -> MemoryItemDraft:
        kind = read.type[:LONGEST_TYPE] or self._mode.default_type
        cited = _cited(read.evidence, prompt)
        written = files.modified(read.files_modified)
        return MemoryItemDraft(
            project_id=turn.project.id,
            server_session_id=turn.session.id,
            kind="observation",
            trust="agent",
            type=kind,
            title=_cut(read.title, LONGEST_TITLE),
            subtitle=_words(read.subtitle),
            narrative=_cut(read.narrative, LONGEST_NARRATIVE),
            facts=tuple(one[:LONGEST_FACT] for one in read.facts[:MOST_FACTS]),
            concepts=read.concepts[:MOST_CONCEPTS],
            files_read=tuple(
                one for one in files.read(read.files_read) if one not in written
            ),
            files_modified=written,
            metadata={"turn": turn.number, **self._made_by(bool(cited))},
            sources=tuple(_sources(cited or prompt.shown)),
        )

    def _summary(
        self, answer: ReadAnswer, session: FinishedSession, prompt: Prompt
    ) -> MemoryItemDraft:
        parts = {k: v[:LONGEST_NARRATIVE] for k, v in answer.summary.items()}
        told: JsonObject = {_WIRE_NAMES.get(k, k): v for k, v in parts.items()}
        cited = _cited(answer.evidence, prompt)
        memories = session.memories
        done = parts.get("completed", "")
        return MemoryItemDraft(
            project_id=session.project.id,
            server_session_id=session.session.id,
            kind="summary",
            trust="agent",
            type="session_summary",
            title=_cut(
                parts.get("request") or next(iter(parts.values())), LONGEST_TITLE
            ),
            subtitle=_words(done),
            text=parts.get("request"),
            narrative=parts.get("learned") or parts.get("investigated"),
            facts=(done[:LONGEST_FACT],) if done else (),
            files_read=_union(memory.files_read for memory in memories),
            files_modified=_union(memory.files_modified for memory in memories),
            metadata={**told, **self._made_by(bool(cited))},
            sources=tuple(_sources(cited or prompt.shown)),
        )

    def _made_by(self, is_cited: bool) -> JsonObject:  # noqa: FBT001
        """Who made a memory, and whether it names its events or is of all of them."""
        return {
            "generator": self.name,
            "model": self._provider.model,
            "mode": self._mode.name,
            "evidence": "cited" if is_cited else "turn",
        }


def _cited(numbers: Iterable[int], prompt: Prompt) -> Sequence[AgentEvent]:
    """The events of these numbers that were shown."""
    return [prompt.shown[n - 1] for n in numbers if 1 <= n <= len(prompt.shown)]


def _sources(events: Iterable[AgentEvent]) -> Iterable[MemorySourceDraft]:
    for event in events:
        yield MemorySourceDraft(source_type="agent_event", event_id=event.id)


def _cut(text: str, longest: int) -> str | None:
    return text[:longest].rstrip() or None


def _words(text: str) -> str | None:
    return " ".join(text.split()[:SUBTITLE_WORDS]) or None


def _union(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for group in groups for path in group))[:MOST_FILES]
