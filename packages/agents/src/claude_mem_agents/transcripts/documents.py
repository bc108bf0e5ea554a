# SPDX-License-Identifier: Apache-2.0
"""Transcripts that are one document each, which their agents write anew."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from claude_mem_core.domain.json_line import LineError, read_text
from claude_mem_core.domain.transcript import Heard, Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript
from typing_extensions import override

from claude_mem_agents.transcripts.said import Hearing, Said
from claude_mem_agents.vocabulary import TableVocabulary

LARGEST = 256 * 1024 * 1024
"""Bytes of a document that is read."""

SMALLER = "export the session in parts"
WHOLE_OBJECT = "write one JSON object"


class DocumentTeller(Protocol):
    """Understands a document, again as it grows, and tells each thing once."""

    @abstractmethod
    def hear(self, document: str) -> Iterable[Said]:
        """What happened that was not told yet.

        Raises:
            LineError: It cannot be understood.
        """

    @abstractmethod
    def rest(self) -> Iterable[Said]:
        """What has happened when nothing follows."""


class DocumentTranscript(Transcript):
    """A document, told by a teller; what is not written to its end yet waits."""

    def __init__(
        self, path: Path, teller: DocumentTeller, vocabulary: TableVocabulary
    ) -> None:
        self._path = path
        self._teller = teller
        self._hearing = Hearing(path, vocabulary)
        self._seen: tuple[int, int] | None = None
        self._count = 0

    @property
    @override
    def position(self) -> int:
        return self._seen[0] if self._seen else 0

    @override
    def read(self) -> Iterator[Heard | Problem]:
        try:
            yield from self._read()
        except (OSError, UnicodeDecodeError) as error:
            cause = f"it cannot be read: {error}"
            yield Problem(str(self._path), 1, cause, "get a whole copy of it")
        except LineError as error:
            yield Problem(str(self._path), 1, str(error), error.cure)

    @override
    def rest(self) -> Iterator[Heard]:
        yield from self._heard(self._teller.rest())

    def _read(self) -> Iterator[Heard]:
        known = self._path.stat()
        state = known.st_size, known.st_mtime_ns
        if state == self._seen:
            return
        if known.st_size > LARGEST:
            self._seen = state
            raise LineError(f"it is larger than {LARGEST} bytes", SMALLER)
        document = self._path.read_text("utf-8-sig")
        self._seen = state
        yield from self._heard(self._teller.hear(document))

    def _heard(self, said: Iterable[Said]) -> Iterator[Heard]:
        for one in said:
            self._count += 1
            yield self._hearing.heard(self._count, one)


def json_document(document: str) -> JsonObject:
    """The object that a document is; an empty one where it is still being written.

    Raises:
        LineError: It is none.
    """
    text = document.strip()
    try:
        value = read_text(text)
    except LineError:
        if not text.endswith("}"):
            return {}
        raise
    if not isinstance(value, dict):
        raise LineError("it is no JSON object", WHOLE_OBJECT)
    return value
