# SPDX-License-Identifier: Apache-2.0
"""Reading files of hook payloads: one JSON object a line, plain or gzip.

An agent says a thing once: what can be mended is mended, as the server's own door
for hooks does, and only a line that holds no payload is refused.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from claude_mem_core.domain.json_line import LONGEST_LINE, LineError, fit, read_line
from claude_mem_core.domain.transcript import Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.file_heads import GZIP_MAGIC, head_of

STDIN = "-"


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
        except LineError as fault:
            return Problem(self.name, number, fault.cause, fault.cure)


def holds_payloads(path: Path) -> bool:
    """Whether the first line of a file is a hook payload."""
    head = head_of(path).lstrip()
    return b'"hook_event_name"' in head.partition(b"\n")[0] and head[:1] == b"{"


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """The file at `path`, or standard input for `-`."""
    if path == STDIN:
        yield Source("stdin", cast("BufferedReader", sys.stdin.buffer))
        return
    with Path(path).open("rb") as raw:
        yield Source(path, raw)


def _payload(number: int, line: bytes) -> Payload:
    value = read_line(line)
    if not isinstance(value, dict):
        raise LineError("it is no JSON object", "write one hook payload a line")
    event = value.get("hook_event_name")
    if not isinstance(event, str) or not event:
        raise LineError("it has no hook_event_name", "add the name of the hook's event")
    body, mended = fit(value)
    return Payload(number, event, body, line, mended)
