# SPDX-License-Identifier: Apache-2.0
"""OpenCode's database: the sessions of version 1.2 and later, as rows of JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from claude_mem_core.domain.json_line import LineError, read_text
from claude_mem_core.domain.transcript import Heard, Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.transcripts import Transcript
from typing_extensions import override

from claude_mem_agents.transcripts.opencode_session import OpenCodeSession
from claude_mem_agents.transcripts.said import Hearing
from claude_mem_agents.vocabulary import TableVocabulary

MAGIC = b"SQLite format 3\x00"
_SESSIONS = (
    "SELECT s.id, s.directory, max(p.time_updated) FROM part p"
    " JOIN session s ON s.id = p.session_id WHERE p.time_updated >= ?"
    " GROUP BY s.id ORDER BY s.time_created, s.id"
)
_MESSAGES = (
    "SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id"
)
_PARTS = "SELECT id, data FROM part WHERE message_id = ? ORDER BY id"


def is_database(path: Path, head: bytes) -> bool:
    """Whether a file is OpenCode's database."""
    return head.startswith(MAGIC) and path.name.startswith("opencode")


class OpenCodeDatabase(Transcript):
    """All sessions of a database; of each only one is read at a time."""

    def __init__(
        self,
        path: Path,
        make: Callable[[], OpenCodeSession],
        vocabulary: TableVocabulary,
    ) -> None:
        self._path = path
        self._make = make
        self._hearing = Hearing(path, vocabulary)
        self._sessions: dict[str, OpenCodeSession] = {}
        self._since = 0
        self._count = 0

    @property
    @override
    def position(self) -> int:
        return self._path.stat().st_size if self._since else 0

    @override
    def read(self) -> Iterator[Heard | Problem]:
        try:
            with closing(_opened(self._path)) as db:
                yield from self._new(db)
        except (sqlite3.Error, OSError) as error:
            cause = f"it cannot be read: {error}"
            cure = "export the session with `opencode export`"
            yield Problem(str(self._path), 1, cause, cure)

    @override
    def rest(self) -> Iterator[Heard]:
        for session in self._sessions.values():
            for said in session.rest():
                self._count += 1
                yield self._hearing.heard(self._count, said)

    def _new(self, db: sqlite3.Connection) -> Iterator[Heard]:
        since = self._since
        for id_, directory, updated in db.execute(_SESSIONS, [since]).fetchall():
            session = self._sessions.setdefault(id_, self._make())
            session.begin({"id": id_, "directory": directory})
            for message_id, data in db.execute(_MESSAGES, [id_]):
                info = {**_object(data), "id": message_id}
                rows = db.execute(_PARTS, [message_id])
                parts = ({**_object(row), "id": own} for own, row in rows)
                for said in session.hear(info, parts):
                    self._count += 1
                    yield self._hearing.heard(self._count, said)
            self._since = max(self._since, updated)


def _opened(path: Path) -> sqlite3.Connection:
    """The database, only to be read: its owner may be writing it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _object(data: str) -> JsonObject:
    try:
        value = read_text(data)
    except LineError:
        return {}
    return value if isinstance(value, dict) else {}
