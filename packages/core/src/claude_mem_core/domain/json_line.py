# SPDX-License-Identifier: Apache-2.0
"""Reading a line of JSON that an agent wrote, so that every store keeps what it says.

An agent says a thing once: what can be mended is mended, as the server's own door
for hooks does, and only a line that holds no object is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn, cast

from pydantic import JsonValue

from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.value import JsonObject

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line, as many as the server takes from one hook."""

DEEPEST = 60
"""Levels of a payload: within an event of a batch, the server takes 64."""

DEEPEST_REPORTED = 64
"""Levels of what a hook reports by itself."""

_MOST_DIGITS = 4000
_INT64 = range(-(2**63), 2**63)
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


class LineError(ValueError):
    """A line that cannot be read: why, and what helps."""

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cause, self.cure = cause, cure


def read_line(line: bytes) -> JsonValue:
    """The value that a line of JSON stands for.

    Raises:
        LineError: It is none.
    """
    if len(line) > LONGEST_LINE:
        raise LineError(f"it is longer than {LONGEST_LINE} bytes", "shorten it")
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        cause = f"byte {error.start} is not UTF-8"
        raise LineError(cause, "encode it as UTF-8") from None
    return read_text(text)


def read_text(text: str) -> JsonValue:
    """The value that a JSON text stands for.

    Raises:
        LineError: It is none.
    """
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        cause = f"it is not JSON at column {error.colno}: {error.msg}"
        raise LineError(cause, "write one JSON object a line") from None
    except RecursionError:
        raise LineError("it is nested too deeply", "write a flatter value") from None
    return value


def fit(payload: JsonObject) -> tuple[JsonObject, int]:
    """The payload as every store keeps it, and how many characters became U+FFFD.

    Halves of characters and NULs are such, what is nested deeper than `DEEPEST` becomes
    text, and of an over-long string the middle is left out.
    """
    mend = _Mender(_UNFIT, whole=_INT64)
    return cast("JsonObject", elided(mend(payload, DEEPEST))), mend.count


def as_reported(value: JsonValue) -> JsonValue:
    """What a hook reports, as the server's door for hooks reads it.

    Halves of characters become U+FFFD; a number that no double holds, and what is
    nested deeper than `DEEPEST_REPORTED` levels, becomes text.
    """
    return _Mender(_HALF_A_PAIR)(value, DEEPEST_REPORTED)


class _Mender:
    """Makes a value one that can be kept, and counts the characters changed.

    Args:
        unfit: The characters that become U+FFFD.
        whole: The integers that stay such; all, without it.
    """

    def __init__(self, unfit: re.Pattern[str], *, whole: range | None = None) -> None:
        self._unfit = unfit
        self._whole = whole
        self.count = 0

    def __call__(self, value: JsonValue, levels: int) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict | list):
            return self._items(value, levels - 1) if levels else self._flat(value)
        return value if self._holds(value) else str(value)

    def _holds(self, value: JsonValue) -> bool:
        if isinstance(value, float):
            return math.isfinite(value)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return self._whole is None or not is_whole or value in self._whole

    def _items(self, value: JsonObject | list[JsonValue], levels: int) -> JsonValue:
        if isinstance(value, list):
            return [self(item, levels) for item in value]
        return {self._text(key): self(item, levels) for key, item in value.items()}

    def _flat(self, value: JsonValue) -> str:
        return self._text(json.dumps(value))

    def _text(self, text: str) -> str:
        if text.isascii() and "\0" not in text:
            return text
        mended, count = self._unfit.subn("\ufffd", text)
        self.count += count
        return mended


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _no_constant(name: str) -> NoReturn:
    raise LineError(f"{name} is no JSON", "write null or a string")


_DECODER = json.JSONDecoder(
    parse_int=_number,
    parse_float=_fraction,
    parse_constant=_no_constant,
    strict=False,
)
