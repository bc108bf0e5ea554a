# SPDX-License-Identifier: Apache-2.0
"""Reading files of hook payloads: one JSON object a line, plain or gzip.

An agent says a thing once: what can be mended is mended, as the server's own door
for hooks does, and only a line that holds no payload is refused.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, NoReturn, cast

from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue
from typing_extensions import override

STDIN = "-"
GZIP_MAGIC = b"\x1f\x8b"
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line, as many as the server takes from one hook."""

DEEPEST = 60
"""Levels of a payload: within an event of a batch, the server takes 64."""

_MOST_DIGITS = 4000
_INT64 = range(-(2**63), 2**63)
_UNFIT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not taken in: where it is, why, and what helps."""

    file: str
    line: int
    cause: str
    cure: str

    @override
    def __str__(self) -> str:
        """The line and what is wrong with it, as one line."""
        return f"{self.file}:{self.line}: {self.cause}; {self.cure}"


@dataclass(frozen=True, slots=True)
class Payload:
    """The hook payload of one line.

    Attributes:
        mended: Characters that no store keeps, and that became U+FFFD.
    """

    line: int
    event: str
    body: JsonObject
    raw: bytes = field(repr=False)
    mended: int = 0


class _Fault(ValueError):  # noqa: N818 - it becomes a Problem
    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cause, self.cure = cause, cure


class Source:
    """An open file of payloads, which knows how far it was read."""

    def __init__(self, name: str, raw: BufferedReader) -> None:
        self.name = name
        self._raw = raw
        is_gzip = raw.peek(2)[:2] == GZIP_MAGIC
        lines = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        self._lines = cast("IO[bytes]", lines)

    @property
    def position(self) -> int:
        """Bytes of the file, packed as it is, that were read."""
        return self._raw.tell() if self._raw.seekable() else 0

    def read(self) -> Iterator[Payload | Problem]:
        """What each line holds, in order; empty lines hold nothing."""
        number = 0
        try:
            for number, line in enumerate(self._long_lines(), 1):
                if line.strip():
                    yield self._payload(number, line)
        except (OSError, EOFError, zlib.error) as error:
            cause = f"the file ends or breaks here: {error}"
            yield Problem(self.name, number + 1, cause, "get a whole copy of it")

    def _long_lines(self) -> Iterator[bytes]:
        while line := self._lines.readline(LONGEST_LINE + 1):
            rest = line
            while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
                rest = self._lines.readline(LONGEST_LINE + 1)
            yield line

    def _payload(self, number: int, line: bytes) -> Payload | Problem:
        try:
            return _payload(number, line)
        except _Fault as fault:
            return Problem(self.name, number, fault.cause, fault.cure)


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """The file at `path`, or standard input for `-`."""
    if path == STDIN:
        yield Source("stdin", cast("BufferedReader", sys.stdin.buffer))
        return
    with Path(path).open("rb") as raw:
        yield Source(path, raw)


def _payload(number: int, line: bytes) -> Payload:
    value = _decoded(line)
    if not isinstance(value, dict):
        raise _Fault("it is no JSON object", "write one hook payload a line")
    event = value.get("hook_event_name")
    if not isinstance(event, str) or not event:
        raise _Fault("it has no hook_event_name", "add the name of the hook's event")
    mend = _Mender()
    body = cast("JsonObject", elided(mend(value, DEEPEST)))
    return Payload(number, event, body, line, mend.count)


def _decoded(line: bytes) -> JsonValue:
    if len(line) > LONGEST_LINE:
        raise _Fault(f"it is longer than {LONGEST_LINE} bytes", "shorten it")
    try:
        value: JsonValue = _DECODER.decode(line.decode("utf-8-sig").strip())
    except UnicodeDecodeError as error:
        raise _Fault(f"byte {error.start} is not UTF-8", "encode it as UTF-8") from None
    except json.JSONDecodeError as error:
        cause = f"it is not JSON at column {error.colno}: {error.msg}"
        raise _Fault(cause, "write one JSON object a line") from None
    except RecursionError:
        raise _Fault("it is nested too deeply", "write a flatter value") from None
    return value


class _Mender:
    """Makes a value one that every store keeps, and counts the characters changed."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, value: JsonValue, levels: int) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict | list):
            return self._items(value, levels - 1) if levels else self._flat(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value if value in _INT64 else str(value)
        return value

    def _items(self, value: JsonObject | list[JsonValue], levels: int) -> JsonValue:
        if isinstance(value, list):
            return [self(item, levels) for item in value]
        return {self._text(key): self(item, levels) for key, item in value.items()}

    def _flat(self, value: JsonValue) -> str:
        return self._text(json.dumps(value))

    def _text(self, text: str) -> str:
        mended, count = _UNFIT.subn("\ufffd", text)
        self.count += count
        return mended


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _fraction(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _no_constant(name: str) -> NoReturn:
    raise _Fault(f"{name} is no JSON", "write null or a string")


_DECODER = json.JSONDecoder(
    parse_int=_number,
    parse_float=_fraction,
    parse_constant=_no_constant,
    strict=False,
)
