# SPDX-License-Identifier: Apache-2.0
"""What is sent, what is made of refusals, and what is never told."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from claude_mem_conformance.generator import finished_session, turn_with_work
from claude_mem_core.errors import ConfigurationError, GeneratorError
from claude_mem_core.ports.generator import ModelCallError
from claude_mem_generator_llm.failures import failure, retry_after
from claude_mem_generator_llm.http import LARGEST_ANSWER
from model_stub import KEY, Act

EVERYONE = ("anthropic", "gemini", "openai")
everyone = pytest.mark.parametrize("name", EVERYONE)

REFUSALS = {
    400: "unrecoverable",
    401: "auth_invalid",
    402: "quota_exhausted",
    403: "auth_invalid",
    404: "unrecoverable",
    408: "transient",
    413: "unrecoverable",
    429: "rate_limit",
    500: "transient",
    503: "transient",
    529: "transient",
}


def failed(generator) -> ModelCallError:
    with pytest.raises(ModelCallError) as caught:
        generator.observe(turn_with_work())
    return caught.value


@everyone
def test_a_turn_becomes_what_the_model_says_of_it(opened, name):
    made = opened(name).observe(turn_with_work())

    (memory,) = made.memories
    assert memory.title == "The parser took < for <="
    assert memory.type == "bugfix"
    assert memory.facts == ("parser.py compares with <= now",)
    assert memory.concepts == ("problem-solution",)
    assert memory.files_modified == ("/home/me/app/parser.py",)
    assert [one.event_id for one in memory.sources] == ["prompt", "edit"]
    assert memory.trust == "agent"
    assert memory.metadata["generator"] == name
    assert memory.metadata["model"] == "some/model-1"
    (call,) = made.usage
    assert (call.outcome, call.input_tokens, call.output_tokens) == ("ok", 100, 20)


@everyone
def test_a_session_becomes_a_summary(opened, name):
    (memory,) = opened(name).summarise(finished_session()).memories

    assert memory.text == "Mend the parser"
    assert memory.narrative == "The bound was off by one"
    assert memory.metadata["nextSteps"] == "None"


def test_each_provider_is_asked_in_its_own_way(opened, stub):
    for name in EVERYONE:
        opened(name).observe(turn_with_work())

    claude, gemini, openai = stub.requests
    assert claude.path == "/v1/messages"
    assert claude.headers["authorization"] == f"Bearer {KEY}"
    assert claude.headers["anthropic-version"] == "2026-10-21"
    assert claude.body["model"] == "some/model-1"
    assert gemini.path == "/v1/models/some%2Fmodel-1:generateContent"
    assert gemini.headers["x-goog-api-key"] == KEY
    assert openai.path == "/api/v1/chat/completions"
    assert openai.headers["authorization"] == f"Bearer {KEY}"
    assert openai.body["model"] == "some/model-1"
    assert claude.user == gemini.user == openai.user
    assert claude.system == gemini.system == openai.system


def test_a_whole_address_is_taken_word_for_word(opened, stub):
    address = f"{stub.url}/deep/chat/completions/"

    opened("openai", openrouter_base_url=address).observe(turn_with_work())

    assert stub.requests[0].path == "/deep/chat/completions"


def test_a_model_on_this_machine_needs_no_key(opened, stub):
    generator = opened("openai", openrouter_api_key="")

    with pytest.raises(GeneratorError):
        generator.observe(turn_with_work())
    assert "authorization" not in stub.requests[0].headers


@everyone
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_told_by_its_class_and_in_none_of_its_words(
    opened, stub, name, status, caplog
):
    caplog.set_level(logging.DEBUG)
    stub.usual = Act(status=status)

    error = failed(opened(name))

    assert error.kind == REFUSALS[status]
    tries = 3 if error.kind in ("transient", "rate_limit") else 1
    assert len(stub.requests) == len(error.usage) == tries
    assert {call.outcome for call in error.usage} == {error.kind}
    chain = [error, error.__cause__, error.__context__]
    told = " ".join([*map(repr, chain), caplog.text])
    assert KEY not in told
    assert "off-by-one" not in told
    assert error.__cause__ is None
    assert name in str(error)
    assert str(status) in str(error)


@everyone
def test_a_failure_that_passes_is_tried_again(opened, stub, name):
    stub.acts = [Act(status=500), Act(status=429)]

    made = opened(name).observe(turn_with_work())

    assert made.memories
    assert [one.outcome for one in made.usage] == ["transient", "rate_limit", "ok"]


def test_who_asks_for_patience_is_left_alone(opened, stub):
    stub.usual = Act(status=429, headers={"Retry-After": "7"})

    error = failed(opened("anthropic"))

    assert len(stub.requests) == 1
    assert error.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("1.5", 1.5),
        ("-3", 0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("", None),
        ("9e99", 365 * 86_400),
    ],
)
def test_the_time_to_come_back_is_seconds_or_a_date(given, seconds):
    found = retry_after({"retry-after": given}, now=1_700_000_000_000)

    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, "Key limit exceeded (total limit)", "quota_exhausted"),
        (429, "Rate limit exceeded: free-models", "rate_limit"),
        (429, '{"code":"insufficient_quota"}', "quota_exhausted"),
        (400, "Your credit balance is too low", "quota_exhausted"),
        (402, "", "quota_exhausted"),
        (400, "prompt is too long: 9 tokens", "unrecoverable"),
        (500, "the request exceeds the available context size", "unrecoverable"),
        (307, "", "unrecoverable"),
    ],
)
def test_markers_in_a_body_count_whatever_the_status(status, body, kind):
    error = failure(status, {}, body, now=0)

    assert error.kind == kind
    assert not body or body not in str(error)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anthropic", "prompt is too long: 210000 tokens > 200000 maximum"),
        ("gemini", "The input token count (1200000) exceeds the maximum number"),
        ("openai", "This model's maximum context length is 8192 tokens."),
        ("openai", "the request exceeds the available context size, try to raise it"),
    ],
)
def test_a_prompt_that_is_too_long_names_the_setting(opened, stub, name, told):
    stub.usual = Act(status=400, text=told)

    error = failed(opened(name))

    assert error.kind == "unrecoverable"
    assert "CLAUDE_MEM_MODEL_INPUT_BYTES" in str(error)


def test_a_redirect_is_not_followed(opened, stub):
    stub.usual = Act(status=307, headers={"Location": f"{stub.url}/elsewhere"})

    error = failed(opened("openai"))

    assert error.kind == "unrecoverable"
    assert [one.path for one in stub.requests] == ["/api/v1/chat/completions"]


@everyone
def test_a_refusal_inside_a_success_is_a_refusal(opened, stub, name):
    stub.usual = Act(raw=b'{"error": {"code": 402, "message": "pay"}}')

    assert failed(opened(name)).kind == "quota_exhausted"


@everyone
@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b"[1]", b'{"a":', b"[" * 100_000, b"\xff\xfe", b"null"],
    ids=["empty", "page", "list", "cut", "deep", "bytes", "null"],
)
def test_a_body_that_is_no_answer_is_a_failure_that_may_pass(opened, stub, raw, name):
    stub.usual = Act(raw=raw)

    assert failed(opened(name)).kind == "transient"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        *((name, b"{}") for name in EVERYONE),
        ("anthropic", b'{"content": 7}'),
        ("anthropic", b'{"content": [{"type": "tool_use"}]}'),
        ("gemini", b'{"candidates": 7}'),
        ("gemini", b'{"candidates": [{"content": {"parts": [{"inlineData": 7}]}}]}'),
        ("openai", b'{"choices": 7}'),
        ("openai", b'{"choices": [{}]}'),
        ("openai", b'{"choices": [{"message": {"content": null}}]}'),
    ],
)
def test_an_answer_without_text_is_no_memory(opened, stub, name, raw):
    stub.usual = Act(raw=raw)

    assert failed(opened(name)).kind == "transient"


def test_a_body_without_end_is_not_read_to_its_end(opened, stub):
    stub.usual = Act(raw=b" " * (LARGEST_ANSWER + 100_000))

    error = failed(opened("anthropic"))

    assert error.kind == "unrecoverable"
    assert str(LARGEST_ANSWER) in str(error)


@everyone
@pytest.mark.parametrize("act", [Act(hang=True), Act(drip=0.02)], ids=["hung", "slow"])
def test_who_does_not_answer_in_time_is_not_waited_for(opened, stub, act, name):
    stub.usual = act

    error = failed(opened(name, provider_timeout_seconds="0.3"))

    assert error.kind == "transient"
    assert "within 0.3 s" in str(error)


def test_nobody_at_the_address_is_a_failure_that_may_pass(opened):
    error = failed(opened("openai", openrouter_base_url="http://127.0.0.1:9"))

    assert error.kind == "transient"


def test_what_a_provider_does_not_count_is_estimated(opened, stub):
    stub.usual = Act(usage=None)

    (call,) = opened("openai").observe(turn_with_work()).usage

    assert call.input_tokens > 300
    assert call.output_tokens > 50


def test_money_is_counted_where_prices_are_set(opened):
    prices = {"model_input_price": "3", "model_output_price": "15.5"}

    (call,) = opened("anthropic", **prices).observe(turn_with_work()).usage

    assert call.cost_micro_usd == 100 * 3 + 20 * 15.5


@pytest.mark.parametrize(
    ("name", "more", "variable"),
    [
        ("anthropic", {"anthropic_api_key": ""}, "ANTHROPIC_API_KEY"),
        ("gemini", {"gemini_api_key": ""}, "GEMINI_API_KEY"),
        ("gemini", {"server_model": ""}, "SERVER_MODEL"),
        ("openai", {"server_model": ""}, "SERVER_MODEL"),
        (
            "openai",
            {"openrouter_api_key": "", "openrouter_base_url": "https://openrouter.ai"},
            "OPENROUTER_API_KEY",
        ),
        ("anthropic", {"server_provider": "gemini"}, "SERVER_PROVIDER"),
        ("auto", {"server_provider": "nobody"}, "SERVER_PROVIDER"),
        ("auto", {"anthropic_api_key": ""}, "ANTHROPIC_API_KEY"),
        ("anthropic", {"budget_usd": "1"}, "MODEL_INPUT_PRICE"),
        ("anthropic", {"mode": "nobody"}, "MODE"),
        ("anthropic", {"mode": "../code"}, "MODE"),
        ("anthropic", {"anthropic_base_url": "ftp://here"}, "ANTHROPIC_BASE_URL"),
        ("anthropic", {"anthropic_base_url": "https://a:b@c"}, "ANTHROPIC_BASE_URL"),
        ("anthropic", {"anthropic_api_key": KEY + "\n"}, "ANTHROPIC_API_KEY"),
    ],
)
def test_what_is_named_and_not_set_up_is_refused_at_the_start(
    opened, name, more, variable
):
    with pytest.raises(ConfigurationError) as caught:
        opened(name, **more)

    assert f"CLAUDE_MEM_{variable}" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_key_stands_in_no_description(opened):
    generator = opened("anthropic")
    held = [generator, generator._provider, generator._provider._wire._at]

    assert KEY not in " ".join(map(repr, held))
    assert KEY not in str(generator.health())
