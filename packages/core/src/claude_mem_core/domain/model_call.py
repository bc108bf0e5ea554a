# SPDX-License-Identifier: Apache-2.0
"""What a model was asked and what that cost: tokens, money, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value, millis
from claude_mem_core.errors import FailureKind

CallOutcome = Literal["ok"] | FailureKind
"""How a call ended: with an answer that was used, or as which kind of failure."""

DAY = timedelta(days=1)


class Usage(Value):
    """What one call of a model took, whether it succeeded or not.

    Attributes:
        provider: Who was asked, as the user names it.
        cost_micro_usd: Millionths of a US dollar; None where no price is set.
    """

    provider: Name
    model: Name
    outcome: CallOutcome
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_micro_usd: int | None = Field(default=None, ge=0)


class ModelCall(Usage):
    """A call in the book: what it was made for, and when.

    Attributes:
        job_id: The job that asked for it; None when the past was made anew.
    """

    id: Id
    team_id: Id
    project_id: Id
    job_id: Id | None = None
    created_at_epoch: Epoch


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls came to, all together."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int = 0

    @property
    def tokens(self) -> int:
        """Of both directions."""
        return self.input_tokens + self.output_tokens

    def to_wire(self) -> JsonObject:
        """The sums as JSON with the wire's names."""
        return {
            "calls": self.calls,
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "costMicroUsd": self.cost_micro_usd,
        }


def day_began(now: int) -> int:
    """The epoch at which the present day began, in UTC."""
    day = datetime.fromtimestamp(now / 1000, UTC).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return millis(midnight - datetime.fromtimestamp(0, UTC))


def until_tomorrow(now: int) -> timedelta:
    """How long the present day lasts, in UTC."""
    return DAY - timedelta(milliseconds=now - day_began(now))
