# SPDX-License-Identifier: Apache-2.0
"""A memory in the making: every line of it with its spans, until it is a draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from claude_mem_core.domain.extraction.places import Cited, Line
from claude_mem_core.domain.memory_item import MemoryItemDraft, Trust
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import JsonObject

MOST_SOURCES = 60


@dataclass(frozen=True, slots=True)
class Memo:
    """What is to be remembered, in lines that each know where they come from.

    Attributes:
        shown: What supports the type and the outcome, beside the lines.
    """

    type: str
    trust: Trust
    title: Line
    subtitle: Line | None = None
    text: Line | None = None
    narrative: Sequence[Line] = ()
    facts: Sequence[Line] = ()
    concepts: Sequence[str] = ()
    files_read: Sequence[Line] = ()
    files_modified: Sequence[Line] = ()
    shown: Sequence[Cited] = ()
    metadata: JsonObject = field(default_factory=dict)


def draft(memo: Memo, project: Project, session: ServerSession) -> MemoryItemDraft:
    """The memo as a memory of a session, its spans as sources."""
    return MemoryItemDraft(
        project_id=project.id,
        server_session_id=session.id,
        kind="observation",
        trust=memo.trust,
        type=memo.type,
        title=memo.title.text,
        subtitle=memo.subtitle.text if memo.subtitle else None,
        text=memo.text.text if memo.text else None,
        narrative="\n".join(line.text for line in memo.narrative) or None,
        facts=tuple(line.text for line in memo.facts),
        concepts=tuple(memo.concepts),
        files_read=tuple(line.text for line in memo.files_read),
        files_modified=tuple(line.text for line in memo.files_modified),
        metadata=memo.metadata,
        sources=tuple(
            cited.source(supports) for cited, supports in _supports(memo).items()
        ),
    )


def _supports(memo: Memo) -> dict[Cited, list[str]]:
    """Each span once, with the names of all that it supports."""
    found: dict[Cited, list[str]] = {}
    for name, line in _named(memo):
        for cited in line.cited:
            names = found.setdefault(cited, [])
            if name not in names:
                names.append(name)
    for cited in memo.shown:
        found.setdefault(cited, []).append("type")
    return found


def _named(memo: Memo) -> Iterator[tuple[str, Line]]:
    single = (("title", memo.title), ("subtitle", memo.subtitle), ("text", memo.text))
    for name, line in single:
        if line is not None:
            yield name, line
    for line in memo.narrative:
        yield "narrative", line
    for name in ("facts", "files_read", "files_modified"):
        for at, line in enumerate(getattr(memo, name)):
            yield f"{name}[{at}]", line
