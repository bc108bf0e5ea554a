# SPDX-License-Identifier: Apache-2.0
"""A bucket gives out its burst, then its rate, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from claude_mem_core.domain.limits import (
    Allowance,
    month_began,
    month_ends,
    month_of,
    taken,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_700_000_000_000
MINUTE = timedelta(minutes=1)


def _epoch(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1000


@given(
    amount=st.integers(1, 1000),
    burst=st.integers(1, 50),
    steps=st.lists(st.integers(0, 5_000), max_size=200),
)
def test_no_span_gives_more_than_its_burst_and_its_rate(
    amount: int, burst: int, steps: list[int]
) -> None:
    allowance = Allowance("any", amount, MINUTE, burst)
    full_at, now, allowed = 0.0, NOW, []
    for step in steps:
        now += step
        full_at, verdict = taken(full_at, allowance, now=now)
        allowed += [now] if verdict.allowed else []
        assert 0 <= verdict.remaining <= burst
    for place, first in enumerate(allowed):
        for later in range(place, len(allowed)):
            most = burst + (allowed[later] - first) / allowance.interval
            assert later - place + 1 <= most + 1e-3


@given(burst=st.integers(1, 20), amount=st.integers(1, 500))
def test_who_waits_as_long_as_told_is_let_in(burst: int, amount: int) -> None:
    allowance = Allowance("any", amount, MINUTE, burst)
    full_at, verdict = taken(0, allowance, now=NOW)
    while verdict.allowed:
        full_at, verdict = taken(full_at, allowance, now=NOW)
    wait = verdict.retry_after // timedelta(milliseconds=1) + 1
    assert taken(full_at, allowance, now=NOW + wait)[1].allowed
    early = taken(full_at, allowance, now=NOW + wait - 3)[1]
    assert early.allowed == (allowance.interval <= 2)


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long() -> None:
    allowance = Allowance("any", 60, MINUTE, 5)
    full_at, _ = taken(0, allowance, now=NOW + 3_600_000)
    full_at, verdict = taken(full_at, allowance, now=NOW)
    assert not verdict.allowed
    assert taken(full_at, allowance, now=NOW + 1_001)[1].allowed


@pytest.mark.parametrize(
    ("moment", "month", "began", "left"),
    [
        ((2026, 11, 29, 12), "2026-11", (2026, 11, 1), timedelta(days=1, hours=12)),
        ((2026, 12, 31, 23), "2026-12", (2026, 12, 1), timedelta(hours=1)),
        ((2024, 2, 1), "2024-02", (2024, 2, 1), timedelta(days=29)),
    ],
)
def test_a_month_is_one_of_the_calendar(moment, month, began, left) -> None:
    now = _epoch(*moment)
    assert month_of(now) == month
    assert month_began(now) == _epoch(*began)
    assert month_ends(now) == left
