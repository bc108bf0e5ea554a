# SPDX-License-Identifier: Apache-2.0
"""The connections of one process: one that writes, and as many as read at once.

A reader is taken for the length of a block and put back, so there are as many as
blocks were ever open at once, whichever threads they ran in. No connection maps the
file into memory, and none is opened but through SQLite: a plain `open` of a database
that is in use drops SQLite's locks on it when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from claude_mem_core.errors import ConfigurationError, StorageError

from claude_mem_storage_sqlite.driver import Connection, connected

Synchronous = Literal["FULL", "NORMAL"]

WAIT_SECONDS = 10.0
LARGEST_IDLE_WAL = 16 * 1024 * 1024
"""Bytes to which the write-ahead log shrinks after it was larger."""

PAGES_A_CHECKPOINT = 4000
"""Pages of log after which a commit moves them into the database, 16 MB: a page that
many commits wrote is moved once, and the disk is waited for a quarter as often as by
SQLite's own 1,000."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is, and how surely a commit is on the disk."""

    path: Path
    synchronous: Synchronous = "FULL"

    @property
    def lease(self) -> Path:
        """The file whose lock is the turn to write."""
        return self._beside(".lease")

    @property
    def wal(self) -> Path:
        """The write-ahead log: it is there when the last user did not close it."""
        return self._beside("-wal")

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def own_file(path: Path) -> None:
    """Make the file for its owner alone, before SQLite makes it for everybody.

    SQLite gives the log and its index the mode of the database. A file that is there
    already is not opened, only its mode is put right.
    """
    try:
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        message = f"CLAUDE_MEM_SQLITE_PATH: {path}: {error.strerror}"
        raise ConfigurationError(message) from error


def open_writer(place: Place) -> Connection:
    """A connection that may write; nothing is written by opening it."""
    return _configured(
        place, f"wal_autocheckpoint = {PAGES_A_CHECKPOINT}", "query_only = OFF"
    )


def open_reader(place: Place) -> Connection:
    """A connection that cannot write, and never checkpoints."""
    return _configured(place, "wal_autocheckpoint = 0", "query_only = ON")


class Readers:
    """Connections to read with, kept for the next block."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection that shows the database as it is at this moment."""
        connection = self._taken()
        try:
            connection.run("BEGIN")
            # The moment is that of the first read, so there is one at once.
            connection.one("SELECT 1 FROM teams LIMIT 1")
            yield connection
        finally:
            self._put_back(connection)

    def close(self) -> None:
        """Close those that wait; those in use are closed when they come back."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _taken(self) -> Connection:
        if self._closed:
            raise StorageError("the storage is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return open_reader(self._place)

    def _put_back(self, connection: Connection) -> None:
        if connection.in_transaction:
            connection.run("ROLLBACK")
        self._idle.append(connection)
        if self._closed:
            self.close()


def _configured(place: Place, *more: str) -> Connection:
    connection = Connection(connected(str(place.path), wait=WAIT_SECONDS))
    pragmas = (
        f"busy_timeout = {int(WAIT_SECONDS * 1000)}",
        f"synchronous = {place.synchronous}",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "secure_delete = ON",
        "cache_size = -16000",
        "mmap_size = 0",
        "temp_store = MEMORY",
        f"journal_size_limit = {LARGEST_IDLE_WAL}",
    )
    try:
        for pragma in (*pragmas, *more):
            connection.run(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection
