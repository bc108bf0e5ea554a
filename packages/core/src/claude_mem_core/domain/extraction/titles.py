# SPDX-License-Identifier: Apache-2.0
"""The one line that tells a reader whether to open a memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from claude_mem_core.domain.extraction.markdown import Form, Statement
from claude_mem_core.domain.extraction.places import COLON_ENDS, Line, Role
from claude_mem_core.domain.extraction.prose import clipped, substance
from claude_mem_core.domain.extraction.quotations import left_open
from claude_mem_core.domain.extraction.wording import ELLIPSIS
from claude_mem_core.domain.terms import content_words

LONGEST_TITLE = 140
NOT_LAST, FAR = 8, 12
"""The places from which statements before the conclusion count, and all count alike."""

LEAST_LEFT = 2
"""Words that must be left when praise is cut off."""

LATER = 0.15
"""What a statement loses by each one before it: the point comes first."""

SHORTEST_CLAUSE = 45
"""Characters that a title keeps when it is cut at a clause."""

GOOD_ENOUGH = 2.0
"""The score from which an agent's statement makes a title where nothing better is."""

TELLS_BEST = 4.5
"""The score from which it is better than a request that is clear by itself."""

ON_THE_WAY = 1.5
"""What a statement loses that was made before the work was done."""

LEAST_TO_DO = 2
"""Words of its own of a request that says at least what to do with what."""

LEAST_CLEAR = 4
"""Words of its own in a request that is clear by itself."""

