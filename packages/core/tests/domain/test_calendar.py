# SPDX-License-Identifier: Apache-2.0
"""A month that a question names is that month, of the year that it names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from claude_mem_core.domain.calendar import Months


def epoch(year: int, month: int, day: int = 15) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("question", "moment", "fits"),
    [
        ("What did we decide in May?", epoch(2023, 5), True),
        ("What did we decide in May?", epoch(2024, 5, 31), True),
        ("What did we decide in May?", epoch(2023, 6, 1), False),
        ("What broke in May 2023?", epoch(2023, 5), True),
        ("What broke in May 2023?", epoch(2024, 5), False),
        ("Between June and August?", epoch(2023, 8), True),
        ("may the parser march on?", epoch(2023, 5), False),
        ("what broke in 2023?", epoch(2023, 5), False),
        ("", epoch(2023, 5), False),
    ],
)
def test_a_moment_lies_in_a_month_that_is_named(
    question: str, moment: int, *, fits: bool
) -> None:
    assert Months.named_in(question).fit(moment) is fits
