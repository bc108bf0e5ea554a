# SPDX-License-Identifier: Apache-2.0
"""What kind of memory a turn makes: its type, its concepts, the user's directives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from claude_mem_core.domain.extraction.prose import is_substantial, statements

_FIX_ASKED = re.compile(
    r"\b(?:fix\w*|bugs?|broken|crash\w*|regressions?|fails?|failing|failed|wrong"
    r"|not working|doesn't work|does not work|incorrect\w*)\b",
    re.IGNORECASE,
)
_FIX_TOLD = re.compile(
    r"\b(?:fixed|the fix|root cause"
    r"|the (?:actual |real )?(?:bug|problem|issue) (?:was|is))\b",
    re.IGNORECASE,
)
_REFACTOR = re.compile(
    r"\b(?:refactor\w*|renam\w+|mov(?:e|ed|ing)|extract\w*|clean(?:ed)? ?up|simplif\w+"
    r"|consolidat\w+|dedup\w*|inlin\w+)\b",
    re.IGNORECASE,
)
_FEATURE = re.compile(
    r"\b(?:add(?:s|ed|ing)?|implement\w*|creat(?:e|ed|ing)|introduc\w+|support\w*)\b",
    re.IGNORECASE,
)
_TYPES = (("refactor", _REFACTOR), ("feature", _FEATURE))

# A wish for good, or one thing chosen over another, said as such. A wish for this turn
# alone ("let's add a test") is what the turn's own memory is about.
_STANDING = re.compile(r"\b(?:always|never|from now on)\b", re.IGNORECASE)
_DIRECTIVE = re.compile(
    r"(?:(?:please|ok|okay|yes|no|and|but|so|also)[,. ]+)*"
    r"(?:always|never|don't|do not)\b"
    r"|.*\b(?:from now on|going forward|we decided|i decided|(?:i|we) prefer"
    r"|(?:let's|let us) (?:go with|use|stick)|go with (?:option )?\S"
    r"|must (?:always|never)|we (?:shouldn't|don't want))\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|the reason|therefore|that's why)\b",
    re.IGNORECASE,
)
_CONCEPTS: Mapping[str, re.Pattern[str]] = {
    "why-it-exists": _REASON,
    "gotcha": re.compile(
        r"\b(?:gotcha|caveat|careful|beware|edge case|subtle|unless|pitfall)\b",
        re.IGNORECASE,
    ),
    "trade-off": re.compile(
        r"\b(?:trade-?offs?|instead of|rather than|downside|pros|cons|alternatives?)\b",
        re.IGNORECASE,
    ),
    "pattern": re.compile(
        r"\b(?:patterns?|convention|consistent with|idiomatic)\b", re.IGNORECASE
    ),
}
_FIRST_CONCEPT: Mapping[str, str] = {
    "bugfix": "problem-solution",
    "discovery": "how-it-works",
    "decision": "trade-off",
}
MOST_CONCEPTS = 3


def type_of(asked: str, told: str, *, changed: bool, decided: bool) -> str:
    """The memory's type, by what was asked and told, and whether files changed.

    The user's word comes first: an agent calls many a feature a fix.
    """
    if not changed:
        return "decision" if decided else "discovery"
    if _FIX_ASKED.search(asked) or _FIX_TOLD.search(told):
        return "bugfix"
    for text in (asked, told):
        for name, sign in _TYPES:
            if sign.search(text):
                return name
    return "change"


def concepts_of(type_name: str, text: str) -> tuple[str, ...]:
    """Up to three of the contract's concepts, the type's own first."""
    first = _FIRST_CONCEPT.get(type_name, "what-changed")
    found = (name for name, sign in _CONCEPTS.items() if sign.search(text))
    return tuple(dict.fromkeys((first, *found)))[:MOST_CONCEPTS]


def directives(prompt: str) -> Iterator[str]:
    """The user's statements that choose or forbid something, questions left out."""
    for statement in statements(prompt):
        if (
            _DIRECTIVE.match(statement)
            and is_substantial(statement)
            and not statement.endswith("?")
        ):
            yield statement


def standing_rules(prompt: str) -> Iterator[str]:
    """The directives that are meant for later too, not for this turn alone."""
    return (
        statement for statement in directives(prompt) if _STANDING.search(statement)
    )


def reasons(said: Iterable[str]) -> Iterator[str]:
    """The statements that give a reason."""
    return (statement for statement in said if _REASON.search(statement))
