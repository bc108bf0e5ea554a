# SPDX-License-Identifier: Apache-2.0
"""JSON within limits, and what each reader does beyond them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from claude_mem_core.errors import InvalidInputError
from claude_mem_http_falcon.strict_json import DEEPEST, read, read_hook
from hypothesis import given
from hypothesis import strategies as st

WHOLE_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WHOLE_TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WHOLE_TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@given(JSON)
def test_whatever_is_within_the_limits_is_read_as_it_is(value) -> None:
    assert read(json.dumps(value).encode()) == value
    assert read_hook(json.dumps({"a": value}, ensure_ascii=False).encode()) == {
        "a": value
    }


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body) -> None:
    for reader in (read, read_hook):
        try:
            reader(body)
        except InvalidInputError as error:
            assert error.issues  # noqa: PT017 - it may also be read


@pytest.mark.parametrize(
    ("body", "field", "cause"),
    [
        (b'{"a": {"b": 1, "b": 2}}', "b", "comes twice"),
        (b'{"a": [1, 9223372036854775808]}', "a.1", "beyond 64 bits"),
        (b'{"a": -9223372036854775809}', "a", "beyond 64 bits"),
        (b"1" * 5000, "body", "beyond 64 bits"),
        (b'{"a": [1e999]}', "a.0", "a double"),
        (b'{"a": -1e999}', "a", "a double"),
        (b'{"a": "\\u0000"}', "a", "NUL"),
        (b'{"a\\u0000": 1}', "a\0", "NUL"),
        (b'{"a": "\\udc00"}', "a", "surrogate"),
        (b'{"a": "\\ud83e \\udd80"}', "a", "surrogate"),
        (b'{"\\ud800": 1}', "\ufffd", "surrogate"),
        (b'["' + b"x" * (256 * 1024 + 1) + b'"]', "0", "262145 characters"),
        (nested(DEEPEST + 1), "0" + ".0" * (DEEPEST - 1), "levels"),
        (nested(100_000), "body", "levels"),
        (b"[NaN]", "body", "NaN"),
        (b"[-Infinity]", "body", "-Infinity"),
        (b"[1,]", "body", "line 1 column 4"),
        (b'["\xc3\x28"]', "body", "byte 2 is not UTF-8"),
        ('"é"'.encode("utf-16"), "body", "not UTF-8"),
    ],
)
def test_what_is_doubtful_is_refused_with_its_place_and_cause(
    body, field, cause
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(body)

    (issue,) = caught.value.issues
    assert issue.field == field
    assert cause in issue.cause
    assert issue.cure


@pytest.mark.parametrize(
    "body",
    [nested(DEEPEST), b'"' + b"x" * (256 * 1024) + b'"', b"9223372036854775807",
     b"-9223372036854775808", b"1.7976931348623157e308", b'"\\ud83e\\udd80"', b" 1\r\n\t"],
)  # fmt: skip
def test_what_lies_on_a_limit_is_read(body) -> None:
    assert read(body) == json.loads(body)


def test_a_hook_keeps_a_number_of_any_length() -> None:
    assert read_hook(b'{"a": %b}' % (b"1" * 5000)) == {"a": "1" * 5000}
    assert read_hook(b'{"a": 18446744073709551616}') == {"a": 2**64}


@given(st.integers(DEEPEST, 400))
def test_a_hook_keeps_every_level(levels) -> None:
    body = b'{"a":' + nested(levels) + b"}"

    kept = json.dumps(read_hook(body))

    assert kept.count("[") == levels
    # From the limit on it is text, so that no reader has to climb down all of it.
    assert kept.index('"[') <= len('{"a": ') + DEEPEST


def test_reading_a_usual_event_takes_no_time_to_speak_of() -> None:
    payload = {
        "tool_name": "Bash",
        "tool_input": {"command": "x" * 300},
        "list": [1, 2.5, None],
    }
    body = json.dumps(
        {"projectId": "p", "payload": payload, "text": "x" * 1000}
    ).encode()

    def seconds(of: Callable[[bytes], object]) -> float:
        began = time.thread_time()
        for _ in range(300):
            of(body)
        return time.thread_time() - began

    strict, plain = (min(seconds(of) for _ in range(3)) for of in (read, json.loads))

    # Twice as long is usual; a check that is quadratic or worse would not fit.
    assert strict < 10 * plain
