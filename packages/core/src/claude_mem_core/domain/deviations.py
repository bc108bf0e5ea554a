# SPDX-License-Identifier: Apache-2.0
"""Scores in standard deviations from their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from statistics import fmean

PRECISE = 110
"""Bits of a root: twice those of a float, so that rounding it is rounding once."""


def standardised(scores: Sequence[float]) -> list[float]:
    """The scores in standard deviations from their mean."""
    if not scores:
        return []
    mean, unit = fmean(scores), deviation(scores)
    return [(score - mean) / unit for score in scores]


def deviation(scores: Sequence[float]) -> float:
    """The standard deviation; 1 where all are the same, or there is none.

    It is summed up in whole numbers and rounded once, so that equal scores deviate by
    nothing: what `statistics.pstdev` does, in half its time.
    """
    ratios = [score.as_integer_ratio() for score in scores]
    scale = max((below for _, below in ratios), default=1)
    whole = [above * (scale // below) for above, below in ratios]
    squared = len(whole) * sum(map(mul, whole, whole)) - sum(whole) ** 2
    return _root(squared, (len(whole) * scale) ** 2) if squared else 1.0


def _root(above: int, below: int) -> float:
    """The square root of a fraction."""
    bits = max(0, PRECISE + (below.bit_length() - above.bit_length()) // 2)
    shifted, rest = divmod(above << 2 * bits, below)
    root = math.isqrt(shifted)
    is_exact = not rest and root * root == shifted
    return (root | (not is_exact)) / (1 << bits)
