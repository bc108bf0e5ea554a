# SPDX-License-Identifier: Apache-2.0
"""The generator that needs no model: memories by rules, from what was said and seen."""

from __future__ import annotations

from typing import Literal

from typing_extensions import override

from claude_mem_core.domain.extraction.evidence import evidence_of
from claude_mem_core.domain.extraction.observation import observations, skip_reason
from claude_mem_core.domain.extraction.summary import (
    session_skip_reason,
    session_summary,
)
from claude_mem_core.domain.extraction.unanswered import request_summary
from claude_mem_core.ports.generator import (
    EARLIER_TURNS,
    FinishedSession,
    Generation,
    ObservationGenerator,
    Repeatable,
    Turn,
)


class RuleBasedGenerator(ObservationGenerator, Repeatable):
    """Memories by rules: repeatable, offline, every word from the events."""

    @property
    @override
    def name(self) -> str:
        return "rules"

    @property
    @override
    def repeatable(self) -> Literal[True]:
        return True

    @override
    def observe(self, turn: Turn) -> Generation:
        evidence = evidence_of(
            turn.events, turn.earlier, from_start=turn.number <= EARLIER_TURNS
        )
        drafts = observations(evidence, project=turn.project, session=turn.session)
        if skip := skip_reason(evidence, drafts):
            return Generation(skip=skip)
        numbered = (
            draft.changed(metadata={"turn": turn.number, **draft.metadata})
            for draft in drafts
        )
        return Generation(memories=tuple(numbered))

    @override
    def summarise(self, session: FinishedSession) -> Generation:
        if skip := session_skip_reason(session.prompts, session.memories):
            asked = request_summary(
                session.prompts, project=session.project, session=session.session
            )
            return Generation(memories=(asked,)) if asked else Generation(skip=skip)
        summary = session_summary(
            session.prompts,
            session.memories,
            project=session.project,
            session=session.session,
            last_event=session.last_event,
        )
        return Generation(memories=(summary,))
