# SPDX-License-Identifier: Apache-2.0
"""What is marked by tags as not to be kept, taken out of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

PRIVATE_TAGS = (
    "private",
    "claude-mem-context",
    "system_instruction",
    "system-instruction",
    "persisted-output",
    "system-reminder",
    "hook_context",
)

MOST_TAGS = 100
"""Tags of one value above which something is odd, and worth a line in the log."""

_OPEN = r"<|&lt;|&\#0{0,4}60;|&\#x0{0,4}3c;|\\u003c"
_CLOSE = r">|&gt;|&\#0{0,4}62;|&\#x0{0,4}3e;|\\u003e"
_ATTRIBUTES = r"(?:[^<>&\\]|&(?!lt;|gt;|\#)|\\(?!u003))*?"


def tag_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """The opening, closing and empty tags with these names, in any case.

    Angle brackets count also as JSON and HTML spell them out. The attributes cannot run
    past the next one, so that a megabyte of opening brackets is still read once.
    """
    words = "|".join(map(re.escape, names))
    return re.compile(
        rf"""(?P<open>{_OPEN})\s{{0,8}}(?P<end>\\?/)?\s{{0,8}}(?P<name>{words})
        (?:\s{_ATTRIBUTES})?(?P<empty>/)?(?:{_CLOSE})""",
        re.IGNORECASE | re.VERBOSE,
    )


TAG = tag_pattern(PRIVATE_TAGS)
"""A tag that marks something as private."""


def has_tags(text: str) -> bool:
    """Whether a tag of ours stands in a text; most have no bracket of any spelling."""
    return _may_have(text) and TAG.search(text) is not None


class _Reading(NamedTuple):
    """A text read to its end.

    Attributes:
        taken: Where something was taken out, from left to right.
        open: The name and spelling of the tag that is not closed, if any.
    """

    taken: Sequence[tuple[int, int]]
    open: tuple[str, str] | None


def without_tagged(text: str, tags: re.Pattern[str]) -> str:
    """The text without the tags and what they enclose, in linear time.

    A tag that is never closed reaches to the end. Within a tag only its own name
    counts, spelled alike: the same tag nested in itself is closed by its own end.
    """
    return _kept(text, _read(text, tags, None))


def tagged_parts(text: str, tags: re.Pattern[str]) -> Sequence[tuple[int, int]]:
    """Where tags and what they enclose stand: first character, and the next kept."""
    return _read(text, tags, None).taken if _may_have(text) else ()


def private_parts(text: str) -> Sequence[tuple[int, int]]:
    """Where something is marked as private: its first character, and the next kept."""
    return _read(text, TAG, None).taken if has_tags(text) else ()


def _may_have(text: str) -> bool:
    return "<" in text or "&" in text or "u003c" in text or "U003C" in text


def _kept(text: str, reading: _Reading) -> str:
    kept, after = [], 0
    for start, end in reading.taken:
        kept.append(text[after:start])
        after = end
    return "".join((*kept, text[after:]))


def _read(text: str, tags: re.Pattern[str], within: tuple[str, str] | None) -> _Reading:
    taken: list[tuple[int, int]] = []
    start, depth = 0, 0 if within is None else 1
    for tag in tags.finditer(text):
        told = (tag["name"].lower(), tag["open"].lower())
        if depth and told != within:
            continue
        if not depth:
            start, within = tag.start(), told
        if not tag["empty"]:
            depth = max(0, depth - 1) if tag["end"] else depth + 1
        if not depth:
            taken.append((start, tag.end()))
    if depth:
        return _Reading([*taken, (start, len(text))], within)
    return _Reading(taken, None)


def without_private(text: str) -> str:
    """The text without its private parts."""
    return without_tagged(text, TAG) if has_tags(text) else text


def without_private_json(value: JsonValue) -> JsonValue:
    """The JSON value without the private parts of its strings and keys.

    A tag that is opened in one piece of a list and closed in a later one encloses what
    is between them, as in a message that comes in blocks.
    """
    if isinstance(value, str):
        return without_private(value)
    if isinstance(value, list):
        return [without_private_json(each) for each in _without_split(value)]
    if isinstance(value, dict):
        kept: dict[str, JsonValue] = {}
        for key, each in value.items():
            kept[free_key(without_private(key), kept)] = without_private_json(each)
        return kept
    return value


def is_wholly_private(text: str) -> bool:
    """Whether the text says something, all of it marked as private."""
    return bool(text.strip()) and not without_private(text).strip()


def free_key(key: str, taken: Mapping[str, JsonValue]) -> str:
    """The key, or where two became the same, one beside it: no value is lost."""
    if key not in taken:
        return key
    # Doubled and then halved, so that a thousand keys that are alike stay cheap.
    low, high = 1, 2
    while f"{key} ({high})" in taken:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if f"{key} ({middle})" in taken else (low, middle)
    return f"{key} ({high})"


def _without_split(pieces: Sequence[JsonValue]) -> Sequence[JsonValue]:
    """The pieces of a list without what a tag encloses across several of them."""
    kept = [dict(piece) if isinstance(piece, dict) else piece for piece in pieces]
    for name, texts in _texts_by_name(kept).items():
        for at, text in zip(texts, _unsplit([*texts.values()]), strict=True):
            piece = kept[at]
            if name is not None and isinstance(piece, dict):
                piece[name] = text
            else:
                kept[at] = text
    return kept


def _texts_by_name(
    pieces: Sequence[JsonValue],
) -> Mapping[str | None, Mapping[int, str]]:
    """The texts among the pieces, under None, and those of objects, by their place."""
    texts: dict[str | None, dict[int, str]] = {}
    for at, piece in enumerate(pieces):
        inner = piece.items() if isinstance(piece, dict) else [(None, piece)]
        for name, text in inner:
            if isinstance(text, str):
                texts.setdefault(name, {})[at] = text
    return texts


def _unsplit(texts: Sequence[str]) -> Sequence[str]:
    kept, first = list(texts), 0
    # A tag that nothing closes from one text on is not closed from a later one on.
    hopeless: set[tuple[str, str] | None] = {None}
    while first < len(kept):
        reading = _read(kept[first], TAG, None)
        within = reading.open
        last = None if within in hopeless else _closing(texts, first, within)
        if last is None:
            hopeless.add(within)
            first += 1
            continue
        kept[first] = _kept(kept[first], reading)
        for at in range(first + 1, last):
            kept[at] = ""
        kept[last] = _kept(texts[last], _read(texts[last], TAG, within))
        first = last
    return kept


def _closing(
    texts: Sequence[str], first: int, within: tuple[str, str] | None
) -> int | None:
    """The later text in which the tag that is open at the end of one is closed."""
    later = range(first + 1, len(texts))
    return next((at for at in later if not _read(texts[at], TAG, within).open), None)
