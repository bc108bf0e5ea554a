# SPDX-License-Identifier: Apache-2.0
"""A session that left no memory, as what was asked in it.

It was broken off, or goes on in a copy: what was wanted is then all that tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.asked import LEAST_LEFT, LONGEST_REQUEST
from claude_mem_core.domain.extraction.evidence import is_private, prompt_of
from claude_mem_core.domain.extraction.kinds import PROCEDURE
from claude_mem_core.domain.extraction.markdown import Statement
from claude_mem_core.domain.extraction.prompts import own_statements
from claude_mem_core.domain.extraction.prose import clipped, substance
from claude_mem_core.domain.extraction.titles import is_clear, request_title
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession

LEAST_WANTED = 8
"""Words of weight without which nobody knows later what was wanted."""

ENOUGH = 12
"""Words of weight in a title; more make it no better."""


def request_summary(
    prompts: Sequence[AgentEvent],
    *,
    project: Project,
    session: ServerSession,
) -> MemoryItemDraft | None:
    """What a session's user asked for; None where that says too little by itself."""
    wanted = [one for one in _said(prompts) if not _is_for_the_moment(one)]
    if sum(substance(one.text) for one in wanted) < LEAST_WANTED:
        return None
    title = max(wanted, key=_tells)
    kept = _fitting(wanted)
    return MemoryItemDraft(
        project_id=project.id,
        server_session_id=session.id,
        kind="summary",
        trust="agent",
        type="session_summary",
        title=request_title(title).text,
        text="\n".join(text for _, text in kept),
        metadata={"request": request_title(title).text},
        sources=(
            title.line("request").cited[0].source(["title"]),
            *(one.line("request").cited[0].source(["text"]) for one, _ in kept),
        ),
    )


def _said(prompts: Sequence[AgentEvent]) -> list[Statement]:
    """The user's own statements, a repeated one once."""
    shown = (prompt for prompt in prompts if not is_private(prompt))
    heard = (said for prompt in shown if (said := prompt_of(prompt)))
    each = (one for said in heard for one in own_statements(said))
    return [*{one.text: one for one in each}.values()]


def _is_for_the_moment(one: Statement) -> bool:
    return bool(PROCEDURE.match(request_title(one).text))


def _tells(one: Statement) -> tuple[bool, int]:
    """How well a statement tells by itself what is wanted."""
    return is_clear(one), min(substance(one.text), ENOUGH)


def _fitting(wanted: Sequence[Statement]) -> list[tuple[Statement, str]]:
    """The first statements, as many as a request may have, and their words."""
    kept, left = list[tuple[Statement, str]](), LONGEST_REQUEST
    for one in wanted:
        if left < LEAST_LEFT:
            break
        text = clipped(one.text, left)
        kept.append((one, text))
        left -= len(text) + 1
    return kept
