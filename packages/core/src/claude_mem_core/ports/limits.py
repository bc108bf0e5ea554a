# SPDX-License-Identifier: Apache-2.0
"""The port to whatever counts how often something was asked for."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from claude_mem_core.domain.limits import Allowance, Verdict


class RateLimiter(Protocol):
    """Buckets that callers take from.

    * a burst is allowed at once, and one more after each interval of the rate;
    * buckets of different names, and of different allowances, do not share;
    * of many threads that take at once, no more get one than there are.
    """

    @abstractmethod
    def take(self, name: str, allowance: Allowance, *, now: int) -> Verdict:
        """Take one from the bucket of this name, if there is one.

        Raises:
            AdapterError: Whoever counts cannot be asked.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of what it holds; twice is harmless."""
