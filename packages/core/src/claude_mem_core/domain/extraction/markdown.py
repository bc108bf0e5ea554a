# SPDX-License-Identifier: Apache-2.0
"""Plain statements out of what people and agents write, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from claude_mem_core.domain.extraction.places import Cited, Line, Passage, Role

LONGEST_LINE = 4000
"""Characters; what is longer is a log or data without line ends, not a statement."""

WRAPPED = 60
"""Characters of a line that may go on in the next: a shorter one ended on purpose."""

_FENCE = re.compile(r"\s*(```+|~~~+)")
_SAYS = re.compile(r"[^\W_]")
_RULE = re.compile(r"[\s|:*_=+~─━-]*")
_MARKER = re.compile(r"\s*(?:(?:[-*+•▪✓✔✅❌☐☑]|\d{1,3}[.)]|\[[ xX]\])\s++)+")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_BOLD_LINE = re.compile(r"\s*\*\*[^*]+\*\*:?\s*")
_QUOTE = re.compile(r"\s*>")
_MARKUP = re.compile(
    r"\*\*|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)|~~"
)
_LINK = re.compile(r"!?\[([^\[\]\n]+)\]\([^()\n]*\)")
_SENTENCE_END = re.compile(
    r"(?<=[.!?…])[*_)\"'”\u2019`]{0,3}\s+(?=[^\sa-z])|(?<=[。\uff01\uff1f])(?=\S)"
)
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig)\.$", re.IGNORECASE)


class Form(StrEnum):
    """How a statement stands in its text."""

    SENTENCE = "sentence"
    ITEM = "item"
    HEADING = "heading"
    CELL = "cell"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, list item, heading or table row, without its markup.

    Attributes:
        passage: What it was said in.
        start: Its first character there.
        end: The character after its last.
        first: Whether it opens its line or paragraph.
    """

    text: str
    form: Form
    passage: Passage
    start: int
    end: int
    first: bool

    def line(self, role: Role) -> Line:
        """It as words of a memory."""
        span = self.passage.span(self.start, self.end)
        return Line(self.text, (Cited(span, role),))


def plain(text: str) -> str:
    """The text on one line, without markup."""
    if "*" in text or "_" in text or "~" in text:
        text = _MARKUP.sub("", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    return " ".join(text.split())


def statements(passage: Passage) -> Iterator[Statement]:
    """The statements of a markdown text in their order, without its code."""
    for form, start, end in _blocks(passage.text):
        if form is Form.CELL:
            yield from _statement(passage, form, start, end, first=True)
            continue
        first = True
        for low, high in _sentences(passage.text, start, end):
            yield from _statement(passage, form, low, high, first=first)
            first = False


def _statement(
    passage: Passage, form: Form, start: int, end: int, *, first: bool
) -> Iterator[Statement]:
    raw = passage.text[start:end]
    if form is Form.CELL:
        raw = " | ".join(cell.strip() for cell in raw.strip().strip("|").split("|"))
    text = plain(raw)
    if _SAYS.search(text):
        yield Statement(text, form, passage, start, end, first)


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    low = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if _ABBREVIATED.search(text, max(low, match.start() - 8), match.start()):
            continue
        yield low, match.end() - len(match[0]) + len(match[0].rstrip())
        low = match.end()
    if low < end:
        yield low, end


def _blocks(text: str) -> Iterator[tuple[Form, int, int]]:
    """The paragraphs, items, headings and rows: what belongs together in one piece."""
    held: tuple[Form, int, int] | None = None
    for start, end in _lines_outside_code(text):
        form, begin = _form_of(text, start, end)
        if held and form is Form.SENTENCE and _goes_on(text, held, begin):
            held = (held[0], held[1], end)
            continue
        if held:
            yield held
        held = (form, begin, end)
    if held:
        yield held


def _goes_on(text: str, held: tuple[Form, int, int], begin: int) -> bool:
    """Whether a line is the rest of the one before, which was wrapped."""
    form, start, end = held
    last = text[start:end]
    between = text[end:begin]
    return (
        form in (Form.SENTENCE, Form.ITEM)
        and between.count("\n") == 1
        and text[begin].islower()
        and len(last) - last.rfind("\n") > WRAPPED
        and last.rstrip()[-1:] not in ".!?:;|"
    )


def _form_of(text: str, start: int, end: int) -> tuple[Form, int]:
    """How a line stands in its text, and where its words begin."""
    for form, pattern in ((Form.HEADING, _HEADING), (Form.ITEM, _MARKER)):
        if match := pattern.match(text, start, end):
            return form, match.end()
    line = text[start:end]
    begin = start + len(line) - len(line.lstrip())
    if _BOLD_LINE.fullmatch(line):
        return Form.HEADING, begin
    if text[begin] == "|":
        return Form.CELL, begin
    if text[begin] == ">":
        return Form.QUOTE, min(begin + 1, end)
    return Form.SENTENCE, begin


def _lines_outside_code(text: str) -> Iterator[tuple[int, int]]:
    """The lines with something to read; an open fence reaches to the end."""
    fence, start = "", 0
    for line in text.splitlines(keepends=True):
        end = start + len(line.rstrip())
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1][:3]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence and end > start and _is_readable(line):
            yield start, end
        start += len(line)


def _is_readable(line: str) -> bool:
    return len(line) <= LONGEST_LINE and not _RULE.fullmatch(line)
