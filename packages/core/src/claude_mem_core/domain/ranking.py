# SPDX-License-Identifier: Apache-2.0
"""The order of what a search found: how well the words fit, and what stands around.

Each signal is a small function whose part in the score can be told. Scores are in
standard deviations, within one answer, of how well the words fit, and how alike a
memory is to the question where an embedder tells. What somebody said is
weighed otherwise than a record of work: a talk's turns lean on each other. The weights
were set by hand; a neighbouring value changes little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import fmean, pstdev

from claude_mem_core.domain.bm25 import Fit, Frequencies, Occurrences, weighed
from claude_mem_core.domain.calendar import Times
from claude_mem_core.domain.feedback import UNKNOWN, Standing
from claude_mem_core.domain.open_files import NOTHING_OPEN, OpenFiles
from claude_mem_core.domain.search import Candidate
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS
from claude_mem_core.domain.terms import words

SESSION_DEPTH = 3
"""How many of a session's best memories speak for it; a long session has more to
choose from, and must not win by its length."""

REACH = 3
"""How many turns before and after are about the same."""

WINDOW = 2
"""How many turns before and after are read with one as if they were one text."""

WHO = 1.2
"""A question about one participant is mostly answered by that one."""

WHEN = 2.0
"""A time that a question names is as telling as a rare word."""

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


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate's place: greater scores first, comparable within one answer.

    Attributes:
        parts: What each signal added to the score.
        counts: How often it has each term of the question, field by field.
    """

    item_id: str
    score: float
    parts: Mapping[str, float]
    counts: Occurrences


def is_said(one: Candidate) -> bool:
    """Whether it is somebody's words, and leans on those before and after."""
    return one.author is not None


def _profile(one: Candidate) -> Profile:
    return MESSAGE if is_said(one) else RECORD


@dataclass(frozen=True, slots=True)
class Asked:
    """What the candidates are weighed against.

    Attributes:
        text: The question in the asker's words.
        frequencies: What there is of its terms in all that was searched.
        cosines: How alike to the question an embedder finds memories; those that are
            missing, whose vectors are still to be made, count as average.
        standings: How useful memories were before, by their ids.
        open_files: What the asker has open.
        now: When it is asked; without it "yesterday" is no time.
    """

    text: str
    frequencies: Frequencies
    cosines: Mapping[str, float] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    open_files: OpenFiles = NOTHING_OPEN
    now: int | None = None


def ranked(
    candidates: Sequence[Candidate], asked: Asked, *, limit: int | None = None
) -> list[Ranked]:
    """The candidates in the order in which they answer the question.

    Args:
        candidates: What was found, and what stands beside it.
        asked: The question.
        limit: How many of the best are wanted; all when it is left out.
    """
    fits = _Fits(candidates, asked)
    around = _Around(candidates, fits)
    names = _named(candidates, asked.text)
    times = Times.named_in(asked.text, now=asked.now)
    newest = max((one.when_epoch for one in candidates), default=0)
    scored = []
    for one in candidates:
        parts = {
            "words": fits.words[one.item_id],
            "alike": fits.alike.get(one.item_id, 0.0),
            **around.parts(one),
            "who": WHO * (len(names) == 1 and one.author in names),
            "when": WHEN * times.fit(one.when_epoch),
            "open": OPEN * asked.open_files.nearness(one.files),
            "trust": BY_HAND * (one.trust == "user" or one.kind == "manual"),
            "recent": RECENT * 0.5 ** ((newest - one.when_epoch) / HALF_LIFE),
            **_feedback(asked.standings.get(one.item_id, UNKNOWN)),
        }
        scored.append(_Place(one, parts))
    best = _spread(sorted(scored, key=_best_first))[:limit]
    return [
        Ranked(place.one.item_id, place.score, fits.told(place), place.one.counts)
        for place in best
    ]


def _feedback(standing: Standing) -> dict[str, float]:
    return {
        "feedback": FEEDBACK * standing.used,
        "contradicted": CONTRADICTED * standing.contradicted,
    }


@dataclass(frozen=True, slots=True)
class _Place:
    """A candidate and the parts of its score."""

    one: Candidate
    parts: Mapping[str, float]

    @property
    def score(self) -> float:
        return math.fsum(self.parts.values())


