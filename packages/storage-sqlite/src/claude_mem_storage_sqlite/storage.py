# SPDX-License-Identifier: Apache-2.0
"""The canonical records in one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from claude_mem_core.errors import StorageError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System
from typing_extensions import override

from claude_mem_storage_sqlite.access import SqliteAuditLog, SqliteKeys, SqliteTeams
from claude_mem_storage_sqlite.connections import Place, Readers, Synchronous, own_file
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.events import SqliteEvents
from claude_mem_storage_sqlite.health import index_problems, prepared, problems
from claude_mem_storage_sqlite.jobs import SqliteJobs
from claude_mem_storage_sqlite.memories import SqliteMemories
from claude_mem_storage_sqlite.projects import SqliteProjects
from claude_mem_storage_sqlite.sessions import SqliteSessions
from claude_mem_storage_sqlite.workers import SqliteWorkers
from claude_mem_storage_sqlite.writer import Writer


class SqliteStorage(Storage):
    """Records in a file; one writer at a time, readers that wait for nobody.

    A process that was forked off opens connections of its own.

    Args:
        path: The database; it is made when there is none.
        system: The clock for the first team's record.
        synchronous: FULL: a finished block survives a power cut. NORMAL: it
            survives a kill of any process, and the last ones may be lost with the
            power; a write then waits for no disk.

    Raises:
        ConfigurationError: The file is another program's, or of a newer schema;
            nothing was written.
        StorageError: The file is damaged or cannot be written.
    """

    def __init__(
        self, path: Path, system: System, *, synchronous: Synchronous = "FULL"
    ) -> None:
        self._place = Place(path.absolute(), synchronous)
        own_file(self._place.path)
        own_file(self._place.lease)
        was_left_open = self._place.wal.exists()
        self._closed = False
        self._connections: dict[int, _Connections] = {}
        try:
            self._notices = prepared(
                self._here().writer,
                self._place.path,
                now=system.now(),
                thoroughly=was_left_open,
            )
        except StorageError as error:
            self.close()
            raise type(error)(f"{self._place.path}: {error}") from error
        except BaseException:
            self.close()
            raise

    @override
    def begin(self) -> AbstractContextManager[Transaction]:
        return self._begin()

    @override
    def read(self) -> AbstractContextManager[Snapshot]:
        return self._read()

    @override
    def close(self) -> None:
        self._closed = True
        known = self._connections.get(os.getpid())
        if known is not None:
            known.close()

    @override
    def notices(self) -> Sequence[str]:
        return self._notices

    def check(self) -> Sequence[str]:
        """What is wrong with the file, a sentence each: it reads all of it."""
        with self._here().readers.one() as connection:
            damage = problems(connection)
        with self._here().writer.block() as connection:
            return [*damage, *index_problems(connection)]

    @contextmanager
    def _begin(self) -> Iterator[Transaction]:
        with self._here().writer.block() as connection:
            yield _Records(connection)

    @contextmanager
    def _read(self) -> Iterator[Snapshot]:
        with self._here().readers.one() as connection:
            yield _Records(connection)

    def _here(self) -> _Connections:
        """This process's own connections, never those of the one it came from.

        Those stay in the dictionary, neither used nor closed: SQLite forbids both.
        """
        process = os.getpid()
        known = self._connections.get(process)
        if known is not None:
            return known
        if self._closed:
            raise StorageError("the storage is closed")
        fresh = _Connections(self._place)
        known = self._connections.setdefault(process, fresh)
        if known is not fresh:
            fresh.close()
        return known


class _Connections:
    """What one process has open."""

    def __init__(self, place: Place) -> None:
        self.writer = Writer(place)
        self.readers = Readers(place)

    def close(self) -> None:
        self.readers.close()
        self.writer.close()


class _Records(Transaction, Snapshot):
    """One connection, table by table."""

    def __init__(self, connection: Connection) -> None:
        self._teams = SqliteTeams(connection)
        self._keys = SqliteKeys(connection)
        self._projects = SqliteProjects(connection)
        self._sessions = SqliteSessions(connection)
        self._events = SqliteEvents(connection)
        self._memories = SqliteMemories(connection)
        self._jobs = SqliteJobs(connection)
        self._workers = SqliteWorkers(connection)
        self._audit = SqliteAuditLog(connection)

    @property
    @override
    def teams(self) -> SqliteTeams:
        return self._teams

    @property
    @override
    def keys(self) -> SqliteKeys:
        return self._keys

    @property
    @override
    def projects(self) -> SqliteProjects:
        return self._projects

    @property
    @override
    def sessions(self) -> SqliteSessions:
        return self._sessions

    @property
    @override
    def events(self) -> SqliteEvents:
        return self._events

    @property
    @override
    def memories(self) -> SqliteMemories:
        return self._memories

    @property
    @override
    def jobs(self) -> SqliteJobs:
        return self._jobs

    @property
    @override
    def workers(self) -> SqliteWorkers:
        return self._workers

    @property
    @override
    def audit(self) -> SqliteAuditLog:
        return self._audit
