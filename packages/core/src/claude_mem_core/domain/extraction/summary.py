# SPDX-License-Identifier: Apache-2.0
"""A session's memory: what its user wanted and what its turns became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.evidence import Said, is_private, prompt_of
from claude_mem_core.domain.extraction.prose import (
    clipped,
    is_substantial,
    statements,
    within,
)
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemorySourceDraft,
)
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import JsonObject

# Characters: a summary is an overview, the turns' own memories hold the rest.
LONGEST_TITLE = 100
LONGEST_REQUESTS = 500
LONGEST_LEARNED = 500
LONGEST_COMPLETED = 700
MOST_FILES = 30

_LEARNED = ("discovery", "decision")


def session_skip_reason(
    prompts: Sequence[AgentEvent], memories: Sequence[MemoryItem]
) -> SkipReason | None:
    """Why a session is worth no summary, if it is worth none."""
    if memories:
        return None
    if prompts and all(is_private(prompt) for prompt in prompts):
        return "private"
    return "nothing_to_remember"


@dataclass(frozen=True, slots=True)
class _Overview:
    """A session's requests, and how its turns ended."""

    asked: tuple[Said, ...]
    requests: tuple[str, ...]
    learned: tuple[str, ...]
    completed: tuple[str, ...]
    files_read: tuple[str, ...]


def session_summary(
    prompts: Sequence[AgentEvent],
    memories: Sequence[MemoryItem],
    *,
    project: Project,
    session: ServerSession,
    last_event: AgentEvent,
) -> MemoryItemDraft:
    """The summary of a session that left memories."""
    seen = _overview(prompts, memories)
    headline = next(iter(seen.requests), memories[0].title or "")
    return MemoryItemDraft(
        project_id=project.id,
        server_session_id=session.id,
        kind="summary",
        trust="agent",
        type="session_summary",
        title=clipped(headline, LONGEST_TITLE) or None,
        subtitle=memories[-1].subtitle,
        text=" / ".join(seen.requests) or None,
        narrative=" ".join(seen.learned) or None,
        facts=seen.completed,
        files_read=seen.files_read,
        files_modified=_files(memory.files_modified for memory in memories),
        metadata=_fields(seen, memories[-1]),
        sources=tuple(_sources(seen.asked, last_event)),
    )


def _overview(
    prompts: Iterable[AgentEvent], memories: Sequence[MemoryItem]
) -> _Overview:
    asked = tuple(said for prompt in prompts if (said := prompt_of(prompt)))
    learned = [memory for memory in memories if memory.type in _LEARNED]
    completed = [memory for memory in memories if memory.type not in _LEARNED]
    return _Overview(
        asked=asked,
        requests=tuple(within(_requests(asked), LONGEST_REQUESTS)),
        learned=tuple(within(_endings(learned), LONGEST_LEARNED)),
        completed=tuple(within(_endings(completed), LONGEST_COMPLETED)),
        files_read=_files(memory.files_read for memory in memories),
    )


def _fields(seen: _Overview, last: MemoryItem) -> JsonObject:
    """The six parts of a summary by the names of the wire; the empty ones left out."""
    parts = {
        "request": " / ".join(seen.requests),
        "investigated": ", ".join(seen.files_read),
        "learned": " ".join(seen.learned),
        "completed": " ".join(seen.completed),
        "nextSteps": " ".join(_left(last, "nextSteps")),
        "notes": " ".join(_left(last, "unresolved")),
    }
    return {name: text for name, text in parts.items() if text}


def _requests(asked: Iterable[Said]) -> Iterator[str]:
    """The first statement of each prompt that says what it is about."""
    for said in asked:
        own = (s for s in statements(said.text) if is_substantial(s))
        yield from (clipped(first, LONGEST_TITLE) for first in [*own][:1])


def _endings(memories: Iterable[MemoryItem]) -> Iterator[str]:
    for memory in memories:
        if told := memory.subtitle or memory.title:
            yield told


def _left(memory: MemoryItem, name: str) -> list[str]:
    texts = memory.metadata.get(name)
    return [t for t in texts if isinstance(t, str)] if isinstance(texts, list) else []


def _files(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for group in groups for path in group))[:MOST_FILES]


def _sources(
    asked: Iterable[Said], last_event: AgentEvent
) -> Iterator[MemorySourceDraft]:
    events = {said.event_id: said.json_path for said in asked}
    for event_id in dict.fromkeys((*events, last_event.id)):
        yield MemorySourceDraft(
            source_type="agent_event",
            event_id=event_id,
            json_path=events.get(event_id),
        )
