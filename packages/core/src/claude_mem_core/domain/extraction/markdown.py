# SPDX-License-Identifier: Apache-2.0
"""Plain statements out of what people and agents write, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from claude_mem_core.domain.extraction.places import (
    COLON_ENDS,
    Cited,
    Line,
    Passage,
    Role,
)
from claude_mem_core.domain.extraction.quotations import is_within_quotation

LONGEST_LINE = 4000
"""Characters; what is longer is a log or data without line ends, not a statement."""

WRAPPED = 60
"""Characters of a line that may go on in the next: a shorter one ended on purpose."""

LONGEST_LABEL = 160
"""Characters; what leads on with more tells a story of its own."""

LONGEST_SAMPLE, MOST_SAMPLE_LINES = 320, 8
"""Characters and lines of a block of code that is a sample; more is a file."""

# Over a list these say no more than that one follows.
_EMPTY_LABEL = re.compile(
    r"\W*(?:(?:the |key |main |all |final |quick |short )*(?:summary|overview|changes?"
    r"|changes made|what(?: i| was|'s)? (?:changed?|did|done)|results?|files?"
    r"|files? (?:changed|modified|created)|details|benefits|findings|notes?|points?"
    r"|options?|steps?|next steps?|status|answer|analysis|conclusion|implementation"
    r"|pros|cons|issues?|problems?|fix(?:es)?|tests?|examples?|output|updates?"
    r"|improvements|features|done|here(?:'s| is| are).*|i(?:'ve| have)?\b.*|let me.*"
    r"|this|it|now|also|so|but|for example|if so|where)|\d+[.)]?)\W*",
    re.IGNORECASE,
)
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
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, list item, heading or table row, without its markup.

    Attributes:
        passage: What it was said in.
        start: Its first character there.
        end: The character after its last.
        first: Whether it opens its line or paragraph.
        under: The heading, or the words before its list, that it belongs to.
    """

    text: str
    form: Form
    passage: Passage
    start: int
    end: int
    first: bool
    under: Label | None = None

    def line(self, role: Role) -> Line:
        """It as words of a memory."""
        span = self.passage.span(self.start, self.end)
        return Line(self.text, (Cited(span, role),))

    def label(self, role: Role) -> Line | None:
        """What it belongs to, as words of a memory."""
        if self.under is None:
            return None
        span = self.passage.span(self.under.start, self.under.end)
        return Line(self.under.text, (Cited(span, role),))


@dataclass(frozen=True, slots=True)
class Label:
    """What stands over statements and says what they are about."""

    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """The text on one line, without markup."""
    if "*" in text or "_" in text or "~" in text:
        text = _MARKUP.sub("", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    return " ".join(text.split())


def statements(passage: Passage) -> Iterator[Statement]:
    """The statements of a markdown text in their order, without its code."""
    return (one for one in with_samples(passage) if one.form is not Form.CODE)


def with_samples(passage: Passage) -> Iterator[Statement]:
    """The same with the short blocks of code that a line leads on to."""
    over = _Over(passage.text)
    for form, start, end in _blocks(passage.text):
        under = over.label_of(form, start, end)
        if form is not Form.CODE:
            yield from _statements(passage, form, (start, end), under)
        elif under and _is_sample(passage.text[start:end]):
            text = passage.text[start:end]
            yield Statement(text, form, passage, start, end, first=True, under=under)


class _Over:
    """What stands over a block, while a text is gone through from its start.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._heading: Label | None = None
        self._lead: Label | None = None
        self._items: list[tuple[int, Label]] = []

    def label_of(self, form: Form, start: int, end: int) -> Label | None:
        """The label of the next block, which may be one for those that follow."""
        if form is Form.CODE:
            return self._items[-1][1] if self._items else self._lead
        label = _label(self._text, form, start, end)
        if form is Form.ITEM:
            return self._label_of_item(label, self._indent(start))
        if form is Form.HEADING:
            self._heading = label
        if form in (Form.HEADING, Form.SENTENCE):
            self._lead, self._items = label if form is Form.SENTENCE else None, []
        return (self._lead if form is Form.CELL else None) or self._heading

    def _label_of_item(self, label: Label | None, indent: int) -> Label | None:
        while self._items and self._items[-1][0] >= indent:
            self._items.pop()
        over = self._items[-1][1] if self._items else self._lead or self._heading
        if label:
            self._items.append((indent, label))
        return over

    def _indent(self, start: int) -> int:
        line = self._text[self._text.rfind("\n", 0, start) + 1 : start]
        return len(line) - len(line.lstrip())


def _is_sample(code: str) -> bool:
    return len(code) <= LONGEST_SAMPLE and code.count("\n") < MOST_SAMPLE_LINES


def _statements(
    passage: Passage, form: Form, block: tuple[int, int], under: Label | None
) -> Iterator[Statement]:
    """The statements of a block, all of which stand under the same label."""
    places = [block] if form is Form.CELL else _sentences(passage.text, *block)
    for at, (start, end) in enumerate(places):
        raw = passage.text[start:end]
        if form is Form.CELL:
            raw = " | ".join(cell.strip() for cell in raw.strip().strip("|").split("|"))
        text = plain(raw)
        if _SAYS.search(text):
            yield Statement(text, form, passage, start, end, at == 0, under)


def _label(text: str, form: Form, start: int, end: int) -> Label | None:
    """A heading, or words that lead on, if they say what that is about."""
    if form is not Form.HEADING:
        if not text[start:end].rstrip("* ").endswith(COLON_ENDS):
            return None
        start, end = [*_sentences(text, start, end)][-1]
    words = plain(text[start:end]).rstrip(" :\uff1a")
    if len(words) > LONGEST_LABEL or not _SAYS.search(words):
        return None
    return None if _EMPTY_LABEL.fullmatch(words) else Label(words, start, end)


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    low = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if _ABBREVIATED.search(text, max(low, match.start() - 8), match.start()):
            continue
        if is_within_quotation(text, low, match.end(), end):
            continue
        yield low, match.end() - len(match[0]) + len(match[0].rstrip())
        low = match.end()
    if low < end:
        yield low, end


def _blocks(text: str) -> Iterator[tuple[Form, int, int]]:
    """The paragraphs, items, headings and rows: what belongs together in one piece."""
    held: tuple[Form, int, int] | None = None
    for start, end, is_code in _lines(text):
        form, begin = (Form.CODE, start) if is_code else _form_of(text, start, end)
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


def _lines(text: str) -> Iterator[tuple[int, int, bool]]:
    """The lines with something to read, a block of code as one of them.

    An open fence reaches to the end.
    """
    fence, code, start = "", 0, 0
    for line in text.splitlines(keepends=True):
        end = start + len(line.rstrip())
        mark = _FENCE.match(line)
        if mark and not fence:
            fence, code = mark[1][:3], start + len(line)
        elif mark and mark[1].startswith(fence):
            fence = ""
            if code < start - 1:
                yield code, start - 1, True
        elif not fence and end > start and _is_readable(line):
            yield start, end, False
        start += len(line)


def _is_readable(line: str) -> bool:
    return len(line) <= LONGEST_LINE and not _RULE.fullmatch(line)
