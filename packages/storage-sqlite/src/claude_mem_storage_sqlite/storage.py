# SPDX-License-Identifier: Apache-2.0
"""The canonical records in one SQLite file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from claude_mem_core.errors import StorageError, StorageReadOnlyError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System
from typing_extensions import override

from claude_mem_storage_sqlite import full_text
from claude_mem_storage_sqlite.access import SqliteAuditLog, SqliteKeys, SqliteTeams
from claude_mem_storage_sqlite.connections import Place, Readers, Synchronous, own_file
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.events import SqliteEvents
from claude_mem_storage_sqlite.health import (
    emptied,
    index_problems,
    prepared,
    problems,
    seen,
)
from claude_mem_storage_sqlite.jobs import SqliteJobs
from claude_mem_storage_sqlite.memories import SqliteMemories
from claude_mem_storage_sqlite.model_calls import SqliteModelCalls
from claude_mem_storage_sqlite.packs import SqlitePacks
from claude_mem_storage_sqlite.projects import SqliteProjects
from claude_mem_storage_sqlite.sessions import SqliteSessions
from claude_mem_storage_sqlite.usage import SqliteUsage
from claude_mem_storage_sqlite.vectors import SqliteVectors
from claude_mem_storage_sqlite.workers import SqliteWorkers
from claude_mem_storage_sqlite.writer import Writer


class SqliteStorage(Storage):
    """Records in a file; one writer at a time, readers that wait for nobody.

    A process that was forked off opens connections of its own. A database that this
    process may not write is read; when it may be written, the next block writes.

    Args:
        path: The database; it is made when there is none.
        system: The clock for the first team's record.
        synchronous: FULL: a finished block survives a power cut. NORMAL: it
            survives a kill of any process, and the last ones may be lost with the
            power; a write then waits for no disk.

    Raises:
        ConfigurationError: The file is another program's, or of a newer schema;
            nothing was written.
        StorageReadOnlyError: It can only be read, and is of an older schema, or the
            log of a killed process has to be read into it first.
        StorageError: The file is damaged.
    """

    def __init__(
        self, path: Path, system: System, *, synchronous: Synchronous = "FULL"
    ) -> None:
        self._place = Place(path.absolute(), synchronous)
        self._system = system
        own_file(self._place.path)
        self._was_left_open = self._place.wal.exists()
        self._closed = False
        self._connections: dict[int, _Connections] = {}
        try:
            self._notices = self._made_ready()
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

    @override
    def shed(self) -> None:
        writer = self._fit_writer()
        with writer.block() as connection:
            # The index keeps the words that it was told to forget in its older parts.
            full_text.rebuild(connection)
        with writer.outside() as connection:
            emptied(connection)

    def check(self) -> Sequence[str]:
        """What is wrong with the file, a sentence each: it reads all of it."""
        with self._here().readers.one() as connection:
            damage = problems(connection)
        with self._fit_writer().block() as connection:
            return [*damage, *index_problems(connection)]

    def _made_ready(self) -> Sequence[str]:
        """What a healthy start would not have said, a sentence each."""
        try:
            self._place.require_writable()
        except StorageReadOnlyError as error:
            with self._here().readers.one() as connection:
                return (f"{error}.", *seen(connection, self._place.path))
        own_file(self._place.lease)
        return self._prepare(self._here())

    def _fit_writer(self) -> Writer:
        """The writer, on a connection whose database is fit for use."""
        here = self._here()
        if not here.is_fit:
            with here.fitting:
                if not here.is_fit:
                    self._notices = self._prepare(here)
        return here.writer

    def _prepare(self, here: _Connections) -> Sequence[str]:
        thoroughly, self._was_left_open = self._was_left_open, False
        now, path = self._system.now(), self._place.path
        notices = prepared(here.writer, path, now=now, thoroughly=thoroughly)
        here.fit = here.writer.connection
        return notices

    @contextmanager
    def _begin(self) -> Iterator[Transaction]:
        with self._fit_writer().block() as connection:
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
        self.fitting = threading.Lock()
        self.fit: Connection | None = None

    @property
    def is_fit(self) -> bool:
        """Whether the writer's connection is the one that was made fit."""
        return self.fit is not None and self.fit is self.writer.connection

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
        self._vectors = SqliteVectors(connection)
        self._jobs = SqliteJobs(connection)
        self._workers = SqliteWorkers(connection)
        self._model_calls = SqliteModelCalls(connection)
        self._packs = SqlitePacks(connection)
        self._usage = SqliteUsage(connection)
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
    def vectors(self) -> SqliteVectors:
        return self._vectors

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
    def model_calls(self) -> SqliteModelCalls:
        return self._model_calls

    @property
    @override
    def packs(self) -> SqlitePacks:
        return self._packs

    @property
    @override
    def usage(self) -> SqliteUsage:
        return self._usage

    @property
    @override
    def audit(self) -> SqliteAuditLog:
        return self._audit
