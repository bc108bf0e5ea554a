# SPDX-License-Identifier: Apache-2.0
"""Whether a memory says only what its sources say, checked against stored events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.extraction.markdown import plain
from claude_mem_core.domain.extraction.wording import (
    ELLIPSIS,
    JOINT,
    OVER_WORDS,
    readings,
)
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemorySource,
    MemorySourceDraft,
)

_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]")
_DECORATION = re.compile(r"[*`|#>~\s]+")

Item = MemoryItem | MemoryItemDraft


def unsupported(item: Item, events: Mapping[str, AgentEvent]) -> list[str]:
    """What the memory says without a source for it: the field, and its words.

    A line is supported when it is a quotation of one of the spans that name it, or
    a fixed form whose gaps are such quotations. White space, markup and case do not
    count; an ellipsis stands for what was cut off.

    Args:
        item: The memory with its sources.
        events: At least the events that it cites, by id.
    """
    quoted = _quotations(item, events)
    return [
        f"{name}: {text}"
        for name, text in _lines(item)
        if text not in OVER_WORDS and not _is_supported(text, quoted.get(name, []))
    ]


def cited_text(
    source: MemorySourceDraft | MemorySource, events: Mapping[str, AgentEvent]
) -> str | None:
    """The words at a source's place; None when there is no such place."""
    event = events.get(source.event_id or "")
    if event is None or source.json_path is None:
        return None
    value = _at(event.payload, source.json_path)
    if not isinstance(value, str):
        return None
    start, end = source.start or 0, len(value) if source.end is None else source.end
    return value[start:end] if start <= end <= len(value) else None


def _quotations(item: Item, events: Mapping[str, AgentEvent]) -> dict[str, list[str]]:
    """What stands at the sources, by the field that they support."""
    found: dict[str, list[str]] = {}
    for source in item.sources:
        text = cited_text(source, events)
        names = source.metadata.get("supports")
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str):
                found.setdefault(name, []).append("" if text is None else text)
    return found


def _lines(item: Item) -> Iterator[tuple[str, str]]:
    for name in ("title", "subtitle", "text", "narrative"):
        lines = (getattr(item, name) or "").splitlines()
        yield from ((name, line) for line in lines if _bare(line))
    for name in ("facts", "files_read", "files_modified"):
        for at, text in enumerate(getattr(item, name)):
            yield f"{name}[{at}]", text


def _is_supported(text: str, quoted: list[str]) -> bool:
    spans = [_bare(span) for span in quoted]
    for pieces in readings(text):
        if all(_is_quoted(piece, spans) for piece in pieces):
            return True
    # A session's title is made of several memories' titles.
    parts = text.split(JOINT)
    return len(parts) > 1 and all(_is_supported(part, quoted) for part in parts)


def _is_quoted(piece: str, spans: list[str]) -> bool:
    words = _bare(piece.removesuffix(ELLIPSIS))
    return bool(words) and any(words in span for span in spans)


def _bare(text: str) -> str:
    return _DECORATION.sub("", plain(text)).replace("\\", "/").casefold()


def _at(value: JsonValue, path: str) -> JsonValue:
    """What stands at a JSONPath of names and numbers; None when nothing does."""
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        value = _inside(value, step)
        at = step.end()
    return value


def _inside(value: JsonValue, step: re.Match[str]) -> JsonValue:
    if isinstance(value, list) and step[2]:
        return value[int(step[2])] if int(step[2]) < len(value) else None
    if isinstance(value, dict) and not step[2]:
        key = step[1] or re.sub(r"\\(.)", r"\1", step[3])
        return value.get(key)
    return None
