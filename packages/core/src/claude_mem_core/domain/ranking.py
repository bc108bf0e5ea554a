# SPDX-License-Identifier: Apache-2.0
"""The order of what a search found: how well the words fit, and what stands around.

The constants are in standard deviations of the lexical score within one answer. They
were set by hand on recorded coding sessions under the MIT licence, whose commits ask
for the session that made them; a neighbouring value changes little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from claude_mem_core.domain.search import Candidate

SESSION_WEIGHT = 0.3
"""A session whose other memories fit too is more likely to be the one meant."""

SESSION_DEPTH = 3
"""How many of a session's best memories speak for it; a long session has more to
choose from, and must not win by its length."""

SPREAD = 2.0
"""What each further memory of a session gives up to the other sessions: ten places
that show one session answer a question badly if it was the wrong session."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate's place: greater scores first, comparable within one answer."""

    item_id: str
    score: float


def ranked(candidates: Sequence[Candidate]) -> list[Ranked]:
    """The candidates in the order in which they answer the question."""
    fits = _standardised([one.score for one in candidates])
    support = _session_support(zip(candidates, fits, strict=True))
    scored = [
        (fit + SESSION_WEIGHT * support[_group(one)], one)
        for one, fit in zip(candidates, fits, strict=True)
    ]
    return _spread(sorted(scored, key=_best_first))


def _spread(scored: Iterable[tuple[float, Candidate]]) -> list[Ranked]:
    """Each memory pays for those of its session that stand before it."""
    before: defaultdict[str, int] = defaultdict(int)
    paid: list[tuple[float, Candidate]] = []
    for score, one in scored:
        paid.append((score - SPREAD * before[_group(one)], one))
        before[_group(one)] += 1
    return [Ranked(one.item_id, score) for score, one in sorted(paid, key=_best_first)]


def _session_support(fits: Iterable[tuple[Candidate, float]]) -> dict[str, float]:
    """The mean of each session's best; a missing one counts as average."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for one, fit in fits:
        groups[_group(one)].append(fit)
    return {
        group: sum(sorted(own, reverse=True)[:SESSION_DEPTH]) / SESSION_DEPTH
        for group, own in groups.items()
    }


def _standardised(scores: Sequence[float]) -> list[float]:
    if not scores:
        return []
    mean, deviation = fmean(scores), pstdev(scores)
    return [(score - mean) / (deviation or 1.0) for score in scores]


def _group(one: Candidate) -> str:
    """The session; a memory without one stands for itself."""
    return one.session_id or f"memory {one.item_id}"


def _best_first(scored: tuple[float, Candidate]) -> tuple[float, int, str]:
    """Better, then newer; the id makes the order the same every time."""
    score, one = scored
    return -score, -one.created_at_epoch, one.item_id
