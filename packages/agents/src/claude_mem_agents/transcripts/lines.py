# SPDX-License-Identifier: Apache-2.0
"""Transcripts of one JSON object a line, which their agents go on writing."""

from __future__ import annotations

import gzip
import zlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from claude_mem_core.domain.json_line import LONGEST_LINE, LineError, read_line
from claude_mem_core.domain.transcript import Heard, Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.file_heads import GZIP_MAGIC
from claude_mem_core.ports.transcripts import Transcript
from typing_extensions import override

from claude_mem_agents.transcripts.said import Hearing, Said
from claude_mem_agents.vocabulary import TableVocabulary

WHOLE = "get a whole copy of it"


class Teller(Protocol):
    """Understands the entries of one session, one after the other."""

    @abstractmethod
    def hear(self, entry: JsonObject) -> Iterable[Said]:
        """What happened by this entry."""

    @abstractmethod
    def rest(self) -> Iterable[Said]:
        """What has happened when no entry follows."""


class LineTranscript(Transcript):
    """A file of lines, told by a teller; it holds no more than a line at a time."""

    def __init__(self, path: Path, teller: Teller, vocabulary: TableVocabulary) -> None:
        self._path = path
        self._teller = teller
        self._hearing = Hearing(path, vocabulary)
        self._lines = _Lines(path)

    @property
    @override
    def position(self) -> int:
        return self._lines.position

    @override
    def read(self) -> Iterator[Heard | Problem]:
        try:
            for number, line in self._lines.more():
                yield from self._told(number, line)
        except (OSError, EOFError, zlib.error) as error:
            cause = f"the file ends or breaks here: {error}"
            yield Problem(str(self._path), self._lines.number + 1, cause, WHOLE)

    @override
    def rest(self) -> Iterator[Heard]:
        number = self._lines.number
        for said in self._teller.rest():
            yield self._hearing.heard(number, said)

    def _told(self, number: int, line: bytes) -> Iterator[Heard | Problem]:
        try:
            entry = read_line(line)
        except LineError as error:
            yield Problem(str(self._path), number, str(error), error.cure)
            return
        if not isinstance(entry, dict):
            cause, cure = "it is no JSON object", "write one JSON object a line"
            yield Problem(str(self._path), number, cause, cure)
            return
        for said in self._teller.hear(entry):
            yield self._hearing.heard(number, said)


class _Lines:
    """The lines of a growing file, plain or packed by gzip, each given once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = 0
        self._took_torn = False
        self.number = 0
        self.position = 0

    def more(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are new and written to their end, with their numbers.

        A last line without an end is one that is still written, unless it is a whole
        object already.
        """
        with self._path.open("rb") as raw, self._unpacked(raw) as lines:
            while line := lines.readline(LONGEST_LINE + 1):
                size, is_ended = _through(lines, line)
                is_torn = not is_ended
                if is_torn and (size > LONGEST_LINE or not _is_whole(line)):
                    break
                yield from self._take(size, line, raw)
                self._took_torn = is_torn

    def _unpacked(self, raw: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
        is_gzip = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        return _packed(raw, self._begin) if is_gzip else _plain(raw, self._begin)

    def _take(
        self, size: int, line: bytes, raw: IO[bytes]
    ) -> Iterator[tuple[int, bytes]]:
        self._begin += size
        self.position = raw.tell()
        if self._took_torn and not line.strip():
            # It is only the end of a line that was given already.
            return
        self.number += 1
        if line.strip():
            yield self.number, line


def entries_of(head: bytes) -> Iterator[JsonObject]:
    """The objects on the whole lines that a file begins with, as far as they are such.

    It ends at the first line that is none: this is no file of lines then.
    """
    for line in head.split(b"\n"):
        if not line.strip():
            continue
        try:
            entry = read_line(line)
        except LineError:
            return
        if not isinstance(entry, dict):
            return
        yield entry


def _through(lines: IO[bytes], line: bytes) -> tuple[int, bool]:
    """How long a line is of which this is the beginning, and whether it is ended."""
    size, is_ended = len(line), line.endswith(b"\n")
    while not is_ended and (rest := lines.readline(LONGEST_LINE)):
        size, is_ended = size + len(rest), rest.endswith(b"\n")
    return size, is_ended


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(read_line(line), dict)
    except LineError:
        return False


@contextmanager
def _plain(raw: IO[bytes], begin: int) -> Iterator[IO[bytes]]:
    raw.seek(begin)
    yield raw


@contextmanager
def _packed(raw: IO[bytes], begin: int) -> Iterator[IO[bytes]]:
    with gzip.GzipFile(fileobj=raw) as unpacked:
        unpacked.seek(begin)
        yield cast("IO[bytes]", unpacked)
