# SPDX-License-Identifier: Apache-2.0
"""How likely it is that a question is answered by what was found for it.

A logistic regression over what the words, and the vectors where there are some, have in
common with the best answers. Its weights are data, learned by `python -m
benchmarks.confidence` on questions with known answers, and on the same questions put to
memories that know nothing of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from operator import mul

from claude_mem_core.domain.analysis import Question, Word
from claude_mem_core.domain.bm25 import Frequencies
from claude_mem_core.domain.calendar import NO_TIMES, Times
from claude_mem_core.domain.ranking import Ranked

DEPTH = 5
"""Answers that are looked at together: what one leaves out another may tell."""

FEW = 100
"""Where fewer memories are known, a word is held to be as rare as among so many: that
both of two memories have it makes it no common word."""


OF_ITS_TIME = 0.25
"""What it tells that an answer is of a time that the question names, beside a word that
only one memory has: enough for a question of few other words, and too little to answer
one of whose words nothing is known."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the answers.

    Attributes:
        covered: The share of the question that the best few have between them: its
            words, each by how rare it is.
        weight: How much of it the best one has, in words that only one memory has.
        alike: The greatest cosine among the best few; None without vectors.
    """

    covered: float
    weight: float
    alike: float | None = None

    @property
    def features(self) -> tuple[float, ...]:
        """As the weights are applied to it."""
        own = (self.covered, self.weight)
        return own if self.alike is None else (*own, self.alike)


NO_EVIDENCE = Evidence(0.0, 0.0)
"""Where nothing was found."""


def evidence_of(
    question: Question,
    frequencies: Frequencies,
    best: Sequence[Ranked],
    cosines: Mapping[str, float],
    *,
    times: Times = NO_TIMES,
) -> Evidence:
    """What speaks for the best answers to a question.

    Args:
        question: The question.
        frequencies: What there is of its tokens in all that was searched.
        best: The answers, best first.
        cosines: How alike to the question an embedder finds memories.
        times: Those that it names. Nobody writes "January" into what was done in
            January: such words need no answer that has them, and one that is of then
            has what they ask for.
    """
    words = times.others(question) or question.words
    tokens = question.tokens
    among = replace(frequencies, memories=max(FEW, frequencies.memories))
    rarities = dict(zip(tokens, among.rarities, strict=True))
    having = [
        {t for own in one.counts for t, count in zip(tokens, own, strict=True) if count}
        for one in best[:DEPTH]
    ]

    def rarity(word: Word) -> float:
        return max(rarities[token] for token in word.tokens)

    def told(by: set[str]) -> float:
        return sum(rarity(word) for word in words if by & set(word.tokens))

    unique = math.log(2 * among.memories + 2)
    then = [OF_ITS_TIME * unique * (one.parts.get("when", 0.0) > 0) for one in best]
    met = max(then[:DEPTH], default=0.0)
    whole = math.fsum((*map(rarity, words), met)) or 1.0
    near = [cosines[one.item_id] for one in best[:DEPTH] if one.item_id in cosines]
    return Evidence(
        covered=(told(set[str]().union(*having)) + met) / whole,
        weight=(told(having[0]) + then[0]) / unique if having else 0.0,
        alike=max(near, default=None),
    )


def confidence(evidence: Evidence) -> float:
    """The probability, between 0 and 1, that the answer is among the best few."""
    weights = _weights()["alone" if evidence.alike is None else "with_vectors"]
    features = (1.0, *evidence.features)
    return 1 / (1 + math.exp(-math.fsum(map(mul, weights, features))))


@cache
def _weights() -> Mapping[str, Sequence[float]]:
    told: Mapping[str, Sequence[float]] = json.loads(
        files(__package__).joinpath("confidence.json").read_text(encoding="utf-8")
    )
    return told
