# SPDX-License-Identifier: Apache-2.0
"""The objects that stand in a file, and how what is wrong with one is told.

A fault names the file, the place in it, and the cure.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from claude_mem_core.errors import ClaudeMemError, InvalidInputError

LONG_MEM_EVAL_DATE = "%Y/%m/%d (%a) %H:%M"
"""How LongMemEval writes a time; it is read wherever a time may stand."""


class Line:
    """An object of a file, and where it stands."""

    def __init__(self, where: str, told: dict[str, Any]) -> None:
        self.where = where
        self.told = told

    def __contains__(self, name: str) -> bool:
        """Whether it has something under a name; null is nothing."""
        return self.told.get(name) is not None

    def name(self, key: str) -> str:
        """An id, or what else names something; a number stands for its digits."""
        value = self.told.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f"it has no `{key}`", "give it a text or a number")
        return whole(value)

    def text(self, key: str) -> str:
        """A text that may be empty."""
        value = self.told.get(key)
        if not isinstance(value, str):
            raise self.fault(f"its `{key}` is no text", "send a JSON string")
        return whole(value)

    def list(self, key: str) -> list[Any]:
        """A list."""
        value = self.told.get(key)
        if not isinstance(value, list):
            raise self.fault(f"its `{key}` is no list", "send a JSON array")
        return value

    def optional(self, key: str) -> str | None:
        """A text, where there is one that says something."""
        value = self.told.get(key)
        return whole(value) if isinstance(value, str) and value.strip() else None

    def moment(self, key: str) -> int | None:
        """A time in milliseconds, where there is one."""
        return None if self.told.get(key) in (None, "") else self.epoch(self.text(key))

    def epoch(self, told: str) -> int:
        """Milliseconds of a time; without a zone it is in UTC."""
        try:
            moment = _moment(told.strip())
            at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            epoch = int(at.timestamp() * 1000)
        except (ValueError, OverflowError):
            epoch = -1
        if epoch < 0:
            cure = "write it as 2025-01-15T09:00:00, from 1970 on"
            raise self.fault(f"{told[:40]!r} is no time", cure)
        return epoch

    def fault(self, cause: str, cure: str) -> InvalidInputError:
        """What is wrong with it."""
        return InvalidInputError.of(self.where, cause, cure)


@contextmanager
def faults_told() -> Iterator[None]:
    """End the program with one line where what was handed in is at fault."""
    try:
        yield
    except ClaudeMemError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def read_lines(path: Path, *, may_be_empty: bool = False) -> Iterator[Line]:
    """The objects of a file, one a line; lines without anything are passed over."""
    number = 0
    with opened(path) as file:
        for at, raw in enumerate(file, 1):
            if raw.strip(b"\xef\xbb\xbf \t\r\n"):
                number += 1
                yield _line(f"{path.name}, line {at}", raw)
    if not number and not may_be_empty:
        raise InvalidInputError.of(path.name, "it is empty", "put one object a line")


def as_line(where: str, told: object) -> Line:
    """What was read at a place, which must be an object."""
    if not isinstance(told, dict):
        raise InvalidInputError.of(where, "it is no JSON object", "send `{…}`")
    return Line(where, told)


def once(seen: dict[str, str], line: Line, name: str, *, of: str = "") -> None:
    """Refuse a name that another line has."""
    first = seen.setdefault(f"{of}\0{name}", line.where)
    if first is not line.where:
        raise line.fault(f"it has the id {name!r}, as has {first}", "leave one out")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file, unpacked where it is packed."""
    try:
        with path.open("rb") as file:
            if path.suffix == ".gz":
                with gzip.open(file) as unpacked:
                    yield cast("BinaryIO", unpacked)
            else:
                yield file
    except (OSError, EOFError, zlib.error) as error:
        cause = f"it cannot be read: {error}"
        cure = "name a file that is there and whole"
        raise InvalidInputError.of(path.name, cause, cure) from None


def whole(text: str) -> str:
    """The text with a mark in place of each half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode() if not _is_whole(text) else text


def _line(where: str, raw: bytes) -> Line:
    try:
        told = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        cause, cure = "it is not UTF-8", "save the file as UTF-8"
        raise InvalidInputError.of(where, cause, cure) from None
    except (ValueError, RecursionError) as error:
        cause, cure = f"it is no JSON: {error}", "put one object a line"
        raise InvalidInputError.of(where, cause, cure) from None
    return as_line(where, told)


def _moment(told: str) -> datetime:
    if "/" in told:
        return datetime.strptime(told, LONG_MEM_EVAL_DATE).replace(tzinfo=UTC)
    return datetime.fromisoformat(told)


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)
