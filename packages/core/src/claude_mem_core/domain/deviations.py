# SPDX-License-Identifier: Apache-2.0
"""Scores in standard deviations from their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean


def standardised(scores: Sequence[float]) -> list[float]:
    """The scores in standard deviations from their mean."""
    if not scores:
        return []
    mean, unit = fmean(scores), deviation(scores)
    return [(score - mean) / unit for score in scores]


def deviation(scores: Sequence[float]) -> float:
    """The standard deviation; 1 where all are the same, or there is none."""
    if not scores or min(scores) == max(scores):
        # Their mean may be rounded, and equal scores would then deviate a little.
        return 1.0
    mean = fmean(scores)
    squares = [(score - mean) ** 2 for score in scores]
    return math.sqrt(math.fsum(squares) / len(squares)) or 1.0