class _Fits:
    """How well each candidate's own words fit, and how alike it is.

    Attributes:
        words: By its words.
        alike: By its vectors.
        whole: The sum of both.
    """

    def __init__(self, candidates: Sequence[Candidate], asked: Asked) -> None:
        self._fit = Fit(asked.frequencies)
        self._weighed = {one.item_id: weighed(one.counts) for one in candidates}
        scores = {
            one.item_id: self._fit.of(self._weighed[one.item_id], one.tokens)
            for one in candidates
        }
        cosines = asked.cosines
        near = standardised({one: cosines[one] for one in scores if one in cosines})
        alike = {
            one.item_id: _profile(one).alike * near[one.item_id]
            for one in candidates
            if one.item_id in near
        }
        words = standardised(scores)
        sums = {one: words[one] + alike.get(one, 0.0) for one in words}
        unit = _deviation(sums)
        self._unit = _deviation(scores) * unit
        self._usual = fmean(scores.values()) if scores else 0.0
        self.words = {one: word / unit for one, word in words.items()}
        self.alike = {one: other / unit for one, other in alike.items()}
        self.whole = {one: both / unit for one, both in sums.items()}

    def windows(self, talks: Iterable[Sequence[Candidate]]) -> dict[str, float]:
        """How well each turn fits that is read with those right before and after."""
        read: dict[str, tuple[list[float], int]] = {}
        for talk in talks:
            for at, one in enumerate(talk):
                near = talk[max(0, at - WINDOW) : at + WINDOW + 1]
                counts = zip(*(self._weighed[n.item_id] for n in near), strict=True)
                read[one.item_id] = list(map(sum, counts)), sum(n.tokens for n in near)
        usual = fmean(length for _, length in read.values()) if read else 1.0
        return standardised(
            {one: self._fit.of(*text, usual) for one, text in read.items()}
        )

    def told(self, place: _Place) -> dict[str, float]:
        """The parts of a score, the words field by field.

        `average` is what the words of an average candidate are worth, taken off.
        """
        one = place.one
        shares = self._fit.by_field(one.counts, one.tokens)
        fields = zip(FIELD_WEIGHTS, shares, strict=True)
        others = {name: part for name, part in place.parts.items() if name != "words"}
        return {
            **{name: share / self._unit for name, share in fields},
            "average": -self._usual / self._unit,
            **others,
        }


class _Around:
    """What stands around each candidate in its session."""

    def __init__(self, candidates: Sequence[Candidate], fits: _Fits) -> None:
        self._fits = fits.whole
        self._support = _session_support(candidates, fits.whole)
        self._before: dict[str, Candidate] = {}
        near: dict[str, float] = {}
        talks = list(_talks(candidates))
        for talk in talks:
            for at, one in enumerate(talk):
                both = (*talk[max(0, at - REACH) : at], *talk[at + 1 : at + 1 + REACH])
                near[one.item_id] = sum(map(self._fit, both)) / (2 * REACH)
            for first, second in pairwise(talk):
                self._before[second.item_id] = first
        self._near = standardised(near)
        self._windows = fits.windows(talks)

    def parts(self, one: Candidate) -> dict[str, float]:
        """What the surroundings add, each by its name."""
        profile = _profile(one)
        before = self._before.get(one.item_id)
        asked = before if before is not None and before.asks else None
        return {
            "around": profile.around * self._near.get(one.item_id, 0.0),
            "window": profile.window * self._windows.get(one.item_id, 0.0),
            "answer": profile.answer * self._fit(asked),
            "question": -profile.question * one.asks,
            "session": profile.session * self._support[_group(one)],
            "length": profile.length * math.log1p(one.length),
        }

    def _fit(self, one: Candidate | None) -> float:
        return 0.0 if one is None else self._fits[one.item_id]


def _talks(candidates: Iterable[Candidate]) -> Iterable[list[Candidate]]:
    """What was said in each session, in the order in which it was said."""
    talks: defaultdict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        if is_said(one) and one.session_id is not None:
            talks[one.session_id].append(one)
    for talk in talks.values():
        yield sorted(talk, key=lambda one: (one.when_epoch, one.item_id))


def _named(candidates: Iterable[Candidate], question: str) -> set[str]:
    """The participants whose names stand in the question."""
    asked = {word.casefold() for word in words(question)}
    authors = {one.author for one in candidates if one.author is not None}
    return {name for name in authors if _is_in(name, asked)}


def _is_in(name: str, asked: set[str]) -> bool:
    own = {word.casefold() for word in words(name)}
    return bool(own) and own <= asked


def _spread(places: Iterable[_Place]) -> list[_Place]:
    """Each memory pays for those of its session that stand before it."""
    before: defaultdict[str, int] = defaultdict(int)
    paid: list[_Place] = []
    for place in places:
        group = _group(place.one)
        profile = _profile(place.one)
        spread = -profile.spread * before[group]
        paid.append(replace(place, parts={**place.parts, "spread": spread}))
        before[group] += 1
    return sorted(paid, key=_best_first)


def _session_support(
    candidates: Iterable[Candidate], fits: Mapping[str, float]
) -> dict[str, float]:
    """The mean of each session's best; a missing one counts as average."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for one in candidates:
        groups[_group(one)].append(fits[one.item_id])
    return {
        group: sum(sorted(own, reverse=True)[:SESSION_DEPTH]) / SESSION_DEPTH
        for group, own in groups.items()
    }


def standardised(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores in standard deviations from their mean."""
    if not scores:
        return {}
    mean, deviation = fmean(scores.values()), _deviation(scores)
    return {one: (score - mean) / deviation for one, score in scores.items()}


def _deviation(scores: Mapping[str, float]) -> float:
    """The standard deviation; 1 where all are the same."""
    return (pstdev(scores.values()) if scores else 0.0) or 1.0


def _group(one: Candidate) -> str:
    """The session; a memory without one stands for itself."""
    return one.session_id or f"memory {one.item_id}"


def _best_first(place: _Place) -> tuple[float, int, str]:
    """Better, then newer; the id makes the order the same every time."""
    return -place.score, -place.one.created_at_epoch, place.one.item_id
