# SPDX-License-Identifier: Apache-2.0
"""The order of what a search found: how well the words fit, and what stands around.

Each signal's part in the score can be told. Scores are in standard deviations, within
one answer, of how well the words fit, and how alike a memory is to the question where
an embedder tells. Candidates are known here by their places in one list: hundreds are
weighed for each question, and only those that are wanted are told of.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import add
from statistics import fmean

from claude_mem_core.domain.bm25 import Fit, Frequencies, Occurrences, weighed
from claude_mem_core.domain.calendar import NO_TIMES, Times
from claude_mem_core.domain.deviations import deviation, standardised
from claude_mem_core.domain.feedback import UNKNOWN, Standing
from claude_mem_core.domain.open_files import NOTHING_OPEN, OpenFiles
from claude_mem_core.domain.search import Candidate
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS
from claude_mem_core.domain.terms import words
from claude_mem_core.domain.weights import (
    BY_HAND,
    CONTRADICTED,
    FEEDBACK,
    HALF_LIFE,
    NAMED,
    OPEN,
    REACH,
    RECENT,
    SESSION_DEPTH,
    WHEN,
    WHO,
    WINDOW,
    Profile,
    is_said,
    profile_of,
)

SIGNALS = (
    *("alike", "around", "window", "answer", "question", "session", "length"),
    *("who", "when", "named", "open", "trust", "recent", "feedback", "contradicted"),
    "spread",
)
"""The parts of a score beside its words, in the order in which they are told."""

Column = Sequence[float]
"""What one signal adds to each candidate."""


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What the candidates are weighed against.

    Attributes:
        text: The question in the asker's words.
        frequencies: What there is of its terms in all that was searched.
        cosines: How alike to the question an embedder finds memories; those that are
            missing, whose vectors are still to be made, count as average.
        standings: How useful memories were before, by their ids.
        named_files: The files that it names.
        open_files: What the asker has open.
        times: Those that it names.
    """

    text: str
    frequencies: Frequencies
    cosines: Mapping[str, float] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    named_files: OpenFiles = NOTHING_OPEN
    open_files: OpenFiles = NOTHING_OPEN
    times: Times = NO_TIMES


def ranked(
    candidates: Sequence[Candidate], asked: Asked, *, limit: int | None = None
) -> list[Ranked]:
    """The candidates in the order in which they answer the question.

    Args:
        candidates: What was found, and what stands beside it.
        asked: The question.
        limit: How many of the best are wanted; all when it is left out.
    """
    profiles = list(map(profile_of, candidates))
    fits = _Fits(candidates, profiles, asked)
    # A memory without a session stands for itself.
    groups = [one.session_id or f"memory {one.item_id}" for one in candidates]
    columns: dict[str, Column] = {
        "alike": fits.alike,
        **dict(_Around(candidates, profiles, fits, groups).columns()),
        **dict(_own(candidates, asked)),
    }
    scores = list(map(math.fsum, zip(fits.words, *columns.values(), strict=True)))
    ties = _newest_first(candidates)
    columns["spread"] = _spread(profiles, groups, _best_first(scores, ties))
    scores = list(map(add, scores, columns["spread"]))
    best = _best_first(scores, ties)[:limit]
    return [
        Ranked(
            candidates[at].item_id,
            scores[at],
            fits.told(at, columns),
            candidates[at].counts,
        )
        for at in best
    ]


def _own(candidates: Sequence[Candidate], asked: Asked) -> Iterator[tuple[str, Column]]:
    """What each candidate has by itself, whatever was found beside it."""
    names = _named(candidates, asked.text)
    if len(names) == 1:
        yield "who", [WHO * (one.author in names) for one in candidates]
    if asked.times:
        yield "when", [WHEN * asked.times.fit(one.when_epoch) for one in candidates]
    if asked.named_files:
        named = asked.named_files.names
        yield "named", [NAMED * named(one.files) for one in candidates]
    if asked.open_files:
        near = asked.open_files.nearness
        yield "open", [OPEN * near(one.files) for one in candidates]
    by_hand = [one.trust == "user" or one.kind == "manual" for one in candidates]
    yield "trust", [BY_HAND * one for one in by_hand]
    newest = max((one.when_epoch for one in candidates), default=0)
    ages = [(newest - one.when_epoch) / HALF_LIFE for one in candidates]
    yield "recent", [RECENT * 0.5**age for age in ages]
    if asked.standings:
        used = [asked.standings.get(one.item_id, UNKNOWN) for one in candidates]
        yield "feedback", [FEEDBACK * one.used for one in used]
        yield "contradicted", [CONTRADICTED * one.contradicted for one in used]


