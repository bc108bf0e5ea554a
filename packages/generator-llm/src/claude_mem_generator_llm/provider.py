# SPDX-License-Identifier: Apache-2.0
"""A provider: it is asked, asked again where that helps, and every call is counted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from claude_mem_core.domain.generation_job import RETRYABLE
from claude_mem_core.domain.model_call import CallOutcome, Usage
from claude_mem_core.domain.tokens import estimated_tokens
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import GeneratorError
from claude_mem_core.ports.generator import ModelCallError
from claude_mem_core.ports.system import System
from pydantic import JsonValue

from claude_mem_generator_llm.failures import failure
from claude_mem_generator_llm.http import Answered, Line
from claude_mem_generator_llm.wire import Asked, Reply, WireFormat

MOST_RETRIES = 2
FIRST_PAUSE = 0.1
"""Seconds before the first retry; twice as long before the second."""

LONGEST_PATIENCE = timedelta(seconds=1)
"""Who asks for more is not asked again in this call: the ledger waits better."""

OK = 200


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens, so millionths of a dollar for one."""

    input: Decimal | None = None
    output: Decimal | None = None

    def cost(self, input_tokens: int, output_tokens: int) -> int | None:
        """Millionths of a dollar, rounded up; None where no price is set."""
        if self.input is None or self.output is None:
            return None
        cost = self.input * input_tokens + self.output * output_tokens
        return int(cost.to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Replied:
    """An answer, and the calls that it took; the last is the one that brought it."""

    reply: Reply
    calls: tuple[Usage, ...]

    def ended(self, outcome: CallOutcome) -> tuple[Usage, ...]:
        """The calls, of which the last ended otherwise than it seemed."""
        return (*self.calls[:-1], self.calls[-1].changed(outcome=outcome))


class Provider:
    """Whoever has a model.

    Args:
        wire: How it is asked.
        line: The way there.
        system: The clock for dates, and the dice for pauses.
        prices: What tokens cost.
        sleep: How a pause passes.
    """

    def __init__(
        self,
        wire: WireFormat,
        line: Line,
        system: System,
        *,
        prices: Prices,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire = wire
        self._line = line
        self._system = system
        self._prices = prices
        self._sleep = sleep

    @property
    def name(self) -> str:
        """As the user names it."""
        return self._wire.name

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self._wire.model

    def ask(self, asked: Asked) -> Replied:
        """The answer to a question, at the third try at the latest.

        Raises:
            ModelCallError: There is none; it tells of the calls all the same.
        """
        calls: list[Usage] = []
        while True:
            try:
                reply = self._once(asked)
            except GeneratorError as error:
                calls.append(self._usage(error.kind, 0, 0))
                if len(calls) > MOST_RETRIES or not _may_pass(error):
                    raise ModelCallError(self._named(error), tuple(calls)) from None
                self._pause(len(calls) - 1)
                continue
            return Replied(reply, (*calls, self._counted(asked, reply)))

    def _once(self, asked: Asked) -> Reply:
        wire = self._wire
        answered = self._line.post(wire.url, wire.headers, wire.body(asked))
        data = _json(answered.body)
        if answered.status != OK:
            body = answered.body.decode("utf-8", "replace")
            raise self._failure(answered.status, answered, body, asked)
        if data is None:
            raise GeneratorError("it answered with no JSON object", kind="transient")
        if data.get("error") or data.get("type") == "error":
            # OpenRouter tells of a failure behind it in an answer that is none.
            text = json.dumps(data)
            raise self._failure(_status_in(data), answered, text, asked)
        return wire.reply(data)

    def _failure(
        self, status: int, answered: Answered, body: str, asked: Asked
    ) -> GeneratorError:
        now, is_held = self._system.now(), asked.schema is not None
        return failure(status, answered.headers, body, now=now, is_held=is_held)

    def _counted(self, asked: Asked, reply: Reply) -> Usage:
        """What a call took; an estimate where the provider does not say."""
        read, said = reply.input_tokens, reply.output_tokens
        if read is None:
            read = estimated_tokens(asked.system) + estimated_tokens(asked.user)
        if said is None:
            said = estimated_tokens(reply.text)
        return self._usage("ok", read, said)

    def _usage(self, outcome: CallOutcome, read: int, said: int) -> Usage:
        return Usage(
            provider=self.name,
            model=self.model,
            outcome=outcome,
            input_tokens=read,
            output_tokens=said,
            cost_micro_usd=self._prices.cost(read, said),
        )

    def _pause(self, retries: int) -> None:
        share = int.from_bytes(self._system.random_bytes(2)) / 0xFFFF
        self._sleep(FIRST_PAUSE * 2**retries + FIRST_PAUSE * share)

    def _named(self, error: GeneratorError) -> GeneratorError:
        message = f"{self.name}: {error}"
        return GeneratorError(message, kind=error.kind, retry_after=error.retry_after)


def _may_pass(error: GeneratorError) -> bool:
    patience = error.retry_after or timedelta(0)
    return error.kind in RETRYABLE and patience <= LONGEST_PATIENCE


def _json(body: bytes) -> JsonObject | None:
    try:
        data: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _status_in(data: JsonObject) -> int:
    """The status that an error names in its own body, else that of a bad gateway."""
    error = data.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    known = isinstance(code, int) and 400 <= code <= 599  # noqa: PLR2004
    return code if known and isinstance(code, int) else 502
