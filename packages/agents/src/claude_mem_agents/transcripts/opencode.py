# SPDX-License-Identifier: Apache-2.0
"""OpenCode: its sessions as it exports them, keeps them in folders, or in a database.

Since version 1.2 they are rows of `opencode.db`; before, a session, its messages and
their parts were files of JSON in three folders. All three ways have the same messages
of the same parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from claude_mem_core.domain.json_line import LineError, read_line
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_agents.fields import text
from claude_mem_agents.opencode import HOST
from claude_mem_agents.transcripts.documents import (
    DocumentTeller,
    DocumentTranscript,
    json_document,
)
from claude_mem_agents.transcripts.opencode_database import (
    OpenCodeDatabase,
    is_database,
)
from claude_mem_agents.transcripts.opencode_session import OpenCodeSession
from claude_mem_agents.transcripts.said import (
    Said,
    an_object,
    dicts,
)
from claude_mem_agents.vocabulary import TableVocabulary


class OpenCodeTranscripts(TranscriptFormat):
    """The transcripts of OpenCode."""

    @property
    @override
    def name(self) -> str:
        return HOST.name

    @override
    def recognises(self, path: Path, head: bytes) -> bool:
        if is_database(path, head):
            return True
        start = head.lstrip()
        if not start.startswith(b"{") or b'"directory"' not in start:
            return False
        is_export = b'"info"' in start[:64] and b'"ses' in start[:512]
        return is_export or _is_stored(path)

    @override
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        own = env.get("XDG_DATA_HOME")
        folder = (Path(own) if own else home / ".local" / "share") / "opencode"
        yield folder / "storage" / "session"
        yield folder / "opencode.db"

    @override
    def open(self, path: Path) -> Transcript:
        vocabulary = TableVocabulary(HOST)
        with path.open("rb") as file:
            head = file.read(64)
        if is_database(path, head):
            return OpenCodeDatabase(path, lambda: OpenCodeSession(path), vocabulary)
        teller = OpenCodeStored(path) if _is_stored(path) else OpenCodeExport(path)
        return DocumentTranscript(path, teller, vocabulary)


class OpenCodeExport(DocumentTeller):
    """Understands what `opencode export` writes."""

    def __init__(self, path: Path) -> None:
        self._session = OpenCodeSession(path)

    @override
    def hear(self, document: str) -> Iterator[Said]:
        exported = json_document(document)
        self._session.begin(an_object(exported.get("info")))
        for message in dicts(exported.get("messages")):
            parts = dicts(message.get("parts"))
            yield from self._session.hear(an_object(message.get("info")), parts)

    @override
    def rest(self) -> Iterator[Said]:
        yield from self._session.rest()


class OpenCodeStored(DocumentTeller):
    """Understands a session whose messages and parts are files beside it."""

    def __init__(self, path: Path) -> None:
        self._storage = path.parent.parent.parent
        self._session = OpenCodeSession(path)

    @override
    def hear(self, document: str) -> Iterator[Said]:
        session = json_document(document)
        self._session.begin(session)
        for info in _files(self._storage / "message", text(session, "id")):
            parts = _files(self._storage / "part", text(info, "id"))
            yield from self._session.hear(info, parts)

    @override
    def rest(self) -> Iterator[Said]:
        yield from self._session.rest()


def _is_stored(path: Path) -> bool:
    return path.name.startswith("ses_") and path.parent.parent.name == "session"


def _files(folder: Path, name: str | None) -> Iterator[JsonObject]:
    """The objects in the files of a folder, in the order of their names, which is time.

    A file that cannot be read is one that is being written.
    """
    if name is None or Path(name).name != name:
        return
    for path in sorted((folder / name).glob("*.json")):
        try:
            value: JsonValue = read_line(path.read_bytes())
        except (OSError, LineError):
            continue
        if isinstance(value, dict):
            yield value
