# SPDX-License-Identifier: Apache-2.0
"""How well a memory's words fit a question: Okapi BM25 over weighted fields.

The formula is that of S. Robertson and H. Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009, section 3.6: the occurrences of a term are added up
over the fields, each by its weight, before they are dampened.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

from claude_mem_core.domain.search_fields import FIELD_WEIGHTS

K1 = 1.2
B = 0.75
"""Robertson's usual values."""

_WEIGHTS = tuple(FIELD_WEIGHTS.values())

Occurrences = tuple[tuple[int, ...], ...]
"""For each field, how often each term of the question stands in it."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """What the memories that were searched have of a question's terms.

    Attributes:
        memories: How many there are.
        tokens: The tokens of all of them.
        having: For each term, how many memories have it; an estimate where many do.
    """

    memories: int
    tokens: int
    having: tuple[int, ...]

    def __add__(self, other: Frequencies) -> Frequencies:
        both = zip(self.having, other.having, strict=True)
        return Frequencies(
            self.memories + other.memories,
            self.tokens + other.tokens,
            tuple(one + another for one, another in both),
        )

    @property
    def rarities(self) -> tuple[float, ...]:
        """What each term tells: the inverse document frequency, above 0."""
        return tuple(
            math.log(1 + max(0.0, self.memories - one + 0.5) / (one + 0.5))
            for one in self.having
        )

    @property
    def usual_length(self) -> float:
        """Tokens of the average memory."""
        return max(1.0, self.tokens / max(1, self.memories))


class Fit:
    """How well memories fit one question."""

    def __init__(self, frequencies: Frequencies) -> None:
        self._rarities = frequencies.rarities
        self._usual = frequencies.usual_length

    def score(self, counts: Occurrences, length: int) -> float:
        """The score of a memory of so many tokens; 0 where it has none of the terms."""
        # In one go, though `of` could do it: every candidate of a search passes here.
        damp = K1 * (1 - B + B * length / self._usual)
        title, text, concepts, files = _WEIGHTS
        each = []
        for rarity, one, other, third, fourth in zip(
            self._rarities, *counts, strict=True
        ):
            if one or other or third or fourth:
                count = title * one + text * other + concepts * third + files * fourth
                each.append(rarity * count / (count + damp))
        return (K1 + 1) * math.fsum(each)

    def of(self, weighed: Iterable[float], length: float, usual: float) -> float:
        """The score of what was weighed.

        Args:
            weighed: For each term, its occurrences by their weights.
            length: Tokens of the text.
            usual: Tokens of an average text.
        """
        damp = K1 * (1 - B + B * length / usual)
        each = [
            rarity * count / (count + damp)
            for rarity, count in zip(self._rarities, weighed, strict=True)
            if count
        ]
        return (K1 + 1) * math.fsum(each)

    def by_field(self, counts: Occurrences, length: int) -> list[float]:
        """What each field has of a memory's score.

        A term's score is shared out by what its occurrences in the field weigh.
        """
        damp = K1 * (1 - B + B * length / self._usual)
        each = [
            rarity * (K1 + 1) / (total + damp)
            for rarity, total in zip(self._rarities, weighed(counts), strict=True)
        ]
        return [
            weight * math.fsum(map(mul, each, own))
            for weight, own in zip(_WEIGHTS, counts, strict=True)
        ]


def weighed(counts: Occurrences) -> list[float]:
    """For each term, its occurrences in all fields, by the weight of the field."""
    title, text, concepts, files = _WEIGHTS
    return [
        title * one + text * other + concepts * third + files * fourth
        for one, other, third, fourth in zip(*counts, strict=True)
    ]


def occurrences(fields: Iterable[Sequence[str]], terms: Sequence[str]) -> Occurrences:
    """How often each term stands in each field's tokens."""
    return tuple(tuple(own.count(term) for term in terms) for own in fields)
