# SPDX-License-Identifier: Apache-2.0
"""How often something may be asked for: a bucket that fills at a steady rate.

The generic cell rate algorithm (ITU-T I.371, annex A, as a virtual schedule) keeps one
number for each bucket: the moment at which it will be full again. So a store needs to
compare and set one number, whichever it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from claude_mem_core.domain.deeds import Pace
from claude_mem_core.domain.value import millis

_ROUNDING = 0.01
"""Milliseconds, and parts of one: what a float of this size cannot tell apart."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of something is allowed.

    Attributes:
        name: What a caller knows it by.
        amount: So many.
        per: In such a span, evenly.
        burst: So many at once, of a bucket that is full.
    """

    name: str
    amount: int
    per: timedelta
    burst: int

    @property
    def interval(self) -> float:
        """Milliseconds after which another one is allowed."""
        return millis(self.per) / self.amount

    @property
    def room(self) -> float:
        """Milliseconds that an empty bucket takes to be full."""
        return self.interval * self.burst


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more was allowed, and what is left.

    Attributes:
        remaining: How many more are allowed at once.
        full_after: When the bucket is full again.
        retry_after: When one more is allowed; zero where one is now.
    """

    allowed: bool
    remaining: int
    full_after: timedelta
    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Paces:
    """What each key is allowed; None: as much as it likes.

    Attributes:
        usual: Requests of all kinds but those below.
        recall: Searches and context packs.
        bulk: What goes through a whole project.
    """

    usual: Allowance | None = Allowance("usual", 600, timedelta(minutes=1), 100)
    recall: Allowance | None = Allowance("recall", 120, timedelta(minutes=1), 60)
    bulk: Allowance | None = Allowance("bulk", 6, timedelta(hours=1), 6)

    def of(self, pace: Pace) -> Allowance | None:
        """The allowance that deeds of this pace are counted against."""
        return {"usual": self.usual, "recall": self.recall, "bulk": self.bulk}[pace]


@dataclass(frozen=True, slots=True)
class Caps:
    """What each team is allowed in a month; None: as much as it likes.

    Attributes:
        requests: Requests of all kinds.
        tokens: What models took and gave for its memories; beyond it nothing is
            written for which a model would be asked.
    """

    requests: int | None = None
    tokens: int | None = None


PACES = Paces()
NO_CAPS = Caps()


def taken(full_at: float, allowance: Allowance, *, now: int) -> tuple[float, Verdict]:
    """When the bucket is full again after one was taken, and whether it was.

    Args:
        full_at: When it was to be full before, in milliseconds; any past moment for
            one that nobody took from.
        allowance: The bucket.
        now: Milliseconds since 1970.
    """
    # A clock that was set back must not shut anybody out for longer than a bucket
    # takes to be full.
    base = min(max(full_at, now), now + allowance.room)
    after = base + allowance.interval
    allowed = after - now <= allowance.room + _ROUNDING
    held = after if allowed else base
    return held, verdict_of(held, allowance, allowed=allowed, now=now)


def verdict_of(
    full_at: float, allowance: Allowance, *, allowed: bool, now: int
) -> Verdict:
    """What is left of a bucket that will be full at a moment, after it was asked."""
    left = (allowance.room - (full_at - now)) / allowance.interval
    wait = 0.0 if left >= 1 - _ROUNDING else (1 - left) * allowance.interval
    return Verdict(
        allowed=allowed,
        remaining=max(0, int(left + _ROUNDING)),
        full_after=timedelta(milliseconds=ceil(full_at - now)),
        retry_after=timedelta(milliseconds=ceil(wait)),
    )


def month_of(now: int) -> str:
    """The month of a moment in UTC, such as `2026-11`."""
    return datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m")


def month_began(now: int) -> int:
    """When the month of a moment began in UTC, in milliseconds since 1970."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000


def month_ends(now: int) -> timedelta:
    """How long the month of a moment still lasts in UTC."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    later = datetime(moment.year, moment.month, 28, tzinfo=UTC) + timedelta(days=4)
    return later.replace(day=1) - moment
