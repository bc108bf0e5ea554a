# SPDX-License-Identifier: Apache-2.0
"""A session's memory: what its user wanted and what its turns became."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.evidence import is_private, prompt_of
from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.prompts import main_request
from claude_mem_core.domain.extraction.prose import clipped, within
from claude_mem_core.domain.extraction.titles import request_title
from claude_mem_core.domain.extraction.wording import JOINT, is_filled
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemorySource,
    MemorySourceDraft,
)
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import JsonObject

# Characters: a summary is an overview, the turns' own memories hold the rest.
LONGEST_TITLE = 200
LONGEST_IN_TITLE = 100
LONGEST_REQUESTS = 600
LONGEST_LEARNED = 700
LONGEST_STORY = 900
LONGEST_COMPLETED = 900
MOST_IN_TITLE = 2
MOST_FILES = 30

_LEARNED = ("discovery", "decision", "security_note")
_TURN = "turn"


def session_skip_reason(
    prompts: Sequence[AgentEvent], memories: Sequence[MemoryItem]
) -> SkipReason | None:
    """Why a session is worth no summary, if it is worth none."""
    if memories:
        return None
    if prompts and all(is_private(prompt) for prompt in prompts):
        return "private"
    return "nothing_to_remember"


def session_summary(
    prompts: Sequence[AgentEvent],
    memories: Sequence[MemoryItem],
    *,
    project: Project,
    session: ServerSession,
    last_event: AgentEvent,
) -> MemoryItemDraft:
    """The summary of a session that left memories."""
    seen = _Overview(prompts, memories)
    return MemoryItemDraft(
        project_id=project.id,
        server_session_id=session.id,
        kind="summary",
        trust="agent",
        type="session_summary",
        title=seen.title,
        text="\n".join(line.text for line in seen.requests) or None,
        narrative="\n".join(seen.narrative) or None,
        facts=tuple(_titles(seen.completed)),
        files_read=_files(memory.files_read for memory in memories),
        files_modified=_files(memory.files_modified for memory in memories),
        metadata=_fields(seen),
        sources=tuple(_sources(seen, last_event)),
    )


@dataclass(frozen=True)
class _Overview:
    """A session's requests, and what its turns became."""

    prompts: Sequence[AgentEvent]
    memories: Sequence[MemoryItem]

    @cached_property
    def requests(self) -> list[Line]:
        """What each prompt is about, as far as there is room."""
        asked = (said for prompt in self.prompts if (said := prompt_of(prompt)))
        about = (one for said in asked if (one := main_request(said)))
        lines = {line.text: line for line in map(request_title, about)}
        return _within(lines.values(), LONGEST_REQUESTS)

    @cached_property
    def learned(self) -> list[MemoryItem]:
        """What was found out or decided; commands that work are not news."""
        found = (one for one in self.memories if one.type in _LEARNED)
        told = [one for one in found if "howTo" not in one.metadata]
        answered = [one for one in told if not (one.title or "").endswith("?")]
        return _fitting(answered or told, LONGEST_LEARNED)

    @cached_property
    def completed(self) -> list[MemoryItem]:
        """What was changed."""
        changed = (one for one in self.memories if one.type not in _LEARNED)
        return _fitting(changed, LONGEST_COMPLETED)

    @cached_property
    def headlines(self) -> list[MemoryItem]:
        """The memories that the title is made of: the widest changes, else findings."""
        # A title that only names files or lines says least.
        told = [one for one in self.completed if not is_filled(one.title or "")]
        widest = sorted(told or self.completed, key=_narrowness)
        chosen = (widest or self.learned or [*self.memories])[:MOST_IN_TITLE]
        return [one for one in self.memories if one in chosen]

    @property
    def narrative(self) -> Iterator[str]:
        """What was learned, and how the memories of the title go on."""
        for one in self.learned:
            if one not in self.headlines:
                yield from _titles([one])
        for one in self.headlines:
            share = LONGEST_STORY // len(self.headlines)
            yield from ("", *_titles([one]), *_story(one, share))

    @property
    def title(self) -> str:
        """What the session came to."""
        titles = _titles(self.headlines)
        # One is told whole: what is cut says less than what it was.
        longest = LONGEST_TITLE if len(titles) == 1 else LONGEST_IN_TITLE
        # A filled form cannot be cut without losing its shape.
        parts = [one if is_filled(one) else clipped(one, longest) for one in titles]
        return JOINT.join(within(dict.fromkeys(parts), LONGEST_TITLE))


