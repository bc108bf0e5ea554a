# SPDX-License-Identifier: Apache-2.0
"""Rate limiters that each break one promise."""

from __future__ import annotations

import threading
from dataclasses import replace

from claude_mem_conformance.limits import RateLimiterContract
from claude_mem_core.domain.limits import taken
from claude_mem_core.reference.limits import InProcessRateLimiter

from broken.registry import breaks


@breaks(RateLimiterContract.test_a_burst_and_then_the_rate, "limiter")
class BucketsStayEmpty(InProcessRateLimiter):
    def take(self, name, allowance, *, now):
        self._first = min(now, getattr(self, "_first", now))
        return super().take(name, allowance, now=self._first)


@breaks(RateLimiterContract.test_buckets_do_not_share, "limiter")
class OneBucketForAll(InProcessRateLimiter):
    def take(self, _, allowance, *, now):
        return super().take("all", replace(allowance, name="all"), now=now)


@breaks(RateLimiterContract.test_no_more_get_one_than_there_are, "limiter")
class ThreadsTakeTheSame(InProcessRateLimiter):
    def take(self, name, allowance, *, now):
        known = vars(self).setdefault("known", {})
        bucket = name, allowance.name
        full_at, verdict = taken(known.get(bucket, 0), allowance, now=now)
        # Long enough for another thread to read what this one is about to change.
        threading.Event().wait(0.001)
        known[bucket] = full_at
        return verdict


@breaks(RateLimiterContract.test_closing_twice_is_harmless, "limiter")
class LimiterClosesOnce(InProcessRateLimiter):
    def close(self):
        del self._buckets
