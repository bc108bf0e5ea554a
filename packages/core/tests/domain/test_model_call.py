# SPDX-License-Identifier: Apache-2.0
"""A day of a budget begins and ends at midnight UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from claude_mem_core.domain.model_call import DAY, day_began, until_tomorrow
from claude_mem_core.domain.value import LAST_EPOCH
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, LAST_EPOCH))
def test_a_moment_lies_in_its_day(now):
    began = day_began(now)

    assert began <= now < began + 86_400_000
    assert began % 86_400_000 == 0
    assert timedelta(milliseconds=now - began) + until_tomorrow(now) == DAY


def test_the_day_is_that_of_utc():
    late = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)

    assert until_tomorrow(int(late.timestamp() * 1000)) == timedelta(seconds=1)
