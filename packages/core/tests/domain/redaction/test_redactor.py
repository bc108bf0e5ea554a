# SPDX-License-Identifier: Apache-2.0
"""Secrets go, ordinary text stays, and what went is known by a mark."""

from __future__ import annotations

import json
import random

import pytest
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.redaction.scan import FAMILIES
from hypothesis import given
from hypothesis import strategies as st
from secret_samples import GENERIC, SHAPED, Family, draw, innocent, samples

REDACTOR = Redactor()
EACH = 20
LINES = 20_000


def _kept(families: dict[str, Family], *, seed: int) -> tuple[list[str], int]:
    """The texts in which a secret's core is still there, and how many were tried."""
    tried = list(samples(families, EACH, seed=seed))
    cleaned = [(one, REDACTOR.without_secrets(one.text)) for one in tried]
    return [text for one, text in cleaned if one.core in text], len(tried)


def test_of_secrets_with_a_format_99_in_100_are_found() -> None:
    kept, tried = _kept(dict(SHAPED), seed=1)

    assert len(SHAPED) >= 45
    assert tried == len(SHAPED) * EACH * 6
    assert len(kept) <= 0.01 * tried, kept[:5]


def test_of_secrets_with_an_ordinary_name_9_in_10_are_found() -> None:
    kept, tried = _kept(dict(GENERIC), seed=2)

    assert len(kept) <= 0.1 * tried, kept[:5]


def test_of_ordinary_lines_5_in_1000_are_changed_at_most() -> None:
    changed = [
        line
        for line in innocent(LINES, seed=3)
        if REDACTOR.without_secrets(line) != line
    ]

    assert len(changed) <= 0.005 * LINES, changed[:5]


def test_what_was_redacted_is_left_as_it_is() -> None:
    for one in samples({**SHAPED, **GENERIC}, 2, seed=4):
        once = REDACTOR.without_secrets(one.text)

        assert REDACTOR.without_secrets(once) == once


def test_what_stands_around_a_secret_stays() -> None:
    token = f"ghp_{draw(random.Random(5), 36)}"

    text = REDACTOR.text(f"git push with {token}, then rest")

    assert text == "git push with [redacted:github-token], then rest"


def test_a_mark_tells_a_family_that_is_listed() -> None:
    told = {
        span.family
        for one in samples({**SHAPED, **GENERIC}, 1, seed=6)
        for span in REDACTOR.secrets(one.text)
    }

    assert told <= set(FAMILIES)
    assert len(FAMILIES) >= 45


@pytest.mark.parametrize(
    "text",
    [
        "token = getToken()",
        "password: string",
        "max_tokens: 4096",
        "secretName: web-tls",
        "DB_PASSWORD=${DB_PASSWORD}",
        "Authorization: Bearer <token>",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        '"password": "Enter your password"',
        "const token: string | undefined = undefined;",
        "if (password === confirmPassword) {",
        "apiKey: process.env.OPENAI_API_KEY,",
        "Tokens: 17470842",
        "sort_key=user.created_at",
        "the token is invalid",
    ],
)
def test_code_and_prose_stay_as_they_are(text: str) -> None:
    assert REDACTOR.without_secrets(text) == text


def test_a_string_below_a_secrets_name_goes_whole() -> None:
    given_in = {"db": {"password": "two words", "user": "me", "passwordHint": "pet"}}

    cleaned = REDACTOR.json(given_in)

    hidden = {"password": "[redacted:password]", "user": "me", "passwordHint": "pet"}
    assert cleaned.value == {"db": hidden}
    assert cleaned.found == {"password": 1}


def test_a_name_and_its_value_may_stand_side_by_side() -> None:
    given_in = {"env": [{"name": "API_TOKEN", "value": "abc def"}]}

    cleaned = REDACTOR.json(given_in).value

    assert cleaned == {"env": [{"name": "API_TOKEN", "value": "[redacted:token]"}]}


def test_the_secrets_of_kubernetes_go_from_json_too() -> None:
    given_in = {"kind": "Secret", "data": {"a": "aGVsbG8="}, "type": "Opaque"}

    cleaned = REDACTOR.json(given_in).value

    hidden = {"a": "[redacted:kubernetes-secret]"}
    assert cleaned == {"kind": "Secret", "data": hidden, "type": "Opaque"}


def test_secrets_in_keys_go_and_no_value_is_lost() -> None:
    rng = random.Random(7)
    given_in = {f"ghp_{draw(rng, 36)}": number for number in (1, 2)}

    cleaned = REDACTOR.json(given_in).value

    assert cleaned == {"[redacted:github-token]": 1, "[redacted:github-token] (2)": 2}
    assert REDACTOR.json(cleaned).value == cleaned


def test_json_within_a_string_is_read_too() -> None:
    inner = json.dumps({"apiKey": draw(random.Random(8), 32)})

    cleaned = REDACTOR.json({"stdout": inner}).value

    assert cleaned == {"stdout": '{"apiKey": "[redacted:api-key]"}'}


def test_without_the_rules_only_what_tags_mark_goes() -> None:
    token = f"ghp_{draw(random.Random(9), 36)}"
    redactor = Redactor(finds_secrets=False)

    cleaned = redactor.json({"a": f"{token} <private>x</private>"}).value

    assert cleaned == {"a": f"{token} "}


def test_a_value_without_anything_to_take_out_is_the_same_object() -> None:
    value = {"command": "ls -la", "output": ["a", "b"]}

    assert REDACTOR.json(value).value is value


@given(
    st.recursive(
        st.text(max_size=40) | st.integers() | st.none(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["a", "token", "password", "kind", "data"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_can_be_cleaned_twice_with_the_same_result(value: object) -> None:
    once = REDACTOR.json(value).value  # type: ignore[arg-type]

    assert REDACTOR.json(once).value == once
