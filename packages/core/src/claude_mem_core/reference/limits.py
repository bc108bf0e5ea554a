# SPDX-License-Identifier: Apache-2.0
"""A rate limiter in this process."""

from __future__ import annotations

from typing_extensions import override

from claude_mem_core.domain.limits import Allowance, Verdict
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.services.buckets import Buckets


class InProcessRateLimiter(RateLimiter):
    """Buckets that this process alone takes from."""

    def __init__(self) -> None:
        self._buckets = Buckets()

    @override
    def take(self, name: str, allowance: Allowance, *, now: int) -> Verdict:
        return self._buckets.take(name, allowance, now=now)

    @override
    def close(self) -> None:
        self._buckets.clear()
