# SPDX-License-Identifier: Apache-2.0
"""Equal scores deviate by nothing, and the order of the scores does not matter."""

from __future__ import annotations

from statistics import fmean, pstdev

import pytest
from claude_mem_core.domain.deviations import deviation, standardised
from hypothesis import given
from hypothesis import strategies as st

SCORES = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32))


@given(
    SCORES.flatmap(lambda scores: st.tuples(st.just(scores), st.permutations(scores)))
)
def test_the_deviation_is_that_of_the_statistics_in_any_order(
    both: tuple[list[float], list[float]],
) -> None:
    scores, turned = both
    expected = pstdev(scores) if scores else 0.0

    assert deviation(scores) == pytest.approx(expected or 1.0)
    assert deviation(scores) == deviation(turned)


@pytest.mark.parametrize("score", [0.1, 1 / 3, -7e300, 5e-324])
@pytest.mark.parametrize("count", [1, 3, 7, 49])
def test_equal_scores_do_not_deviate(score: float, count: int) -> None:
    assert deviation([score] * count) == 1.0


@given(SCORES)
def test_standard_scores_have_the_mean_0(scores: list[float]) -> None:
    told = standardised(scores)

    assert len(told) == len(scores)
    assert not told or fmean(told) == pytest.approx(0.0, abs=1e-5)
