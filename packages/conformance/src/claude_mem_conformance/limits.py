# SPDX-License-Identifier: Apache-2.0
"""What a rate limiter is held to, wherever it counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

from claude_mem_core.domain.limits import Allowance
from claude_mem_core.ports.limits import RateLimiter

from claude_mem_conformance.clock import NOW
from claude_mem_conformance.contract import Contract

THREE = Allowance("three", 6, timedelta(minutes=1), 3)
"""One every ten seconds, three at once."""


class RateLimiterContract(Contract):
    """A rate limiter. The adapter's test gives the fixture `limiter`."""

    ports: ClassVar[tuple[type, ...]] = (RateLimiter,)

    def test_a_burst_and_then_the_rate(self, limiter: RateLimiter) -> None:
        """A burst is allowed at once, and one more after each interval of the rate.

        Take one from the bucket of this name, if there is one.
        """
        first = [limiter.take("a", THREE, now=NOW) for _ in range(5)]
        assert [one.allowed for one in first] == [True, True, True, False, False]
        assert [one.remaining for one in first] == [2, 1, 0, 0, 0]
        assert {one.retry_after for one in first[3:]} == {timedelta(seconds=10)}
        later = [limiter.take("a", THREE, now=NOW + 10_000) for _ in range(2)]
        assert [one.allowed for one in later] == [True, False]
        full = [limiter.take("a", THREE, now=NOW + 90_000) for _ in range(4)]
        assert [one.allowed for one in full] == [True, True, True, False]

    def test_buckets_do_not_share(self, limiter: RateLimiter) -> None:
        """Buckets of different names, and of different allowances, do not share."""
        for _ in range(3):
            assert limiter.take("a", THREE, now=NOW).allowed
        other = Allowance("other", 6, timedelta(minutes=1), 3)
        assert limiter.take("b", THREE, now=NOW).allowed
        assert limiter.take("a", other, now=NOW).allowed
        assert not limiter.take("a", THREE, now=NOW).allowed

    def test_no_more_get_one_than_there_are(self, limiter: RateLimiter) -> None:
        """Of many threads that take at once, no more get one than there are."""
        many = Allowance("many", 60, timedelta(hours=1), 40)
        with ThreadPoolExecutor(8) as pool:
            taken = list(
                pool.map(lambda _: limiter.take("a", many, now=NOW), range(200))
            )
        assert sum(one.allowed for one in taken) == 40

    def test_closing_twice_is_harmless(self, limiter: RateLimiter) -> None:
        """Let go of what it holds; twice is harmless."""
        limiter.take("a", THREE, now=NOW)
        limiter.close()
        limiter.close()
