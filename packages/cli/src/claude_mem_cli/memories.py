# SPDX-License-Identifier: Apache-2.0
"""How memories look on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import SearchHit

from claude_mem_cli import screen


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


def memory_table(items: Sequence[MemoryItem]) -> str:
    """Memories as a table, one line each."""
    rows = [(day_of(item), item.type, title_of(item)) for item in items]
    return screen.table(("DAY", "TYPE", "TITLE"), rows)


def title_of(item: MemoryItem) -> str:
    """What a memory is called, in one line."""
    prose = (item.title, item.text, item.narrative, item.subtitle, *item.facts)
    return screen.line(next((text for text in prose if text and text.strip()), "-"))


def day_of(item: MemoryItem) -> str:
    """The day that a memory is of, as ISO 8601."""
    return datetime.fromtimestamp(item.created_at_epoch / 1000, UTC).date().isoformat()
