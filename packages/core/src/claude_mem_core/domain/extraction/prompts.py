# SPDX-License-Identifier: Apache-2.0
"""The user's own words in a prompt, told from what was pasted into it."""

from __future__ import annotations

import re
from itertools import chain

from claude_mem_core.domain.extraction.markdown import Form, Statement, statements
from claude_mem_core.domain.extraction.places import COLON_ENDS, Passage
from claude_mem_core.domain.extraction.prose import is_substantial, substance

LONG_PASTE = 300
"""Characters after a colon: so much is seldom typed by hand."""

LEAST_HANDED_OVER = 4
"""Words beside those that hand over, with which a line says what to do with it."""

LEAST_SAID = 2
"""Words of its own that a request needs beside yes, no and numbers."""

# A line that hands something over: what follows are another's words.
_HANDS_OVER_WORD = re.compile(
    r"\b(?:this|following|below|here|these|output|logs?|errors?|feedback|comments?"
    r"|says?"
    r"|said|file|readme|review|text|page|message|document\w*|plan|issue|ticket|email"
    r"|result|response|transcript|prints?|printed|shows?|got|from|snippet|code|diff"
    r"|trace|scenario|wrote|writes|quote|guide|instructions?)\b",
    re.IGNORECASE,
)
_HANDS_OVER = re.compile(
    rf"{_HANDS_OVER_WORD.pattern}[^:\n]*:\s*$", re.IGNORECASE | re.MULTILINE
)
# A line that opens the user's own list.
_OWN_LIST = re.compile(
    r"\b(?:remember|rules?|conventions?|guidelines?|preferences?|decisions?|decided"
    r"|from now on|always|requirements?|i want|we want|i'd like|please)\b[^:\n]*:\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_COLON = re.compile(r":[ \t]*$", re.MULTILINE)
# Diffs, logs, shells, stack traces, markup, JSON: nobody talks like this.
_MACHINE = re.compile(
    r"\s*(?:[+-]{1,3}\s{2,}|@@|[$%#>\u276f⏺]\s|\d{4}-\d\d-\d\d|\[?\d\d:\d\d|={3}"
    r"|\S+@\S+[ :]|at \S+\(|File \""
    r"|[{}\[\]<]|\S+:\d+:|(?:INFO|DEBUG|WARN\w*|ERROR|FAIL\w*|Error|Traceback)\b"
    r"|(?:System|Assistant|Human|User|Tool|Developer)\s*:|\|)"
)
_ANSWER = re.compile(
    r"\b(?:yes|yeah|yep|no|nope|ok|okay|sure|please|option|go|do|ahead|sounds?|good"
    r"|great"
    r"|perfect|thanks?|continue|lets?|let's|keep|going|try|start|all|both|rest|first"
    r"|last"
    r"|one|two|three|again|now|implement|fix|add|skip|\d+)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
# The part of an account of a talk that tells what was asked; a numbered one follows.
_ASKED_BEFORE = re.compile(
    r"^[ \t]*(?:#+[ \t]*|\*\*)?1\.[ \t]+(?:\*\*)?Primary Request and Intent\W*\n"
    r"(.*?)(?=^[ \t]*(?:#+[ \t]*|\*\*)?2\.[ \t])",
    re.MULTILINE | re.DOTALL,
)
# What was thought about the account stands before it.
_SUMMED_UP = re.compile(
    r"^[ \t]*(?:#+[ \t]*|\*\*)?Summary:?(?:\*\*)?[ \t]*$", re.MULTILINE
)
_QUOTED = re.compile(r"\"[^\"\n]{12,}\"|“[^”\n]{12,}”|«[^»\n]{12,}»|`[^`\n]{12,}`")


def pasted_from(text: str) -> int:
    """The place from which on a prompt holds another's words; its length if none."""
    end = len(text.rstrip())
    for colon in _COLON.finditer(text):
        start = text.rfind("\n", 0, colon.start()) + 1
        line = _SENTENCE.split(text[start : colon.end()])[-1]
        rest = end - colon.end()
        if rest <= 0 or _OWN_LIST.search(line):
            continue
        if _HANDS_OVER.search(line) or rest > LONG_PASTE:
            return colon.end()
    return len(text)


def own_statements(prompt: Passage) -> list[Statement]:
    """What the user says in a prompt, without what was pasted or quoted there."""
    end = pasted_from(prompt.text)
    fenced = _fenced(prompt.text)
    return [
        statement
        for statement in statements(prompt)
        if statement.end <= end
        and not fenced[0] <= statement.start < fenced[1]
        and statement.form not in (Form.QUOTE, Form.CELL)
        and not _MACHINE.match(statement.text)
        and not _MACHINE.match(prompt.text, _line_start(prompt.text, statement))
    ]


def _fenced(text: str) -> tuple[int, int]:
    """All between the first fence and the last: what is pasted may hold fences too."""
    fences = [match.start() for match in _FENCE.finditer(text)]
    if not fences:
        return 0, 0
    return fences[0], fences[-1] if len(fences) % 2 == 0 else len(text)


def asked_before(account: Passage) -> list[Statement]:
    """What had been asked in a talk that was cut short, as the account of it tells."""
    found = _ASKED_BEFORE.search(account.text)
    if found is None:
        return []
    start, end = found.span(1)
    return [one for one in statements(account) if start <= one.start < end]


def summed_up(account: Passage) -> list[Statement]:
    """An account of a talk that was cut short, without the thoughts that led to it."""
    found = _SUMMED_UP.search(account.text)
    start = found.end() if found else 0
    return [one for one in statements(account) if one.start >= start]


def main_request(prompt: Passage) -> Statement | None:
    """The first statement of a prompt that says what it is about."""
    own = (one for one in own_statements(prompt) if _says_what(one.text))
    telling = (one for one in own if _tells_by_itself(one.text))
    start = pasted_from(prompt.text)
    pasted = (
        one
        for one in statements(prompt)
        if one.start >= start and is_substantial(one.text)
    )
    anything = (one for one in statements(prompt) if is_substantial(one.text))
    return next(chain(telling, pasted, anything), None)


def _tells_by_itself(text: str) -> bool:
    """Whether it says more than that something follows.

    What hands over another's words may say what to do with them; what leads to more of
    the user's own says less than those.
    """
    if not text.endswith(COLON_ENDS):
        return True
    said = substance(_HANDS_OVER_WORD.sub(" ", text))
    return bool(_HANDS_OVER.search(text)) and said >= LEAST_HANDED_OVER


def _says_what(text: str) -> bool:
    """Whether more is said than yes, or which number."""
    return substance(_ANSWER.sub(" ", text)) >= LEAST_SAID


def without_quotations(text: str) -> str:
    """The text with what stands in quotation marks left out."""
    return _QUOTED.sub(" ", text)


def _line_start(text: str, statement: Statement) -> int:
    return text.rfind("\n", 0, statement.start) + 1
