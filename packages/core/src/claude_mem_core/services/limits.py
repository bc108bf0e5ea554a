# SPDX-License-Identifier: Apache-2.0
"""Limits: how often a key may ask, a stranger may try, and what a month allows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.deeds import Deed
from claude_mem_core.domain.limits import (
    NO_CAPS,
    PACES,
    Allowance,
    Caps,
    Paces,
    Verdict,
    month_ends,
)
from claude_mem_core.errors import (
    AdapterError,
    QuotaExceededError,
    RateLimitedError,
)
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.ports.system import System
from claude_mem_core.services.buckets import Buckets
from claude_mem_core.services.usage import Usage

FAILURES = Allowance("failures", 10, timedelta(minutes=1), 10)
"""Credentials that count for nothing, which an address may try."""

LONGEST_SHUT = timedelta(minutes=15)
MOST_SHUT = 10_000
"""Addresses that are remembered for having tried too often."""

ASK_AGAIN_AFTER = 1_000
"""Milliseconds for which a limiter that could not be asked is left alone."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of an allowance, for the caller's next request.

    Attributes:
        allowance: Which.
        verdict: What is left of it.
    """

    allowance: Allowance
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Shut:
    until: int
    times: int


class Limits:
    """The allowances of keys, addresses and teams.

    Who runs the server is not limited: it is their machine. A limiter that cannot be
    asked is replaced by one of this process until it can: nobody is let in unlimited.

    Args:
        limiter: Who counts for all processes; None: this one counts for itself.
        usage: What teams used this month.
        system: The clock.
        paces: What each key is allowed.
        caps: What each team is allowed.
    """

    def __init__(
        self,
        limiter: RateLimiter | None,
        usage: Usage,
        system: System,
        *,
        paces: Paces = PACES,
        caps: Caps = NO_CAPS,
    ) -> None:
        self._limiter = limiter
        self._within = Buckets()
        self._usage = usage
        self._system = system
        self._paces = paces
        self._caps = caps
        self._shut: dict[str, _Shut] = {}
        self._turn = threading.Lock()
        self._ask_again_at = 0
        self.problem: str | None = None
        """Why the limiter of all processes could not be asked last."""

    def admit(self, deed: Deed, *, by: Principal) -> Standing | None:
        """Count a request, and say what is left; None where nothing is counted.

        Raises:
            QuotaExceededError: The team's month is used up.
            RateLimitedError: The key's allowance is.
        """
        standing = self._paced(deed, by=by)
        self._require_month(deed, by=by)
        self._usage.count(by.team_id, {"request": 1, deed.action: 1})
        return standing

    def failed(self, address: str) -> None:
        """Count a credential that opened nothing.

        Each time that an address uses its tries up it is told to stay away for twice
        as long as before, a quarter of an hour at most. A key that counts is let in
        from there all the same: on one machine everybody has the same address.

        Raises:
            RateLimitedError: The address tried too often.
        """
        now = self._system.now()
        shut = self._shut.get(address)
        if shut is not None and shut.until > now:
            raise _tried_too_often(shut.until - now)
        if self._take(address, FAILURES, now=now).allowed:
            return
        times = shut.times + 1 if shut is not None and _lately(shut, now) else 1
        span = min(timedelta(minutes=2 ** (times - 1)), LONGEST_SHUT)
        until = now + span // timedelta(milliseconds=1)
        with self._turn:
            self._shut = {k: v for k, v in self._shut.items() if _lately(v, now)}
            if len(self._shut) < MOST_SHUT:
                self._shut[address] = _Shut(until, times)
        raise _tried_too_often(until - now)

    def close(self) -> None:
        """Let go of whoever counts."""
        if self._limiter is not None:
            self._limiter.close()

    def _paced(self, deed: Deed, *, by: Principal) -> Standing | None:
        allowance = self._paces.of(deed.pace)
        if allowance is None or by.is_operator or by.actor_id is None:
            return None
        verdict = self._take(by.actor_id, allowance, now=self._system.now())
        if not verdict.allowed:
            message = (
                f"the key may ask {allowance.amount} times in "
                f"{allowance.per.total_seconds():.0f} s for this, and "
                f"{allowance.burst} times at once"
            )
            raise RateLimitedError(
                message, retry_after=verdict.retry_after, limit=allowance.amount
            )
        return Standing(allowance, verdict)

    def _require_month(self, deed: Deed, *, by: Principal) -> None:
        if by.is_operator or self._caps == NO_CAPS:
            return
        used = self._usage.of_month(by.team_id)
        cap, name = self._caps.requests, "requests"
        has_ended = cap is not None and used.get("request", 0) >= cap
        if not has_ended and deed.does == "writes":
            cap, name = self._caps.tokens, "tokens of models"
            has_ended = cap is not None and _tokens(used) >= cap
        if has_ended:
            left = month_ends(self._system.now())
            message = f"the team has used up its {cap} {name} of this month"
            raise QuotaExceededError(message, retry_after=left)

    def _take(self, name: str, allowance: Allowance, *, now: int) -> Verdict:
        within = self._within.take(name, allowance, now=now)
        if self._limiter is None or now < self._ask_again_at:
            return within
        try:
            verdict = self._limiter.take(name, allowance, now=now)
        except AdapterError as error:
            if self.problem is None:
                log.warning("limits are kept within this process for now: %s", error)
            self.problem = str(error)
            # Nobody waits for it with each request.
            self._ask_again_at = now + ASK_AGAIN_AFTER
            return within
        self.problem = None
        return verdict


def _lately(shut: _Shut, now: int) -> bool:
    """Whether an address tried so often not long ago that it counts."""
    return now - shut.until < LONGEST_SHUT // timedelta(milliseconds=1)


def _tried_too_often(millis: int) -> RateLimitedError:
    return RateLimitedError(
        "too many keys that count for nothing came from this address",
        retry_after=timedelta(milliseconds=millis),
        limit=FAILURES.amount,
    )


def _tokens(used: Mapping[str, int]) -> int:
    return used.get("inputTokens", 0) + used.get("outputTokens", 0)
