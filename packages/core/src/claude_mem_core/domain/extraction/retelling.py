# SPDX-License-Identifier: Apache-2.0
"""What the agent said, told again: its conclusion in its own order, then the way there.

A list keeps the line that leads to it, and so does a short sample of code: without it
neither says what it is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.markdown import (
    Form,
    Statement,
    statements,
    with_samples,
)
from claude_mem_core.domain.extraction.places import (
    COLON_ENDS,
    QUESTION_ENDS,
    Line,
    Passage,
)
from claude_mem_core.domain.extraction.prompts import summed_up
from claude_mem_core.domain.extraction.prose import (
    is_intention,
    is_planned_change,
    is_telling,
    most_telling,
    substance,
)
from claude_mem_core.domain.extraction.titles import tells_something
from claude_mem_core.domain.extraction.wording import (
    BEFORE_THE_CUT,
    ITEM,
    LEAD,
    ON_THE_WAY,
    SAMPLE,
)
from claude_mem_core.domain.terms import content_words

# Characters. On recorded sessions a longer narrative finds no more; this much lets
# most conclusions be told whole.
LONGEST = 1200
LONGEST_WAY = 900
LONGEST_ACCOUNT = 1500
THIN = 900
"""A conclusion with less is told with what was said on the way to it."""

REPORT = 200
"""Characters that a message on the way tells at least if it is a report."""

LEAST_FOUND = 4
"""Words of its own with which one statement on the way tells by itself."""

THIN_WITHOUT_CHANGE = 120
"""The same where nothing changed: what was thought on the way may not hold."""

LIST_WEIGHT = 0.85
"""What a word of a list is worth beside one of a sentence; set by hand."""

LEADS_ON = (*COLON_ENDS, *QUESTION_ENDS)

LEAST_NEWS = 2
"""Words that are not in the title, without which there is nothing left to tell."""


def retold(evidence: Evidence, *, known: str) -> tuple[Line, ...]:
    """The agent's words as lines of a narrative; none if they say only what is known.

    Args:
        evidence: The turn.
        known: What the reader has read already.
    """
    before = _before_the_cut(evidence.account, known) if evidence.account else ()
    return (*_of_the_turn(evidence, known), *before)


def _of_the_turn(evidence: Evidence, known: str) -> tuple[Line, ...]:
    """Its conclusion, and where that is short what was said before it."""
    concluded = _concluded(evidence)
    thin = THIN if evidence.writes else THIN_WITHOUT_CHANGE
    way: list[Statement] = []
    if _size(concluded) < thin:
        told = " ".join((known, *(one.text for one in concluded)))
        said = list(_said_before(evidence))
        way = most_telling([], said, known=told, budget=LONGEST_WAY)
    news = {word for one in (*concluded, *way) for word in content_words(one.text)}
    if len(news - set(content_words(known))) < LEAST_NEWS:
        return ()
    on_the_way = (Line(ON_THE_WAY, ()), *_lines(way)) if way else ()
    return (*_lines(concluded), *on_the_way)


def _before_the_cut(account: Passage, known: str) -> tuple[Line, ...]:
    """How the agent's own account of a talk that was cut short begins.

    It is dense, and often all that is left of what was done before.
    """
    left, told = LONGEST_ACCOUNT, list[Statement]()
    for one in summed_up(account):
        if one.text in known or not is_telling(one):
            continue
        left -= len(one.text) + 1
        if left < 0:
            break
        told.append(one)
    return (Line(BEFORE_THE_CUT, ()), *_lines(told)) if told else ()


def _said_before(evidence: Evidence) -> Iterator[Statement]:
    """What was said before the conclusion: reports whole, else what tells by itself.

    Where files changed, so is what was about to be: edits are made without a word.
    """
    for message in evidence.messages[:-1]:
        said = [*statements(message.passage)]
        report = _size(filter(is_telling, said)) >= REPORT
        for one in said:
            found = is_telling(one) and (report or _stands_alone(one.text))
            if found or (evidence.writes and is_planned_change(one.text)):
                yield one


def _stands_alone(text: str) -> bool:
    """Whether one statement of a message is understood without the others."""
    return substance(text) >= LEAST_FOUND or tells_something(text)


def _concluded(evidence: Evidence) -> list[Statement]:
    """The conclusion, whole where there is room, else what is new and telling in it."""
    last = evidence.conclusion
    if last is None:
        return []
    said = list(with_samples(last.passage))
    telling = _best_parts([one for one in said if _is_told(one)])
    left = LONGEST - _size(telling)
    chosen = {one.start for one in telling}
    for sample in (one for one in said if one.form is Form.CODE):
        if len(sample.text) <= left:
            left -= len(sample.text)
            chosen.add(sample.start)
    return [one for one in said if one.start in chosen]


def _is_told(one: Statement) -> bool:
    """Whether a statement is told where there is room: a list stays complete."""
    if one.form is Form.ITEM:
        return not (is_intention(one.text) or one.text.endswith(LEADS_ON))
    return one.form is not Form.CODE and is_telling(one)


def _best_parts(said: Sequence[Statement]) -> list[Statement]:
    """All where there is room, else the paragraphs and lists that tell most.

    Each of them is told whole, but for the last, of which as much as fits.
    """
    parts = [[*part] for _, part in groupby(said, key=_part)]
    left, chosen = LONGEST, list[Statement]()
    for part in sorted(parts, key=_density, reverse=True):
        for one in part:
            left -= len(one.text) + 1
            if left < 0:
                break
            chosen.append(one)
    return sorted(chosen, key=lambda one: one.start)


def _part(one: Statement) -> tuple[str | None, bool]:
    """What a statement belongs together with: those around it that share this."""
    return (one.under.text if one.under else None), one.form in (Form.ITEM, Form.CELL)


def _density(part: Sequence[Statement]) -> float:
    """How many different words a part has for its length, those of sentences first."""
    words = {word for one in part for word in content_words(one.text)}
    weight = 1.0 if part[0].form is Form.SENTENCE else LIST_WEIGHT
    return weight * len(words) / (_size(part) + 40)


def _size(said: Iterable[Statement]) -> int:
    return sum(len(one.text) + 1 for one in said)


def _lines(said: Sequence[Statement]) -> Iterator[Line]:
    """The statements as lines, each list and each section below what it is of."""
    over: str | None = None
    for one in said:
        label = one.label("statement")
        if label and label.text != over and label.text not in one.text:
            yield LEAD.of(label=label)
        over = label.text if label else None
        yield from _told(one)


def _told(one: Statement) -> Iterator[Line]:
    line = one.line("statement")
    if one.form is Form.CODE:
        rows = (row.rstrip() for row in one.text.splitlines())
        yield from (SAMPLE.of(row=line.saying(row)) for row in rows if row)
    elif one.form in (Form.ITEM, Form.CELL):
        yield ITEM.of(item=line)
    else:
        yield line
