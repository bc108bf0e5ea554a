# SPDX-License-Identifier: Apache-2.0
"""Limits hold whoever counts, and nobody is let in unlimited."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal, Scope
from claude_mem_core.domain.deeds import DEEDS
from claude_mem_core.domain.limits import Allowance, Caps, Paces
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.errors import (
    QueueError,
    QuotaExceededError,
    RateLimitedError,
)
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.limits import InProcessRateLimiter
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.services.limits import FAILURES
from claude_mem_core.services.spending import write_down
from claude_mem_core.settings import CoreSettings
from typing_extensions import override

ME = Principal.local()
SEARCH, WRITE, READ = DEEDS["memory.search"], DEEDS["event.write"], DEEDS["event.read"]
MINUTE = timedelta(minutes=1)
PACES = Paces(
    usual=Allowance("usual", 60, MINUTE, 5), recall=Allowance("recall", 6, MINUTE, 2)
)


class Unreachable(InProcessRateLimiter):
    """A limiter that answers only while somebody lets it."""

    is_up = False
    asked = 0

    @override
    def take(self, *args, **more):
        self.asked += 1
        if not self.is_up:
            raise QueueError("nobody answers")
        return super().take(*args, **more)


@pytest.fixture
def opened(storage: InProcessStorage, system) -> Callable[..., Runtime]:
    """Opens a runtime on the test's storage."""

    def open_one(**more: object) -> Runtime:
        queue = InProcessQueueEngine(storage, system)
        given = {"storage": storage, "queue": queue, "system": system, **more}
        return assemble(generator=RuleBasedGenerator(), **{"paces": PACES, **given})

    return open_one


@pytest.fixture
def holder() -> Callable[..., Principal]:
    def issue(runtime: Runtime, **fields: object) -> Principal:
        draft = KeyDraft.model_validate({"role": "editor", **fields})
        return runtime.access.authenticate(runtime.keys.issue(draft, by=ME).raw)

    return issue


def test_each_key_has_its_own_allowance_for_each_pace(opened, holder, system) -> None:
    runtime = opened()
    one, other = holder(runtime), holder(runtime)
    left = [runtime.limits.admit(SEARCH, by=one) for _ in range(2)]
    assert [each.verdict.remaining for each in left if each] == [1, 0]
    with pytest.raises(RateLimitedError) as told:
        runtime.limits.admit(SEARCH, by=one)
    assert told.value.retry_after == timedelta(seconds=10)
    runtime.limits.admit(WRITE, by=one)
    runtime.limits.admit(SEARCH, by=other)
    system.pass_time(told.value.retry_after)
    runtime.limits.admit(SEARCH, by=one)


def test_who_runs_the_server_is_not_limited(opened) -> None:
    runtime = opened(caps=Caps(requests=1))
    for _ in range(20):
        assert runtime.limits.admit(SEARCH, by=ME) is None


def test_a_limiter_that_cannot_be_asked_lets_nobody_in_unlimited(
    opened, holder, system
) -> None:
    limiter = Unreachable()
    runtime = opened(limiter=limiter)
    by = holder(runtime)
    for _ in range(2):
        runtime.limits.admit(SEARCH, by=by)
    with pytest.raises(RateLimitedError):
        runtime.limits.admit(SEARCH, by=by)
    assert limiter.asked == 1, "it is left alone for a second"
    assert runtime.limits.problem == "nobody answers"
    limiter.is_up = True
    system.pass_time(timedelta(seconds=10))
    runtime.limits.admit(SEARCH, by=by)
    assert runtime.limits.problem is None


def test_processes_share_a_limiter(opened, holder) -> None:
    limiter = InProcessRateLimiter()
    one, other = opened(limiter=limiter), opened(limiter=limiter)
    by = holder(one)
    one.limits.admit(SEARCH, by=by)
    other.limits.admit(SEARCH, by=by)
    for runtime in (one, other):
        with pytest.raises(RateLimitedError):
            runtime.limits.admit(SEARCH, by=by)


def test_an_address_that_tries_keys_is_told_to_stay_away_ever_longer(
    opened, system
) -> None:
    limits, waits = opened().limits, []
    for _ in range(FAILURES.burst):
        limits.failed("10.0.0.9")
    for _ in range(6):
        with pytest.raises(RateLimitedError) as told:
            limits.failed("10.0.0.9")
        waits.append(told.value.retry_after)
        with pytest.raises(RateLimitedError):
            limits.failed("10.0.0.9")
        system.pass_time(told.value.retry_after)
        with suppress(RateLimitedError):
            for _ in range(FAILURES.burst):
                limits.failed("10.0.0.9")
        system.pass_time(timedelta(milliseconds=1))
    limits.failed("10.0.0.8")
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert max(waits) <= timedelta(minutes=15)


def test_a_teams_month_is_used_up_and_begins_anew(opened, holder, system) -> None:
    runtime = opened(caps=Caps(requests=3))
    by = holder(runtime)
    for _ in range(3):
        runtime.limits.admit(READ, by=by)
    with pytest.raises(QuotaExceededError, match="3 requests") as told:
        runtime.limits.admit(READ, by=by)
    system.pass_time(told.value.retry_after)
    runtime.limits.admit(READ, by=by)


def test_used_up_tokens_stop_writes_alone(opened, holder, storage, system) -> None:
    runtime = opened(caps=Caps(tokens=100))
    by = holder(runtime)
    runtime.limits.admit(WRITE, by=by)
    with storage.begin() as tx:
        spent = Usage(
            provider="p", model="m", outcome="ok", input_tokens=60, output_tokens=40
        )
        write_down(tx, [spent], Scope("local", "project"), system=system)
    runtime.usage.write_down()
    with pytest.raises(QuotaExceededError, match="100 tokens"):
        runtime.limits.admit(WRITE, by=by)
    runtime.limits.admit(SEARCH, by=by)


def test_usage_is_told_and_outlives_the_process(opened, holder, system) -> None:
    runtime = opened()
    by = holder(runtime)
    runtime.limits.admit(SEARCH, by=by)
    runtime.limits.admit(WRITE, by=by)
    used = {"request": 2, "memory.search": 1, "event.write": 1}
    assert dict(runtime.usage.report(by=by).usage) == used
    assert runtime.usage.write_down() == 3
    again = opened().usage.report(by=by)
    assert dict(again.usage) == used == dict(runtime.usage.report(by=by).usage)
    assert again.since <= system.now()


def test_settings_say_how_much() -> None:
    settings = CoreSettings.from_env(
        {
            "CLAUDE_MEM_RATE_LIMIT_PER_MIN": "0",
            "CLAUDE_MEM_RECALL_LIMIT_PER_MIN": "10",
            "CLAUDE_MEM_MONTHLY_REQUEST_CAP": "5",
        }
    )
    assert settings.paces.usual is None
    assert settings.paces.recall == Allowance("recall", 10, MINUTE, 5)
    assert settings.caps == Caps(requests=5)
