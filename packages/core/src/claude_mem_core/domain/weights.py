# SPDX-License-Identifier: Apache-2.0
"""What each signal counts for in the order of what a search found.

What somebody said is weighed otherwise than a record of work: a talk's turns lean on
each other. The weights were set by hand; a neighbouring value changes little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from claude_mem_core.domain.search import Candidate

SESSION_DEPTH = 3
"""How many of a session's best memories speak for it; a long session has more to
choose from, and must not win by its length."""

REACH = 3
"""How many turns before and after are about the same."""

WINDOW = 2
"""How many turns before and after are read with one as if they were one text."""

WHO = 1.2
"""A question about one participant is mostly answered by that one."""

WHEN = 5.0
"""A time that a question names is more telling than its words: of other times, nearly
nothing that is said answers it. What fits them best by far wins still."""

BY_HAND = 0.3
"""What a person wrote, or said in so many words, was worth writing down."""

RECENT = 0.02
"""Of two that fit alike, the newer one is more likely to be meant; no more than that,
as a question is seldom asked because something is new."""

HALF_LIFE = 30 * 24 * 60 * 60 * 1000
"""Milliseconds after which a memory counts half as new beside the newest candidate."""

FEEDBACK = 0.5
"""What was of use before decides between two that fit about as well; it lifts nothing
above what fits better by more than half a deviation."""

CONTRADICTED = 1.0
"""What was called wrong falls as far as a good fit stands above the mean."""

NAMED = 3.0
"""A question that names a file is of that file: what tells of others is said in its
words only by chance, but may still fit much better."""

OPEN = 1.0
"""A file that is open is likely what is meant, as far as a good fit stands above the
mean; but a question may be about something else, and its words then say so by more."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What each signal counts for where a kind of memory is weighed.

    Attributes:
        alike: What an embedder finds, beside the words: a record has the words of what
            it tells, and needs it less than what somebody said in others.
        around: The mean fit of what was said shortly before and after.
        window: The fit of it and of what was said right before and after, as one text:
            a question's words are often said by several turns between them.
        answer: The fit of a question, for what was said right after it: an answer
            seldom repeats the words of what it answers.
        question: What a question loses: it asks for what it does not tell.
        session: A session whose other memories fit too is more likely to be meant.
        length: The logarithm of the length: few words may fit well and say nothing.
        spread: What each further memory of a session gives up to other sessions.
    """

    alike: float
    session: float
    spread: float
    around: float = 0.0
    window: float = 0.0
    answer: float = 0.0
    question: float = 0.0
    length: float = 0.0


RECORD = Profile(alike=0.7, session=0.3, spread=2.0)
"""A memory of work tells the whole of it; ten places that show one session answer a
question badly if it was the wrong session."""

MADE = replace(RECORD, alike=1.2)
"""What is made of an agent's work is short and tells one thing, so that its vector is
that of the thing; a note may be of anything, and its vector is of all that at once."""

MESSAGE = Profile(
    alike=1.0,
    session=0.6,
    spread=0.0,
    around=0.4,
    window=0.6,
    answer=0.6,
    question=0.8,
    length=0.6,
)
"""What somebody said is told by several turns, so that none gives way to the others."""


_MADE = frozenset(("agent", "tool"))


def is_said(one: Candidate) -> bool:
    """Whether it is somebody's words, and leans on those before and after."""
    return one.author is not None


def profile_of(one: Candidate) -> Profile:
    """What the signals count for where it is weighed."""
    if one.author is not None:
        return MESSAGE
    return MADE if one.trust in _MADE else RECORD
