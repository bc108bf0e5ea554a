# SPDX-License-Identifier: Apache-2.0
"""A memory as a pack tells it: whole, by how it begins, or by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from claude_mem_core.domain.index import headline as name_of
from claude_mem_core.domain.memory_item import MemoryRecord

LONGEST_HEADLINE = 160
"""Characters of a title that is told alone."""

LONGEST_SHORTENED = 480
"""Characters of a memory that is told by how it begins: a title and a few sentences.
Two of them, or one and some headlines, fit a pack of 300 tokens."""

SHORTEST_PART = 40
"""Characters for which the start of a sentence is worth to be told."""

SHORT = 12
"""Characters under which a line that is said twice may mean two things."""

_CITATION = re.compile(r"^- (?:User: “)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。\uff01\uff1f])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A memory as a pack tells it.

    Attributes:
        day: When it was made, as ISO 8601.
        trust: Whose word it is, `unknown` where nobody said.
        text: What is told of it, line by line.
        shortened: Whether it says more than that.
    """

    id: str
    day: str
    type: str
    trust: str
    text: str
    shortened: bool = False


def whole(item: MemoryRecord) -> Entry:
    """All that a memory says."""
    files = [f"Files: {', '.join(item.files_modified)}"] if item.files_modified else []
    return _entry(item, [*_said(item), *files])


def shortened(item: MemoryRecord) -> Entry:
    """How a memory begins: its title, then as many of its sentences and facts as fit.

    What does not fit is passed over for what stands behind it and does.
    """
    lines, room = list[str](), LONGEST_SHORTENED
    for line in _said(item):
        part = _beginning(line, room)
        if part:
            lines.append(part)
            room -= len(part) + 1
    return _part(item, lines or [_name(item)])


def headline(item: MemoryRecord) -> Entry:
    """What a memory is called."""
    return _part(item, [_name(item)])


def heading(item: MemoryRecord) -> Entry:
    """What each of these begins with: a title of one short line, else nothing."""
    title = item.title or ""
    is_plain = len(title) <= LONGEST_HEADLINE and " ".join(title.split()) == title
    return _entry(item, [title] if is_plain else [])


def _entry(item: MemoryRecord, lines: Sequence[str]) -> Entry:
    return Entry(
        id=item.id,
        day=datetime.fromtimestamp(item.created_at_epoch / 1000, UTC)
        .date()
        .isoformat(),
        type=item.type,
        trust=item.trust or "unknown",
        text="\n".join(lines),
    )


def _part(item: MemoryRecord, lines: Sequence[str]) -> Entry:
    """Some of a memory, marked so where there is more of it."""
    entry = _entry(item, lines)
    return replace(entry, shortened=entry.text != whole(item).text)


def _said(item: MemoryRecord) -> list[str]:
    """The lines of a memory, its title first where it has one."""
    title = [item.title] if item.title else []
    facts = [f"- {fact}" for fact in item.facts]
    lines = list(_news([*title, *_prose(item), *facts]))
    return lines if "".join(lines).strip() else ["Untitled"]


def _beginning(line: str, room: int) -> str:
    """As many whole sentences of a line as there is room for; of a long one its start.

    A sentence that is cut says so at its end.
    """
    if len(line) <= room:
        return line
    if room <= SHORTEST_PART:
        return ""
    ends = [stop.start() for stop in _SENTENCE.finditer(line, 0, room)]
    if ends:
        return line[: ends[-1]]
    space = line.rfind(" ", SHORTEST_PART, room - 1)
    return f"{line[: space if space > 0 else room - 1]}…"


def _prose(item: MemoryRecord) -> Iterator[str]:
    """The texts of a memory that say something which no other of them says.

    A subtitle is often the clipped start of the narrative, a title that of the text.
    """
    pieces = [p for p in (item.subtitle, item.narrative, item.text) if p]
    for place, piece in enumerate(pieces):
        others = [item.title or "", *pieces[:place], *pieces[place + 1 :]]
        core = piece.rstrip("…")
        said = any(core in other for other in others if other != piece)
        if not said and piece not in (item.title, *pieces[:place]):
            yield piece


def _news(pieces: Iterable[str]) -> Iterator[str]:
    """The lines that say what no line before them says.

    A fact often quotes the line that it was taken from.
    """
    told: list[str] = []
    for line in "\n".join(pieces).split("\n"):
        core = _CITATION.sub("", line).strip(" .…”").casefold()
        if len(core) < SHORT or not any(core in one for one in told):
            told.append(core)
            yield line


def _name(item: MemoryRecord) -> str:
    return name_of(item, LONGEST_HEADLINE) or "Untitled"
