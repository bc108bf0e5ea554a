# SPDX-License-Identifier: Apache-2.0
"""How memories look on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from claude_mem_core.domain.index import IndexEntry, headline
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.memory_request import Evidence
from claude_mem_core.domain.search import SearchHit

from claude_mem_cli import screen
from claude_mem_cli.filtering import at


def show_hits(hits: Sequence[SearchHit]) -> None:
    """Show memories as numbered entries: title, when and what, how it begins."""
    room = screen.columns() - 4
    for number, hit in enumerate(hits, 1):
        item = hit.item
        title = screen.heading(screen.cut(title_of(item), room))
        screen.say(f"{number:>2}. {title}")
        facts = f"{day_of(item)} {item.type} {item.id}"
        screen.say(f"    {screen.faint(screen.cut(screen.line(facts), room))}")
        beginning = screen.line(item.narrative or item.text or item.subtitle or "")
        if beginning:
            screen.say(f"    {screen.cut(beginning, room)}")


def memory_table(items: Sequence[MemoryRecord]) -> str:
    """Memories as a table, one line each."""
    rows = [(day_of(item), item.type, title_of(item)) for item in items]
    return screen.table(("DAY", "TYPE", "TITLE"), rows)


def show_index(index: Sequence[IndexEntry]) -> None:
    """Show memories as an index: how to get each, when, what, how long, and why."""
    wide = max(screen.width(entry.type) for entry in index)
    for entry in index:
        kind = screen.line(entry.type) + " " * (wide - screen.width(entry.type))
        facts = (screen.line(entry.id), at(entry.when_epoch), kind)
        told = "  ".join((*facts, f"~{entry.tokens}"))
        screen.say(screen.faint(screen.cut(told, screen.columns())))
        why = f"  ({screen.line(entry.why)})" if entry.why else ""
        title = screen.line(entry.title)
        screen.say(f"  {screen.cut(title + why, screen.columns() - 2)}")


def show_whole(item: MemoryRecord, evidence: Sequence[Evidence]) -> None:
    """Show everything that a memory says, and the words that it was taken from."""
    screen.say(screen.heading(screen.line(title_of(item))))
    screen.say(screen.faint(f"{item.id}  {at(item.when)}  {screen.line(item.type)}"))
    facts = [f"- {fact}" for fact in item.facts]
    texts = (item.subtitle, item.text, item.narrative)
    for text in (*filter(None, texts), *facts):
        screen.say(screen.plain(text))
    for path in dict.fromkeys((*item.files_read, *item.files_modified)):
        screen.say(f"File: {screen.line(path)}")
    for one in evidence:
        if one.text:
            screen.say(screen.faint(f"> {screen.line(one.text)}"))
    screen.say()


def title_of(item: MemoryRecord) -> str:
    """What a memory is called, in one line."""
    return screen.line(headline(item) or "-")


def day_of(item: MemoryRecord) -> str:
    """The day that a memory is of, as ISO 8601."""
    return datetime.fromtimestamp(item.created_at_epoch / 1000, UTC).date().isoformat()
