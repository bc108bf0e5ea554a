# SPDX-License-Identifier: Apache-2.0
"""What is marked by tags as not to be kept, taken out of text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import JsonValue

PRIVATE_TAGS = (
    "private",
    "claude-mem-context",
    "system_instruction",
    "system-instruction",
    "persisted-output",
    "system-reminder",
)


def tag_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """The opening, closing and empty tags with these names, in any case.

    The attributes cannot run past the next angle bracket, so that a megabyte of
    opening brackets is still read once.
    """
    return re.compile(rf"<(/?)({'|'.join(names)})(?:\s[^<>]*?)?(/?)>", re.IGNORECASE)


_PRIVATE = tag_pattern(PRIVATE_TAGS)


def without_tagged(text: str, tags: re.Pattern[str]) -> str:
    """The text without the tags and what they enclose, in linear time.

    A tag that is never closed reaches to the end. Within a tag only its own name
    counts: the same tag nested in itself is closed by its own end.
    """
    kept: list[str] = []
    after, name, depth = 0, "", 0
    for tag in tags.finditer(text):
        if depth and tag[2].lower() != name:
            continue
        if not depth:
            kept.append(text[after : tag.start()])
            name = tag[2].lower()
        after = tag.end()
        if not tag[3]:
            depth = max(0, depth - 1) if tag[1] else depth + 1
    return "".join(kept if depth else [*kept, text[after:]])


def without_private(text: str) -> str:
    """The text without its private parts."""
    return without_tagged(text, _PRIVATE)


def without_private_json(value: JsonValue) -> JsonValue:
    """The JSON value without the private parts of its strings and keys."""
    if isinstance(value, str):
        return without_private(value)
    if isinstance(value, list):
        return [without_private_json(each) for each in value]
    if isinstance(value, dict):
        return {
            without_private(key): without_private_json(each)
            for key, each in value.items()
        }
    return value


def is_wholly_private(text: str) -> bool:
    """Whether the text says something, all of it marked as private."""
    return bool(text.strip()) and not without_private(text).strip()
