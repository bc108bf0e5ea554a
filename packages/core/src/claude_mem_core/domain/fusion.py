# SPDX-License-Identifier: Apache-2.0
"""Two opinions of the same memories, the words' and the model's, made one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, pstdev

from claude_mem_core.domain.search import Candidate

DENSE_WEIGHT = 1.0
"""What the model's opinion counts for beside the words', in standard deviations."""


def fused(
    candidates: Sequence[Candidate], cosines: Mapping[str, float]
) -> list[Candidate]:
    """The candidates with the sum of their standardised scores and cosines.

    A candidate without a cosine, whose vectors are still to be made, counts as an
    average one.
    """
    if not cosines:
        return list(candidates)
    words = _standardised([one.score for one in candidates])
    told = [cosines[one.item_id] for one in candidates if one.item_id in cosines]
    near = dict(
        zip(
            (one.item_id for one in candidates if one.item_id in cosines),
            _standardised(told),
            strict=True,
        )
    )
    sums = [
        word + DENSE_WEIGHT * near.get(one.item_id, 0.0)
        for word, one in zip(words, candidates, strict=True)
    ]
    least = min(sums, default=0.0)
    return [
        replace(one, score=total - least)
        for one, total in zip(candidates, sums, strict=True)
    ]


def _standardised(scores: Sequence[float]) -> list[float]:
    if not scores:
        return []
    mean, deviation = fmean(scores), pstdev(scores)
    return [(score - mean) / (deviation or 1.0) for score in scores]
