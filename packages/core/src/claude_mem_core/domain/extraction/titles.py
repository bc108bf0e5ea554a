# SPDX-License-Identifier: Apache-2.0
"""The one line that tells a reader whether to open a memory."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.extraction.markdown import Form, Statement
from claude_mem_core.domain.extraction.places import Line, Role
from claude_mem_core.domain.extraction.prose import clipped, substance
from claude_mem_core.domain.terms import content_words

LONGEST_TITLE = 120
SHORTEST_CLAUSE = 45
"""Characters that a title keeps when it is cut at a clause."""

GOOD_ENOUGH = 3.0
"""The score from which an agent's statement makes a better title than the question."""

_DONE = (
    r"(?:add|fix|updat|remov|chang|renam|mov|creat|implement|replac|extract|refactor"
    r"|simplifi|convert|introduc|dropp|delet|revert|switch|wir|improv|reduc|consolidat"
    r"|document|enabl|disabl|merg|configur|resolv|address|clean|unifi|restor|bump"
    r"|upgrad|install|deploy|ensur|adjust|correct|rewrit|migrat|mark|expos|hid|wrapp"
    r"|splitt|mad|set up|dedup\w*|inlin|cach|limit|handl|support|verifi|rebas|appli"
    r"|pass|us|return|stor|default|group|sort|filter|skipp|prevent|allow|clarifi"
    r"|register|validat|normaliz|reorganiz|collaps|scop|truncat|format)(?:e?d|t|ten)"
    r"|rewrote|made|set|split|wrote|built|hid|cut|put|kept|took|got|found"
)
_STARTS_DONE = re.compile(rf"(?:{_DONE})\b", re.IGNORECASE)
_FINDING = re.compile(
    r"\b(?:root cause|the (?:actual |real |main )?(?:issue|problem|bug|reason|cause|fix"
    r"|culprit|difference|solution) (?:is|was)|because|happens when|fails when|only when"
    r"|no longer|(?:is|are|does|will|now) now|now (?:\w+s|works?|shows?|uses?)\b|instead of"
    r"|means that|so that|depends on|comes from|caused by|was (?:missing|wrong|never)"
    r"|isn't|aren't|doesn't|don't|not \w+ed)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"`[^`]+`|\b\w+\.\w+\(|\b[a-z]+[A-Z]\w+|\b[A-Z][a-z]+[A-Z]\w*|\w+\.(?:go|py|ts|js|rs|md|ya?ml|json|toml|java|sh)\b|\w+_\w+")
_VAGUE = re.compile(
    r"(?:this|that|it|they|these|those|there|he|she|such|the following|the above|both"
    r"|each|either|same|then|also|but|so|and|or|which|however|additionally|here|note"
    r"|for example|e\.g\.|option|approach|step|phase|scenario|case|file|line|see|before"
    r"|after|current\w*:|example|one|another|the (?:first|second|third|other|last)"
    r"|it's|that's|there's|this'll)\b",
    re.IGNORECASE,
)
_ALL_CLEAR = re.compile(
    r"\b(?:all (?:the )?(?:\w+ )?(?:tests?|checks|lint\w*)|tests? (?:all )?pass\w*|lint\w* pass\w*"
    r"|lint(?:er|ing)? (?:is )?clean|0 issues|build (?:succeeds|passes)|everything (?:passes|works)"
    r"|no (?:lint|linting) issues|working tree|up to date|committed|pushed)\b",
    re.IGNORECASE,
)
# What stands before the point: praise, agreement, "I've successfully".
_OPENER = re.compile(
    r"(?:(?:perfect|great|excellent|nice|awesome|done|fixed|yes|yep|yeah|no|nope|right|ok(?:ay)?"
    r"|sure|correct|exactly|absolutely|confirmed|good (?:question|catch|point|news|idea|eye|call)"
    r"|great (?:question|catch|point|news|idea)|you(?:'re| are) (?:absolutely |totally |completely "
    r")?(?:right|correct)|that's (?:right|correct|a (?:good|great|fair) (?:point|question|catch))"
    r"|all (?:done|set|good)|in short|in summary|summary|tl;dr|result|found (?:it|the \w+)"
    r"|got it|understood|ah|hmm|so|now|also|basically|interesting|actually|well|looks good"
    r"|answer|short answer|conclusion|verdict|success|finally|good|key (?:points?|findings?|insight)"
    r"|as you can see|to (?:summarize|be clear|answer your question)|the answer is)"
    r"(?:\s*[!,.:;—–-]+\s*|\s+[-—–]\s+))+",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"(?:I|we)(?:'ve| have)?(?: (?:now|already|just|also|then|successfully|fully))*\s+"
    rf"(?:successfully )?(?=(?:{_DONE})\b)|(?:successfully|now|just|also)\s+(?=(?:{_DONE})\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?: [—–-] |; |: |\. |, (?:so|but|which|and|because|while|since|as|with)\b| \()")

_ASKING = re.compile(
    r"(?:(?:ok(?:ay)?|yes|yeah|no|now|so|and|but|also|great|perfect|cool|hmm|ah|oh|right|well|alright"
    r"|thanks|thank you|hi|hey|hello|please|pls|one more thing|another thing|next|then|sorry|actually"
    r"|follow[- ]?up|question|q|btw|first|first problem|quick question|genuine question|wait|no wait"
    r"|debug|brainstorm|lgtm|nice|good)(?:\s*[,.:;!-]+\s*|\s+(?=(?:can|could|please|let|we|i|do|what|how|why)\b)))*"
    r"(?:(?:can|could|would|will) (?:you|we)(?: (?:please|also|now|just|maybe|then|try to|help me(?: to)?))*\s+"
    r"|(?:i'd|i would) like (?:you )?to\s+|i want (?:you )?to\s+|i need (?:you )?to\s+"
    r"|(?:let's|let us|lets)(?: (?:please|also|now|just|first|then|try to))*\s+"
    r"|(?:we|you) (?:should|need to|have to|could|can)(?: (?:also|now|just|probably))*\s+|please\s+|pls\s+)?",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:what|how|why|where|when|who|which|is|are|does|do|did|has|have|was|were|should|can|could|would)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement as a title, and how good a title it is."""

    score: float
    line: Line


def outcome_title(
    said: Iterable[Statement], *, asked: Collection[str], changed: bool
) -> Candidate | None:
    """The agent's statement that tells best what came of it, if one is good enough.

    Args:
        said: The telling statements, those of the conclusion first.
        asked: The words of the request: an answer repeats some of them.
        changed: Whether files changed: then what was done counts, else what holds.
    """
    best: Candidate | None = None
    for place, statement in enumerate(said):
        text = headline(statement.text)
        score = _score(statement, text, asked, changed=changed) - 0.15 * min(place, 12)
        if best is None or score > best.score:
            best = Candidate(score, statement.line("statement").saying(text))
    return best if best and best.score >= GOOD_ENOUGH else None


def request_title(statement: Statement, role: Role = "request") -> Line:
    """What was asked, without the courtesies: "can you fix it?" is "Fix it"."""
    text = statement.text
    bare = text[_asking_ends(text) :].strip()
    if not bare:
        bare = text
    elif len(bare) < len(text) and not _QUESTION.match(bare):
        bare = bare.rstrip("?").rstrip()
    return statement.line(role).saying(clipped(_capital(bare).rstrip(" .:;,"), LONGEST_TITLE))


def _asking_ends(text: str) -> int:
    match = _ASKING.match(text)
    return match.end() if match else 0


def headline(text: str) -> str:
    """A statement as a heading: without praise, first person and full stop."""
    rest = text
    for pattern in (_OPENER, _FIRST_PERSON):
        match = pattern.match(rest)
        if match and substance(rest[match.end() :]) >= 2:
            rest = rest[match.end() :]
    return _short(_capital(rest.strip()).rstrip(" .:;,。"))


def _short(text: str) -> str:
    """The text within a title's length, cut at a clause where that keeps enough."""
    if len(text) <= LONGEST_TITLE:
        return text
    cuts = [m.start() for m in _CLAUSE.finditer(text) if SHORTEST_CLAUSE <= m.start() <= LONGEST_TITLE]
    whole = [at for at in cuts if text.count("(", 0, at) == text.count(")", 0, at) and text.count("`", 0, at) % 2 == 0]
    return text[: whole[-1]].rstrip(" ,;:") if whole else clipped(text, LONGEST_TITLE)


def _capital(text: str) -> str:
    """The text with a capital letter first, unless it begins with a name of code."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def _score(
    statement: Statement, text: str, asked: Collection[str], *, changed: bool
) -> float:
    words = set(content_words(text))
    size = substance(text)
    gains: Sequence[tuple[bool, float]] = (
        (bool(_STARTS_DONE.match(text)), 3.0 if changed else 0.5),
        (bool(_FINDING.search(text)), 1.0 if changed else 2.0),
        (bool(_CODE.search(text)), 1.0),
        (statement.form is Form.SENTENCE, 1.0),
        (statement.first and statement.form is Form.SENTENCE, 0.5),
        (bool(_VAGUE.match(text)), -3.0),
        (bool(_ALL_CLEAR.search(text)), -3.0),
        (statement.text.endswith(":"), -1.5),
        (statement.form in (Form.CELL, Form.QUOTE), -3.0),
        (size < 4, -2.0),
        (len(text) > 2 * LONGEST_TITLE, -1.0),
    )
    shared = len(words & set(asked))
    return min(shared, 4) * 0.6 + min(size, 8) * 0.15 + sum(g for given, g in gains if given)
