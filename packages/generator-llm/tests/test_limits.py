# SPDX-License-Identifier: Apache-2.0
"""The day's budget and the breaker, both read from the book in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.generator import turn_with_work
from claude_mem_core.errors import GeneratorPausedError
from claude_mem_core.ports.generator import Turn
from claude_mem_core.reference.generator import RuleBasedGenerator

LONG = "the parser compared with < and now compares with <= instead " * 40
PRICES = {"model_input_price": "3", "model_output_price": "15"}


def paused(generator) -> GeneratorPausedError:
    with pytest.raises(GeneratorPausedError) as caught:
        generator.observe(turn_with_work())
    return caught.value


def long_turn() -> Turn:
    turn = turn_with_work()
    more = samples.event(
        "more", event_type="assistant_message", payload={"text": f"I fixed it. {LONG}"}
    )
    events = (*turn.events[:-1], more, turn.events[-1])
    return Turn(turn.project, turn.session, number=1, events=events)


@pytest.mark.parametrize(
    ("limit", "spent"),
    [
        ({"budget_tokens": "110"}, {}),
        ({"budget_usd": "0.000007", **PRICES}, {}),
        ({"team_budget_tokens": "110"}, {}),
        ({"team_budget_usd": "0.000007", **PRICES}, {}),
        ({"budget_tokens": "110"}, {"team_id": "strangers", "project_id": "theirs"}),
    ],
)
def test_a_day_whose_budget_is_used_up_waits_for_the_next(
    opened, wrote, system, stub, limit, spent
):
    generator = opened("anthropic", **limit)
    wrote("ok", **spent)

    error = paused(generator)

    assert error.kind == "quota_exhausted"
    assert "CLAUDE_MEM_" in str(error)
    assert stub.requests == []
    system.move(error.lasts)
    assert generator.observe(turn_with_work()).memories


def test_a_budget_that_is_not_used_up_allows_a_call(opened, wrote):
    wrote("ok")

    assert opened("anthropic", budget_tokens="111").observe(turn_with_work()).memories


def test_another_teams_calls_do_not_use_up_a_teams_budget(opened, wrote):
    wrote("ok", team_id="strangers", project_id="theirs")

    generator = opened("anthropic", team_budget_tokens="110")

    assert generator.observe(turn_with_work()).memories


def test_failed_calls_use_up_a_budget_too(opened, wrote, stub):
    wrote("parse_error")

    paused(opened("anthropic", budget_tokens="110"))

    assert stub.requests == []


def test_a_provider_that_fails_again_and_again_is_left_alone(
    opened, wrote, system, stub
):
    generator = opened("anthropic", breaker_failures="3")
    wrote("transient", "rate_limit", "auth_invalid")

    error = paused(generator)

    assert error.lasts == timedelta(seconds=60)
    assert generator.health().problem is not None
    assert generator.health().details["breaker"] == "open"
    assert stub.requests == []
    system.move(error.lasts)
    assert generator.health().details["breaker"] == "half_open"
    assert generator.observe(turn_with_work()).memories
    wrote("ok")
    assert generator.health().details["breaker"] == "closed"


def test_a_try_that_fails_opens_the_breaker_again(opened, wrote, system):
    generator = opened("anthropic", breaker_failures="2")
    wrote("transient", "transient")
    system.move(timedelta(seconds=61))
    wrote("transient")

    assert paused(generator).lasts == timedelta(seconds=60)


def test_while_one_tries_the_others_wait(opened, wrote, system, stub):
    generator = opened("anthropic", breaker_failures="2")
    wrote("transient", "transient")
    system.move(timedelta(seconds=61))

    with generator._guard.admitted("team"):
        assert paused(generator).lasts == timedelta(seconds=5)

    assert stub.requests == []


@pytest.mark.parametrize(
    "calls",
    [
        ("transient", "ok", "transient"),
        ("transient", "parse_error", "transient"),
        ("transient", "transient"),
    ],
)
def test_failures_that_are_few_or_not_in_a_row_leave_the_breaker_closed(
    opened, wrote, calls
):
    wrote(*calls)

    generator = opened("anthropic", breaker_failures="3")

    assert generator.observe(turn_with_work()).memories


def test_a_clock_that_went_back_does_not_hold_the_breaker_open(opened, wrote, system):
    wrote("transient", "transient")
    system.move(timedelta(days=-3))

    error = paused(opened("anthropic", breaker_failures="2"))

    assert error.lasts == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ({"budget_tokens": "1"}, "quota_exhausted"),
        ({"breaker_failures": "1"}, "transient"),
    ],
)
def test_auto_goes_on_by_rules_and_says_why(opened, wrote, stub, limit, why):
    wrote("transient")

    made = opened("auto", **limit).observe(long_turn())

    assert stub.requests == []
    assert {one.metadata["generator"] for one in made.memories} == {"rules"}
    assert {one.metadata["modelLeftOut"] for one in made.memories} == {why}


def test_auto_asks_about_a_change_of_some_size_and_keeps_what_the_rules_know(
    opened, stub
):
    made = opened("auto").observe(long_turn())

    memory = made.memories[0]
    ruled = RuleBasedGenerator().observe(long_turn()).memories
    assert len(stub.requests) == 1
    assert memory.title == "The parser took < for <="
    assert memory.metadata["generator"] == "anthropic"
    assert "parser.py compares with <= now" in memory.facts
    assert memory.facts[: len(ruled[0].facts)] == ruled[0].facts
    assert ruled[0].facts
    assert memory.files_modified == ("/home/me/app/parser.py",)
    cited = {one.event_id for one in memory.sources}
    assert {one.event_id for one in ruled[0].sources} <= cited
    assert len(made.memories) == len(ruled)


def test_the_rules_evidence_vouches_for_no_word_of_the_model(opened):
    memory = opened("auto").observe(long_turn()).memories[0]

    supported = {
        line for one in memory.sources for line in one.metadata.get("supports", [])
    }
    assert supported
    assert all("[" in line for line in supported)


def test_auto_asks_nobody_about_a_line_or_two(opened, stub):
    made = opened("auto").observe(turn_with_work())

    assert stub.requests == []
    assert made.memories[0].metadata["modelLeftOut"] == "not worth a call"


def test_auto_keeps_the_rules_memories_when_the_model_fails(opened, stub):
    from model_stub import Act

    stub.usual = Act(text="I cannot help with that.")

    made = opened("auto").observe(long_turn())

    assert made.memories[0].metadata["modelLeftOut"] == "parse_error"
    assert [one.outcome for one in made.usage] == ["parse_error"]
