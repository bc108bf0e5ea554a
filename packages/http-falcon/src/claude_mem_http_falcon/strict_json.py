# SPDX-License-Identifier: Apache-2.0
"""JSON as RFC 8259 has it, within limits that every store and client can keep.

Two readers: `read` refuses whatever is doubtful, and says where it stands;
`read_hook` is for what an agent reports once and never again, so it mends what it
can and refuses only what is no JSON object.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from claude_mem_core.domain.json_line import as_reported
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import InvalidInputError
from pydantic import JsonValue

DEEPEST = 64
"""Levels of arrays and objects."""

LONGEST_STRING = 256 * 1024
"""Characters of one string."""

LEAST_INT, GREATEST_INT = -(2**63), 2**63 - 1

_MOST_DIGITS = 4000
"""Python itself refuses to read an integer of more than 4300 digits."""

_LONGEST_SHOWN = 40
"""Characters of a key that an error repeats."""

_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


class _Fault(ValueError):  # noqa: N818 - a fault becomes an InvalidInputError
    """What is wrong with a value; its place is filled in on the way out."""

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.cure = cure
        self.place: list[str] = []

    def within(self, key: str | int) -> _Fault:
        """The same fault, one level further out."""
        self.place.insert(0, _shown(key))
        return self

    def error(self) -> InvalidInputError:
        """The error that the caller is told."""
        return InvalidInputError.of(
            ".".join(self.place) or "body", self.cause, self.cure
        )


def read(body: bytes) -> JsonValue:
    """The JSON value that `body` holds.

    Raises:
        InvalidInputError: It is not UTF-8 or not JSON, has a key twice, a number
            beyond what a double or a 64-bit integer holds, a NUL, half a surrogate
            pair, more than `DEEPEST` levels or a string beyond `LONGEST_STRING`.
    """
    try:
        value = _decoded(body, "utf-8", _STRICT)
        _check(value, DEEPEST)
    except _Fault as fault:
        raise fault.error() from None
    return value


def read_unread(body: bytes) -> JsonValue:
    """The text of a body, which somebody else is going to read."""
    return body.decode("utf-8", "surrogateescape")


def read_hook(body: bytes) -> JsonObject:
    """The JSON object that a hook sent, with every part of it kept.

    Half a surrogate pair becomes U+FFFD; a number that no double holds, and what
    lies more than 64 levels down, becomes its own text.

    Raises:
        InvalidInputError: It is not UTF-8, not JSON or not an object.
    """
    try:
        value = as_reported(_decoded(body, "utf-8-sig", _LENIENT))
    except _Fault as fault:
        raise fault.error() from None
    except RecursionError:
        raise _too_deep().error() from None
    if not isinstance(value, dict):
        raise InvalidInputError.of("body", "it is no object", "send a JSON object")
    return value


def read_nothing(body: bytes) -> JsonValue:
    """The empty object, which is all that a route without fields takes."""
    value = read(body)
    if value != {}:
        field = next(iter(value), "body") if isinstance(value, dict) else "body"
        cause = "this route takes no fields"
        raise InvalidInputError.of(field, cause, "send no body, or an empty object")
    return value


def _decoded(body: bytes, encoding: str, decoder: json.JSONDecoder) -> JsonValue:
    try:
        value: JsonValue = decoder.decode(body.decode(encoding))
    except UnicodeDecodeError as error:
        cause = f"byte {error.start} is not UTF-8"
        raise _Fault(cause, "encode the body as UTF-8") from None
    except json.JSONDecodeError as error:
        cause = f"it is not JSON at line {error.lineno} column {error.colno}"
        raise _Fault(f"{cause}: {error.msg}", "send one JSON value") from None
    except RecursionError:
        raise _too_deep() from None
    return value


def _check(value: JsonValue, levels: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if levels == 0:
            raise _too_deep()
        _check_items(value, levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _Fault("a number beyond what a double holds", "send it as a string")
    elif isinstance(value, int) and not LEAST_INT <= value <= GREATEST_INT:
        raise _beyond_64_bits()


def _check_items(value: dict[str, JsonValue] | list[JsonValue], levels: int) -> None:
    is_object = isinstance(value, dict)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        try:
            if is_object:
                _check_text(str(key))
            _check(item, levels)
        except _Fault as fault:
            raise fault.within(key) from None


def _check_text(text: str) -> None:
    if len(text) > LONGEST_STRING:
        cause = f"a string of {len(text)} characters"
        raise _Fault(cause, f"send at most {LONGEST_STRING}")
    if "\0" in text:
        raise _Fault("a NUL character in a string", "leave it out")
    if not text.isascii() and _HALF_A_PAIR.search(text):
        raise _Fault("half a surrogate pair in a string", "send whole characters")


def _once_each(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    """The object of these pairs, where no key comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Fault("the key comes twice", "send it once").within(twice)
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _beyond_64_bits()
    return int(digits)


def _whole_or_text(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _finite_or_text(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _no_constant(name: str) -> NoReturn:
    raise _Fault(f"{name} is no JSON", "send null or a string")


def _beyond_64_bits() -> _Fault:
    return _Fault("an integer beyond 64 bits", "send it as a string")


def _too_deep() -> _Fault:
    cause = f"more than {DEEPEST} levels of arrays and objects"
    return _Fault(cause, "send a flatter value")


def _shown(key: str | int) -> str:
    return _HALF_A_PAIR.sub("\ufffd", str(key))[:_LONGEST_SHOWN]


_STRICT = json.JSONDecoder(
    object_pairs_hook=_once_each, parse_int=_whole, parse_constant=_no_constant
)
_LENIENT = json.JSONDecoder(
    parse_int=_whole_or_text,
    parse_float=_finite_or_text,
    parse_constant=_no_constant,
    strict=False,
)
