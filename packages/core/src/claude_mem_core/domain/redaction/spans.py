# SPDX-License-Identifier: Apache-2.0
"""Where a secret stands in a text, and what is written in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

_MARK_HEAD = "[redacted:"
MARK = re.compile(r"\[redacted:[a-z0-9-]{1,64}\]")


class Span(NamedTuple):
    """A secret in a text: its first character, the one after its last, its family."""

    start: int
    end: int
    family: str


class Text:
    """A text, and its small letters at the same places."""

    def __init__(self, text: str) -> None:
        lowered = text.lower()
        if len(lowered) != len(text):
            # A few letters have small ones of two characters: those stay as they are.
            lowered = "".join(
                low if len(low := char.lower()) == 1 else char for char in text
            )
        self.text = text
        self.lowered = lowered


class Ahead:
    """Where in a text something stands next: each character is looked at once.

    Words that stand close together have the same thing next: whoever asks from left to
    right, for as many places as there are, reads the text once.
    """

    __slots__ = ("_found", "_from", "_pattern", "_text")

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self._pattern, self._text = pattern, text
        self._from, self._found = 0, -1

    def of(self, start: int) -> int:
        """The first place from `start` on; the text's end when there is none."""
        if not self._from <= start <= self._found:
            found = self._pattern.search(self._text, start)
            self._from, self._found = start, found.start() if found else len(self._text)
        return self._found


Finder: TypeAlias = Callable[[Text], Iterable[Span]]


class Rule(NamedTuple):
    """A way to find secrets.

    Attributes:
        words: In small letters; where none of them stands, there is nothing to find.
    """

    words: tuple[str, ...]
    find: Finder


def mark(family: str) -> str:
    """What stands in the place of a secret of this family."""
    return f"[redacted:{family}]"


def places_of(word: str, text: str) -> Iterator[int]:
    """Where a word stands in a text, from left to right."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def joined(spans: Iterable[Span], text: str) -> Sequence[Span]:
    """The spans from left to right, those that overlap made one.

    The family is that of the first which was found, so rules that know more come
    first. What was written in a secret's place before is left as it is.
    """
    has_marks = _MARK_HEAD in text
    kept: list[Span] = []
    for span in sorted(spans, key=itemgetter(0)):
        start, end, _ = span
        if has_marks and (MARK.search(text, start, end) or _is_mark(text, span)):
            continue
        if not kept or start >= kept[-1].end:
            kept.append(span)
        elif end > kept[-1].end:
            kept[-1] = Span(kept[-1].start, end, kept[-1].family)
    return kept


def _is_mark(text: str, span: Span) -> bool:
    """Whether a span lies within a mark."""
    before = text.rfind(_MARK_HEAD, max(0, span.start - 80), span.end)
    found = MARK.match(text, before) if before >= 0 else None
    return found is not None and found.end() >= span.end > found.start()
