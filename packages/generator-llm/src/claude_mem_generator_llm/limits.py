# SPDX-License-Identifier: Apache-2.0
"""Whether a model may be asked now: what is left of the day's budget, and the breaker.

Both are read from the book of calls in the store, so that every process that works on
it keeps to one budget, and knows of a failure that another one met.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from claude_mem_core.domain.model_call import (
    ModelCall,
    Spent,
    day_began,
    until_tomorrow,
)
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import FailureKind, GeneratorPausedError
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System

State = Literal["closed", "open", "half_open"]
"""The provider is asked; it is left alone; one call tries whether it is back."""

COUNTED: tuple[FailureKind, ...] = (
    "transient",
    "rate_limit",
    "auth_invalid",
    "quota_exhausted",
)
"""The failures that are the provider's: any other says that it answers."""

NEXT_LOOK = timedelta(seconds=5)
"""How long a job waits while another one tries whether the provider is back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent on a day, and how often may be failed in a row."""

    tokens: int | None = None
    usd: Decimal | None = None
    team_tokens: int | None = None
    team_usd: Decimal | None = None
    failures: int = 5
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a provider stands after its last calls.

    Attributes:
        until: The epoch at which it may be tried again, while it is open.
    """

    state: State
    until: int = 0


def breaker_after(calls: Sequence[ModelCall], limits: Limits, *, now: int) -> Breaker:
    """The breaker after these calls, the newest first."""
    newest = calls[: limits.failures]
    failed = [call for call in newest if call.outcome in COUNTED]
    if len(failed) < limits.failures:
        return Breaker("closed")
    # A clock that went back since must not hold it open for longer.
    until = min(newest[0].created_at_epoch, now) + limits.seconds * 1000
    return Breaker("open", until) if now < until else Breaker("half_open")


class Guard:
    """Who is asked before a model is.

    Args:
        storage: Where the book of calls is.
        system: The clock.
        provider: Whose calls count for the breaker.
        limits: What is allowed.
    """

    def __init__(
        self, storage: Storage, system: System, provider: str, limits: Limits
    ) -> None:
        self._storage = storage
        self._system = system
        self._provider = provider
        self._limits = limits
        self._trying = threading.Lock()

    @contextmanager
    def admitted(self, team_id: str) -> Iterator[None]:
        """A block in which the model may be asked for this team.

        Raises:
            GeneratorPausedError: It may not now; it says until when.
        """
        now = self._system.now()
        with self._storage.read() as snapshot:
            today = day_began(now)
            spent = snapshot.model_calls.spent(since=today)
            teams = snapshot.model_calls.spent(since=today, team_id=team_id)
            calls = snapshot.model_calls.latest(
                self._provider, limit=self._limits.failures
            )
        if used := self._used_up(spent, teams):
            message = f"{used} is used up; the day ends at midnight UTC"
            raise GeneratorPausedError(
                message, kind="quota_exhausted", retry_after=until_tomorrow(now)
            )
        with self._passed(breaker_after(calls, self._limits, now=now), now):
            yield

    def health(self) -> ProviderHealth:
        """How the provider is, and what was spent on it today."""
        now = self._system.now()
        with self._storage.read() as snapshot:
            spent = snapshot.model_calls.spent(since=day_began(now))
            calls = snapshot.model_calls.latest(
                self._provider, limit=self._limits.failures
            )
        breaker = breaker_after(calls, self._limits, now=now)
        details: JsonObject = {
            "breaker": breaker.state,
            "today": spent.to_wire(),
            "budget": self._budget(),
        }
        if breaker.state == "open":
            details["breakerUntilEpoch"] = breaker.until
        return ProviderHealth(self._problem(breaker, spent), details)

    def _problem(self, breaker: Breaker, spent: Spent) -> str | None:
        if used := self._used_up(spent, Spent()):
            return f"{used} is used up; the day ends at midnight UTC"
        if breaker.state == "open":
            return self._resting()
        return None

    def _budget(self) -> JsonObject:
        limits = self._limits
        usd = (limits.usd, limits.team_usd)
        given = {
            "tokens": limits.tokens,
            "microUsd": None if usd[0] is None else int(usd[0] * 1_000_000),
            "teamTokens": limits.team_tokens,
            "teamMicroUsd": None if usd[1] is None else int(usd[1] * 1_000_000),
        }
        return {name: most for name, most in given.items() if most is not None}

    def _used_up(self, spent: Spent, teams: Spent) -> str | None:
        """The budget that is used up, by the variable that sets it."""
        limits = self._limits
        if limits.tokens is not None and spent.tokens >= limits.tokens:
            return "CLAUDE_MEM_BUDGET_TOKENS"
        if limits.usd is not None and _usd(spent) >= limits.usd:
            return "CLAUDE_MEM_BUDGET_USD"
        if limits.team_tokens is not None and teams.tokens >= limits.team_tokens:
            return "CLAUDE_MEM_TEAM_BUDGET_TOKENS"
        if limits.team_usd is not None and _usd(teams) >= limits.team_usd:
            return "CLAUDE_MEM_TEAM_BUDGET_USD"
        return None

    @contextmanager
    def _passed(self, breaker: Breaker, now: int) -> Iterator[None]:
        if breaker.state == "open":
            left = timedelta(milliseconds=breaker.until - now)
            raise self._paused(left)
        if breaker.state == "closed":
            yield
            return
        if not self._trying.acquire(blocking=False):
            raise self._paused(NEXT_LOOK)
        try:
            yield
        finally:
            self._trying.release()

    def _paused(self, left: timedelta) -> GeneratorPausedError:
        return GeneratorPausedError(self._resting(), kind="transient", retry_after=left)

    def _resting(self) -> str:
        failures = self._limits.failures
        return f"{self._provider} failed {failures} times in a row, and is left alone"


def _usd(spent: Spent) -> Decimal:
    return Decimal(spent.cost_micro_usd) / 1_000_000
