# SPDX-License-Identifier: Apache-2.0
"""Rules for every turn, and a model for those where it pays."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.errors import GeneratorError
from claude_mem_core.ports.generator import (
    AsksProvider,
    FinishedSession,
    Generation,
    ModelCallError,
    ObservationGenerator,
    Turn,
)
from claude_mem_core.reference.generator import RuleBasedGenerator
from typing_extensions import override

from claude_mem_generator_llm.model import MOST_FACTS, ModelGenerator
from claude_mem_generator_llm.prompts import payload_text

WORTH_IT = ("bugfix", "feature", "refactor", "change", "decision")
"""The types of memories whose turns a model may look at."""

KEPT = ("facts[", "files_read[", "files_modified[")
"""The lines of a rules' memory that stay, and in their places: they come first."""

LEAST_SAID = 2_000
"""Characters of a turn: what is shorter the rules tell as well, and for nothing."""


class AutoGenerator(ObservationGenerator, AsksProvider):
    """Rules first. A model is asked about a turn that changed or decided something.

    The rules' memories are never lost: where the model is not asked, fails, or finds
    nothing, they are the result, and their metadata says why. Where it answers, the
    first of its memories keeps the evidence, the facts and the files of the rules'.

    Args:
        model: Who is asked where it pays.
    """

    def __init__(self, model: ModelGenerator) -> None:
        self._model = model
        self._rules = RuleBasedGenerator()

    @property
    @override
    def name(self) -> str:
        return "auto"

    @override
    def health(self) -> ProviderHealth:
        return self._model.health()

    @override
    def observe(self, turn: Turn) -> Generation:
        ruled = self._rules.observe(turn)
        if not ruled.memories:
            return ruled
        if not is_worth_it(turn, ruled.memories):
            return self._by_rules(ruled.memories, "not worth a call")
        try:
            told = self._model.observe(turn)
        except GeneratorError as error:
            calls = error.usage if isinstance(error, ModelCallError) else ()
            return self._by_rules(ruled.memories, error.kind, calls)
        if not told.memories:
            return self._by_rules(ruled.memories, "it skipped the turn", told.usage)
        return Generation(
            tuple(_joined(ruled.memories, told.memories)), usage=told.usage
        )

    @override
    def summarise(self, session: FinishedSession) -> Generation:
        ruled = self._rules.summarise(session)
        if not ruled.memories:
            return ruled
        return self._by_rules(ruled.memories, "not worth a call")

    def _by_rules(
        self,
        memories: Sequence[MemoryItemDraft],
        why: str,
        usage: tuple[Usage, ...] = (),
    ) -> Generation:
        """The rules' memories, which tell why no model made them."""
        made = {"generator": self._rules.name, "modelLeftOut": why}
        told = tuple(one.changed(metadata={**one.metadata, **made}) for one in memories)
        return Generation(told, usage=usage)


def is_worth_it(turn: Turn, memories: Sequence[MemoryItemDraft]) -> bool:
    """Whether a model should look at a turn that the rules made these memories of.

    It should where something was changed or decided, and more was said than fits a
    line or two.
    """
    if not any(memory.type in WORTH_IT for memory in memories):
        return False
    return sum(len(payload_text(event)) for event in turn.events) >= LEAST_SAID


def _joined(
    ruled: Sequence[MemoryItemDraft], told: Sequence[MemoryItemDraft]
) -> Sequence[MemoryItemDraft]:
    """The model's memories with what the rules are sure of, and the rules' others."""
    main, first = ruled[0], told[0]
    facts = tuple(dict.fromkeys((*main.facts, *first.facts)))
    sure = first.changed(
        facts=facts[: max(MOST_FACTS, len(main.facts))],
        files_read=tuple(dict.fromkeys((*main.files_read, *first.files_read))),
        files_modified=tuple(
            dict.fromkeys((*main.files_modified, *first.files_modified))
        ),
        metadata={**main.metadata, **first.metadata},
        sources=tuple(
            _each_event_once((*map(_of_what_stays, main.sources), *first.sources))
        ),
    )
    rest = (
        one.changed(metadata={**one.metadata, "generator": "rules"})
        for one in ruled[1:]
    )
    return [sure, *told[1:], *rest]


def _of_what_stays(source: MemorySourceDraft) -> MemorySourceDraft:
    """A source of the rules' memory, which vouches for no word of the model."""
    supports = source.metadata.get("supports")
    if not isinstance(supports, list):
        return source
    kept = [one for one in supports if isinstance(one, str) and one.startswith(KEPT)]
    told = {name: one for name, one in source.metadata.items() if name != "supports"}
    return source.changed(metadata={**told, "supports": list(kept)} if kept else {})


def _each_event_once(
    sources: Sequence[MemorySourceDraft],
) -> Sequence[MemorySourceDraft]:
    """The sources, of those that name an event and no more only the first."""
    known: set[str | None] = set()
    kept: list[MemorySourceDraft] = []
    for source in sources:
        if source.json_path is None and source.event_id in known:
            continue
        known.add(source.event_id)
        kept.append(source)
    return kept
