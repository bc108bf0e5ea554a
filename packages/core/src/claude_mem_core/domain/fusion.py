# SPDX-License-Identifier: Apache-2.0
"""Two opinions of the same memories, the words' and the model's, made one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from claude_mem_core.domain.ranking import standardised
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
    words = standardised({one.item_id: one.score for one in candidates})
    near = standardised({one: cosines[one] for one in words if one in cosines})
    sums = {
        one: word + DENSE_WEIGHT * near.get(one, 0.0) for one, word in words.items()
    }
    least = min(sums.values(), default=0.0)
    return [replace(one, score=sums[one.item_id] - least) for one in candidates]