def _fields(seen: _Overview) -> JsonObject:
    """The six parts of a summary by the names of the wire; the empty ones left out."""
    last = seen.memories[-1]
    parts: JsonObject = {
        "request": " / ".join(line.text for line in seen.requests),
        "investigated": ", ".join(_files(one.files_read for one in seen.memories)),
        "learned": JOINT.join(_titles(seen.learned)),
        "completed": JOINT.join(_titles(seen.completed)),
        "nextSteps": " ".join(_left(last, "nextSteps")),
        "notes": " ".join(_left(last, "unresolved")),
    }
    turns = [
        n for one in seen.memories if isinstance(n := one.metadata.get(_TURN), int)
    ]
    if turns:
        parts["turns"] = [min(turns), max(turns)]
    return {name: told for name, told in parts.items() if told}


def _narrowness(memory: MemoryItem) -> tuple[bool, int]:
    """The less a change is what its session was about, the more: questions are last."""
    return (memory.title or "").endswith("?"), -len(memory.files_modified)


def _story(memory: MemoryItem, budget: int) -> list[str]:
    """How a memory goes on after its title, without what leads to nothing."""
    told = (memory.narrative or "").split("\n")
    lines = within((one for one in told if (memory.title or "\n") not in one), budget)
    while lines and lines[-1].endswith(":"):
        lines.pop()
    return lines


def _titles(memories: Iterable[MemoryItem]) -> list[str]:
    return [told for one in memories if (told := one.title or one.subtitle)]


def _fitting(memories: Iterable[MemoryItem], budget: int) -> list[MemoryItem]:
    """The first memories with different titles that the budget of characters holds."""
    different = {told: one for one in memories if (told := one.title or one.subtitle)}
    kept = []
    for told, one in different.items():
        budget -= len(told) + 1
        if budget < 0:
            break
        kept.append(one)
    return kept


def _within(lines: Iterable[Line], budget: int) -> list[Line]:
    kept = []
    for line in lines:
        budget -= len(line.text) + 1
        if budget < 0:
            break
        kept.append(line)
    return kept


def _left(memory: MemoryItem, name: str) -> list[str]:
    texts = memory.metadata.get(name)
    return [t for t in texts if isinstance(t, str)] if isinstance(texts, list) else []


def _files(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for group in groups for path in group))[:MOST_FILES]


def _sources(seen: _Overview, last_event: AgentEvent) -> Iterator[MemorySourceDraft]:
    """The prompts, the places that show the memories' titles and files, the end."""
    for line in seen.requests:
        yield from (cited.source(["text"]) for cited in line.cited)
    for one in seen.headlines:
        yield from _cited(one, "title", "title")
    for one in (*seen.learned, *seen.headlines):
        yield from _cited(one, "title", "narrative")
    for one in seen.headlines:
        yield from _cited(one, "narrative", "narrative")
    for at, one in enumerate(seen.completed):
        yield from _cited(one, "title", f"facts[{at}]")
    yield from _of_files(seen)
    yield MemorySourceDraft(source_type="agent_event", event_id=last_event.id)


def _of_files(seen: _Overview) -> Iterator[MemorySourceDraft]:
    for name in ("files_read", "files_modified"):
        paths = _files(getattr(one, name) for one in seen.memories)
        for at, path in enumerate(paths):
            owner = next(one for one in seen.memories if path in getattr(one, name))
            place = getattr(owner, name).index(path)
            yield from _cited(owner, f"{name}[{place}]", f"{name}[{at}]")


def _cited(memory: MemoryItem, part: str, name: str) -> Iterator[MemorySourceDraft]:
    """The sources of a part of a memory as sources of a part of the summary."""
    for source in memory.sources:
        supports = source.metadata.get("supports")
        if source.event_id and isinstance(supports, list) and part in supports:
            yield _again(source, name)


def _again(source: MemorySource, name: str) -> MemorySourceDraft:
    return MemorySourceDraft(
        source_type="agent_event",
        event_id=source.event_id,
        json_path=source.json_path,
        start=source.start,
        end=source.end,
        file=source.file,
        file_hash=source.file_hash,
        metadata={**source.metadata, "supports": [name]},
    )