class _Fits:
    """How well each candidate's own words fit, and how alike it is.

    Attributes:
        words: By its words.
        alike: By its vectors.
        whole: The sum of both.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        profiles: Sequence[Profile],
        asked: Asked,
    ) -> None:
        self._candidates = candidates
        self._fit = Fit(asked.frequencies)
        scores = [self._fit.score(one.counts, one.tokens) for one in candidates]
        self._usual, own = fmean(scores) if scores else 0.0, deviation(scores)
        words = [(score - self._usual) / own for score in scores]
        alike = _alike(candidates, profiles, asked.cosines)
        sums = list(map(add, words, alike))
        # The words alone are in deviations already.
        unit = deviation(sums) if asked.cosines else 1.0
        self._unit = own * unit
        self.words = [word / unit for word in words]
        self.alike = [other / unit for other in alike]
        self.whole = [both / unit for both in sums]

    def windows(self, talks: Iterable[Sequence[int]]) -> dict[int, float]:
        """How well each turn fits that is read with those right before and after."""
        read: dict[int, tuple[list[float], int]] = {}
        for talk in talks:
            own = {at: weighed(self._candidates[at].counts) for at in talk}
            for place, at in enumerate(talk):
                near = talk[max(0, place - WINDOW) : place + WINDOW + 1]
                counts = zip(*(own[one] for one in near), strict=True)
                length = sum(self._candidates[one].tokens for one in near)
                read[at] = list(map(sum, counts)), length
        usual = fmean(length for _, length in read.values()) if read else 1.0
        fits = [self._fit.of(*text, usual) for text in read.values()]
        return dict(zip(read, standardised(fits), strict=True))

    def told(self, at: int, columns: Mapping[str, Column]) -> dict[str, float]:
        """The parts of a score by their names, the words field by field.

        `average` is what the words of an average candidate are worth, taken off.
        """
        one = self._candidates[at]
        shares = self._fit.by_field(one.counts, one.tokens)
        fields = zip(FIELD_WEIGHTS, shares, strict=True)
        return {
            **{name: share / self._unit for name, share in fields},
            "average": -self._usual / self._unit,
            **{name: columns[name][at] if name in columns else 0.0 for name in SIGNALS},
        }


def _alike(
    candidates: Sequence[Candidate],
    profiles: Sequence[Profile],
    cosines: Mapping[str, float],
) -> list[float]:
    """How alike each is among those that can be compared; 0 for the others."""
    places = [at for at, one in enumerate(candidates) if one.item_id in cosines]
    near = standardised([cosines[candidates[at].item_id] for at in places])
    alike = [0.0] * len(candidates)
    for at, score in zip(places, near, strict=True):
        alike[at] = profiles[at].alike * score
    return alike


class _Around:
    """What stands around each candidate in its session."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        profiles: Sequence[Profile],
        fits: _Fits,
        groups: Sequence[str],
    ) -> None:
        self._candidates = candidates
        self._profiles = profiles
        self._groups = groups
        self._fits = fits.whole
        self._support = _session_support(groups, fits.whole)
        self._asked: dict[int, float] = {}
        near: dict[int, float] = {}
        talks = list(_talks(candidates))
        for talk in talks:
            for place, at in enumerate(talk):
                before, after = talk[max(0, place - REACH) : place], talk[place + 1 :]
                both = (*before, *after[:REACH])
                near[at] = sum(self._fits[one] for one in both) / (2 * REACH)
            for first, second in pairwise(talk):
                if candidates[first].asks:
                    self._asked[second] = self._fits[first]
        self._near = dict(zip(near, standardised([*near.values()]), strict=True))
        self._windows = fits.windows(talks)

    def columns(self) -> Iterator[tuple[str, Column]]:
        """What the surroundings add; only talk leans on what was said around it."""
        support = [self._support[group] for group in self._groups]
        both = zip(self._profiles, support, strict=True)
        yield "session", [own.session * one for own, one in both]
        if any(map(is_said, self._candidates)):
            yield from self._of_talk()

    def _of_talk(self) -> Iterator[tuple[str, Column]]:
        each = list(enumerate(self._profiles))
        yield "around", [own.around * self._near.get(at, 0.0) for at, own in each]
        yield "window", [own.window * self._windows.get(at, 0.0) for at, own in each]
        yield "answer", [own.answer * self._asked.get(at, 0.0) for at, own in each]
        both = list(zip(self._candidates, self._profiles, strict=True))
        yield "question", [-own.question * one.asks for one, own in both]
        yield "length", [own.length * math.log1p(one.length) for one, own in both]


def _talks(candidates: Iterable[Candidate]) -> Iterator[list[int]]:
    """What was said in each session, in the order in which it was said."""
    talks: defaultdict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for at, one in enumerate(candidates):
        if is_said(one) and one.session_id is not None:
            talks[one.session_id].append((one.when_epoch, one.item_id, at))
    for talk in talks.values():
        yield [at for _, _, at in sorted(talk)]


def _named(candidates: Iterable[Candidate], question: str) -> set[str]:
    """The participants whose names stand in the question."""
    asked = {word.casefold() for word in words(question)}
    authors = {one.author for one in candidates if one.author is not None}
    return {name for name in authors if _is_in(name, asked)}


def _is_in(name: str, asked: set[str]) -> bool:
    own = {word.casefold() for word in words(name)}
    return bool(own) and own <= asked


def _spread(
    profiles: Sequence[Profile], groups: Sequence[str], order: Iterable[int]
) -> Column:
    """What each pays for those of its session that come before it in an order."""
    before: defaultdict[str, int] = defaultdict(int)
    paid = [0.0] * len(groups)
    for at in order:
        group = groups[at]
        paid[at] = -profiles[at].spread * before[group]
        before[group] += 1
    return paid


def _newest_first(candidates: Sequence[Candidate]) -> list[int]:
    """The order of those that fit alike; the id makes it the same every time."""
    keys = [(-one.created_at_epoch, one.item_id) for one in candidates]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _best_first(scores: Sequence[float], ties: Iterable[int]) -> list[int]:
    """The better first; those that score alike in the order that they come in."""
    # Reversed, a sort keeps the order of what is alike.
    return sorted(ties, key=scores.__getitem__, reverse=True)


def _session_support(groups: Iterable[str], fits: Iterable[float]) -> dict[str, float]:
    """The mean of each session's best; a missing one counts as average."""
    each: defaultdict[str, list[float]] = defaultdict(list)
    for group, fit in zip(groups, fits, strict=True):
        each[group].append(fit)
    for own in each.values():
        own.sort(reverse=True)
    return {
        group: sum(own[:SESSION_DEPTH]) / SESSION_DEPTH for group, own in each.items()
    }