_DONE = (
    r"(?:(?:re)?(?:add|fix|updat|remov|chang|renam|mov|creat|implement|replac|extract"
    r"|refactor|simplifi|convert|introduc|dropp|delet|revert|switch|wir|improv|reduc"
    r"|consolidat|document|enabl|disabl|merg|configur|resolv|address|clean|unifi|stor"
    r"|bump|upgrad|install|deploy|ensur|adjust|correct|migrat|mark|expos|wrapp|limit"
    r"|dedupe|deduplicat|inlin|cach|handl|support|verifi|bas|appli|pass|default|group"
    r"|sort|filter|skipp|prevent|allow|clarifi|regist?er|validat|normaliz|organiz"
    r"|collaps|scop|truncat|format|build|generat|hook|link|log|test|cover|adopt|pinn"
    r"|us|set up|mad)(?:e?d|t))"
    r"|rewrote|rewritten|made|set|split|wrote|written|built|hid|hidden|cut|put"
)
_STARTS_DONE = re.compile(rf"(?:{_DONE})\b", re.IGNORECASE)
_FINDING = re.compile(
    r"\b(?:root cause|the (?:actual |real |main |key )?(?:issue|problem|bug|reason"
    r"|cause"
    r"|fix|culprit|difference|solution|insight|question|rule|gap|catch) (?:is|was)"
    r"|because|happens when|fails when|only when|no longer|depends on|comes from"
    r"|caused by|means that|so that|was (?:missing|wrong|never)|isn't|aren't|doesn't"
    r"|don't|never|always|only|(?:i'd|i would) (?:recommend|suggest|go with|keep)"
    r"|i (?:lean|recommend|suggest)|recommend\w*|best option|simplest|cleanest"
    r"|(?:is|are|does|will|now) now|now (?:\w+s|works?|shows?|uses?))\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"`[^`]+`|\b\w+\.\w+\(|\b[a-z]+[A-Z]\w+|\b[A-Z][a-z]+[A-Z]\w*|\w+_\w+"
    r"|\w+\.(?:go|py|tsx?|jsx?|rs|md|ya?ml|json|toml|java|kt|rb|c|cpp|h|sh|sql)\b"
)
_VAGUE = re.compile(
    r"(?:this|that|it|they|these|those|there|he|she|such|the (?:following|above)|both"
    r"|each|either|same|then|also|but|so|and|or|which|however|additionally|here|note"
    r"|for example|e\.g\.|option|approach|step|phase|scenario|case|line|see|example"
    r"|one|another|the (?:first|second|third|other|last)|(?:it|that|there)'s|to do"
    r"|or if|if|what|why|my|your|plan|changes?|summary|files?|tests?)\b(?!-)",
    re.IGNORECASE,
)
_ABOUT_ME = re.compile(
    r"(?:i|i've|i'm|we've|we|my|let|before i|based on|starting with|looking at|try|run"
    r"|look (?:at|for|in)|you|to (?:see|test)"
    r"|make sure|now (?!\w+s\b|(?:both|all|it|the|when|you"
    r"|only)\b)\w+ )\b(?! (?:recommend|lean|suggest|would"
    r"|'d|should|need|must|cannot|can't))",
    re.IGNORECASE,
)
_COUNTING = re.compile(
    r"\b(?:\d+|one|two|three|four|five|several|a few|some|all(?: the)?|the following)"
    r" (?:\w+ )?(?:changes|fix(?:es)?|issues?|things|places|files|problems|errors"
    r"|points"
    r"|items|options|scenarios|cases|comments|references|usages|occurrences|steps)\b",
    re.IGNORECASE,
)
_ALL_CLEAR = re.compile(
    r"\b(?:all (?:the )?(?:\w+ )?(?:tests?|checks|lint\w*)|tests? (?:all )?pass\w*"
    r"|lint\w* pass\w*|lint(?:er|ing)? (?:is )?clean|0 issues|build (?:succeeds|passes)"
    r"|everything (?:passes|works)|no (?:lint|linting) issues|working tree|up to date"
    r"|committed|pushed|passed$|is complete|(?:fully )?implemented$"
    r"|successfully (?:built|compiled)|compiles)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"`[^`]*`|\([^()]*\)|\S*[/\\]\S+|\S+:\d+\S*")
LEAST_PLAIN_WORDS = 3
"""Words beside names and places: with fewer a statement is an entry of a list."""

# What stands before the point: praise, agreement, "I've successfully".
_OPENER = re.compile(
    r"(?:(?:perfect|great|excellent|nice|awesome|done|fixed|yes|yep|yeah|no|nope|right"
    r"|ok(?:ay)?"
    r"|sure|correct|exactly|absolutely|confirmed|good (?:question|catch|point|news"
    r"|idea|eye|call)"
    r"|great (?:question|catch|point|news|idea)|you(?:'re| are) (?:absolutely "
    r"|totally |completely "
    r")?(?:right|correct)|that's (?:right|correct|a (?:good|great|fair) (?:point"
    r"|question|catch))"
    r"|all (?:done|set|good)|in short|in summary|summary|tl;dr|result|found (?:it"
    r"|the \w+)"
    r"|got it|understood|ah|hmm|so|now|also|basically|interesting|actually|well"
    r"|looks good"
    r"|answer|short answer|conclusion|verdict|success|finally|impact|note|status|fix"
    r"|issue|problem|solution|bug|good|key (?:points?|findings?|insight)"
    r"|as (?:you can see|expected)"
    r"|to (?:summarize|be clear|answer your question)|the answer is)"
    r"(?:\s*[!,.:;—\u2013-]+\s*|\s+[-—\u2013]\s+))+",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(
    r"(?:I|we)(?:'ve| have)?(?: (?:now|already|just|also|then|successfully|fully))*\s+"
    rf"(?:successfully )?(?=(?:{_DONE})\b)|(?:successfully|now|just"
    rf"|also)\s+(?=(?:{_DONE})\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?: [—\u2013-] |; |: |\. |, (?:so|but|which|and|because|while|since|as|with)\b"
    r"| \()"
)

_ASKING = re.compile(
    r"(?:(?:ok(?:ay)?|yes|yeah|no|now|so|and|but|also|great|perfect|cool|hmm|ah|oh"
    r"|right|well|alright"
    r"|thanks|thank you|hi|hey|hello|please|pls|one more thing|another thing|next|then"
    r"|sorry|actually"
    r"|follow[- ]?up|question|q|btw|first|first problem|quick question"
    r"|genuine question|wait|no wait"
    r"|debug|brainstorm|lgtm|nice|good|check|i think|i guess|i mean)(?:\s*[,.:;!-]+\s*"
    r"|\s+(?=(?:can|could|please|let|we|i|do|what|how|why|always|never|don't|use)\b)))*"
    r"(?:(?:can|could|would|will) (?:you|we)(?: (?:please|also|now|just|maybe|then"
    r"|try to|help me(?: to)?))*\s+"
    r"|(?:i'd|i would) like (?:you )?to\s+|do me (?=an?\b)|i want (?:you )?to\s+"
    r"|i need (?:you )?to\s+"
    r"|(?:let's|let us|lets)(?: (?:please|also|now|just|first|then|try to))*\s+"
    r"|(?:we|you) (?:should|need to|have to|could|can)(?: (?:also|now|just"
    r"|probably))*\s+(?!be\b)|please\s+|pls\s+)?",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    (
        r"(?:what|how|why|where|when|who|which|is|are|does|do(?! me\b)|did|has|have"
        r"|was|were|should|can|could|would)\b"
    ),
    re.IGNORECASE,
)

# What it points to stands elsewhere.
_POINTER = re.compile(
    r"\b(?:this|that|these|those|them|above|below|here|option|again)\b|#\d|https?://"
    r"|^(?:it|he|she|they|if|but|and|yes|no|i|i'\w+)\b|^\W*\w{1,2}[).]|^[\"'\u276f]",
    re.IGNORECASE,
)
_TO_DO = re.compile(
    r"(?:add|fix|change|make|update|remove|delete|rename|move|create|implement|write"
    r"|refactor|extract|use|replace|simplify|check|ensure|review|clean|convert|split"
    r"|put"
    r"|allow|show|hide|support|handle|set|switch|drop|keep|improve|rewrite|test"
    r"|document"
    r"|invert|import|export|include|exclude|cover|wrap|merge|revert|address|resolve|do"
    r"|build|install|configure|enable|disable|migrate|upgrade|bump|translate|explain"
    r"|find|investigate|debug|compare|validate|verify|sort|group|filter|limit|skip)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement as a title, and how good a title it is."""

    score: float
    line: Line


def outcome_title(
    said: Iterable[Statement],
    before: Iterable[Statement] = (),
    *,
    asked: Collection[str],
    changed: bool,
    least: float = GOOD_ENOUGH,
) -> Candidate | None:
    """The agent's statement that tells best what came of it, if one is good enough.

    Args:
        said: The telling statements of the conclusion.
        before: Those from before it, the last first.
        asked: The words of the request: an answer repeats some of them.
        changed: Whether files changed: then what was done counts, else what holds.
        least: The score from which it is good enough.
    """
    best: Candidate | None = None
    for place, statement in (*enumerate(said), *enumerate(before, NOT_LAST)):
        if statement.text.endswith(COLON_ENDS):
            continue  # it only leads to a list
        text = headline(statement.text)
        score = _score(statement, text, asked, changed=changed)
        score -= LATER * min(place, FAR) + (ON_THE_WAY if place >= NOT_LAST else 0)
        if best is None or score > best.score:
            best = Candidate(score, statement.line("statement").saying(text))
    return best if best and best.score >= least else None


def request_title(statement: Statement, role: Role = "request") -> Line:
    """What was asked, without the courtesies: "can you fix it?" is "Fix it".

    A quotation that is begun and not ended goes on elsewhere, and so does the title.
    """
    text = statement.text
    bare = text[_asking_ends(text) :].strip()
    if not bare:
        bare = text
    elif len(bare) < len(text) and not _QUESTION.match(bare):
        bare = bare.rstrip("?").rstrip()
    title = _going_on(clipped(_capital(bare).rstrip(" .:;,"), LONGEST_TITLE))
    return statement.line(role).saying(title)


def is_imperative(statement: Statement) -> bool:
    """Whether a request says what to do, rather than asks or tells of something."""
    bare = request_title(statement).text
    return bool(_TO_DO.match(bare)) and substance(bare) >= LEAST_TO_DO


def tells_something(text: str) -> bool:
    """Whether the agent says what it did, or how something is and why."""
    said = _FIRST_PERSON.sub("", text)
    return bool(_STARTS_DONE.match(said) or _FINDING.search(said))


def is_clear(statement: Statement) -> bool:
    """Whether a request says by itself what it is about."""
    bare = request_title(statement).text
    if bare.endswith(ELLIPSIS) or _POINTER.search(bare):
        return False
    asks = _TO_DO.match(bare) or _QUESTION.match(bare)
    return bool(asks) and substance(bare) >= LEAST_CLEAR


def _going_on(title: str) -> str:
    """The title, marked as cut where it ends within a quotation."""
    opened = left_open(title)
    if opened is None or title.endswith(ELLIPSIS):
        return title
    quoted = title[opened.at + 1 :].strip()
    told = title if quoted else title[: opened.at].rstrip()
    return f"{told[: LONGEST_TITLE - len(ELLIPSIS)]}{ELLIPSIS}"


def _asking_ends(text: str) -> int:
    match = _ASKING.match(text)
    return match.end() if match else 0


def headline(text: str) -> str:
    """A statement as a heading: without praise, first person and full stop."""
    rest = text
    for pattern in (_OPENER, _FIRST_PERSON):
        match = pattern.match(rest)
        if match and substance(rest[match.end() :]) >= LEAST_LEFT:
            rest = rest[match.end() :]
    return _short(_capital(rest.strip()).rstrip(" .:;,。"))


def _short(text: str) -> str:
    """The text within a title's length, cut at a clause where that keeps enough."""
    if len(text) <= LONGEST_TITLE:
        return text
    cuts = [
        m.start()
        for m in _CLAUSE.finditer(text)
        if SHORTEST_CLAUSE <= m.start() <= LONGEST_TITLE
    ]
    whole = [
        at
        for at in cuts
        if text.count("(", 0, at) == text.count(")", 0, at)
        and text.count("`", 0, at) % 2 == 0
    ]
    return text[: whole[-1]].rstrip(" ,;:") if whole else clipped(text, LONGEST_TITLE)


def _capital(text: str) -> str:
    """The text with a capital letter first, unless it begins with a name of code."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


@dataclass(frozen=True, slots=True)
class _Sign:
    """What speaks for a statement as a title, or against it.

    Attributes:
        after_change: What it is worth where files changed: there deeds count.
        otherwise: What it is worth where none did: there findings count.
    """

    holds: Callable[[Statement, str], bool]
    after_change: float
    otherwise: float


def _is(form: Form) -> Callable[[Statement, str], bool]:
    return lambda statement, _: statement.form is form


def _has(pattern: re.Pattern[str]) -> Callable[[Statement, str], bool]:
    return lambda _, text: bool(pattern.search(text))


def _starts(pattern: re.Pattern[str]) -> Callable[[Statement, str], bool]:
    return lambda _, text: bool(pattern.match(text))


def _is_under(pattern: re.Pattern[str]) -> Callable[[Statement, str], bool]:
    return lambda one, _: bool(one.under and pattern.match(one.under.text))


_FILE_PLACE = re.compile(r"`?[\w./-]+\.\w+(?::\d[\d-]*)?`?(?: \(|:| [-\u2013—])")

# What held before the work, told after it as if it still did.
_STATE_BEFORE = re.compile(
    r"\b(?:doesn't|does not|don't|do not|isn't|is not|aren't|are not|can't|cannot"
    r"|wasn't|weren't|not yet|currently|right now|at the moment|missing|failing|fails?"
    r"|broken|still|would|could|should)\b",
    re.IGNORECASE,
)

_BEFORE = re.compile(r"\W*(?:before|previously|old(?: \w+)?|was)\b", re.IGNORECASE)

# The weights are set by hand, on what a reader of titles alone would want to know.
_SIGNS = (
    _Sign(_starts(_STARTS_DONE), 3.0, 0.5),
    _Sign(_has(_FINDING), 1.0, 2.0),
    _Sign(_has(_CODE), 1.0, 1.0),
    _Sign(_is(Form.SENTENCE), 1.0, 1.0),
    # An item or a row needs its list.
    _Sign(_is(Form.ITEM), -1.5, -3.0),
    # A step of a plan is no outcome, a place in a file no finding.
    _Sign(_starts(_TO_DO), -2.0, -1.0),
    _Sign(_starts(_FILE_PLACE), -1.5, -1.5),
    _Sign(_is(Form.CELL), -4.0, -4.0),
    _Sign(_is(Form.QUOTE), -4.0, -4.0),
    _Sign(lambda one, _: one.first and one.form is Form.SENTENCE, 0.5, 0.5),
    # What "this" is stands elsewhere.
    _Sign(_starts(_VAGUE), -3.0, -3.0),
    # How it was before the work, told beside how it is now.
    _Sign(_is_under(_BEFORE), -2.0, -2.0),
    # Talk about the talk, and what the reader should do now.
    _Sign(_starts(_ABOUT_ME), -2.5, -2.5),
    _Sign(_has(_STATE_BEFORE), -1.5, 0.0),
    _Sign(_has(_COUNTING), -1.5, -1.5),
    _Sign(_has(_ALL_CLEAR), -3.0, -3.0),
    _Sign(lambda _, text: _plain_words(text) < LEAST_PLAIN_WORDS, -3.0, -3.0),
    _Sign(lambda _, text: _plain_words(text) == LEAST_PLAIN_WORDS, -1.0, -1.0),
    _Sign(lambda _, text: len(text) > 2 * LONGEST_TITLE, -1.0, -1.0),
)
PER_SHARED_WORD, MOST_SHARED = 0.7, 5
PER_WORD, MOST_WORDS = 0.15, 8


def _score(
    statement: Statement, text: str, asked: Collection[str], *, changed: bool
) -> float:
    shared = min(len(set(content_words(text)) & set(asked)), MOST_SHARED)
    score = shared * PER_SHARED_WORD + min(substance(text), MOST_WORDS) * PER_WORD
    for sign in _SIGNS:
        if sign.holds(statement, text):
            score += sign.after_change if changed else sign.otherwise
    return score


def _plain_words(text: str) -> int:
    return substance(_PLACE.sub(" ", text))
