# SPDX-License-Identifier: Apache-2.0
"""The connections of one process: one that writes, and as many as read at once.

A reader is taken for the length of a block and put back, so there are as many as
blocks were ever open at once, whichever threads they ran in. No connection maps the
file into memory, and none is opened but through SQLite: a plain `open` of a database
that is in use drops SQLite's locks on it when it is closed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from claude_mem_core.errors import (
    ConfigurationError,
    StorageError,
    StorageReadOnlyError,
)

from claude_mem_storage_sqlite.driver import Connection, connected
from claude_mem_storage_sqlite.matching import FUNCTIONS

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

    @property
    def identity(self) -> tuple[int, int] | None:
        """Which file has the database's name now, None when there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @property
    def shm(self) -> Path:
        """The index of the log, which all processes that use it share."""
        return self._beside("-shm")

    @property
    def obstacle(self) -> Path | None:
        """What keeps this process from writing the database, None when nothing does.

        A folder does where what lies beside the database would have to be made first.
        """
        if self.path.exists() and not os.access(self.path, os.W_OK):
            return self.path
        beside = (self.lease, self.wal, self.shm)
        if _is_writable(self.path.parent) or all(map(_is_writable, beside)):
            return None
        return self.path.parent

    @property
    def is_frozen(self) -> bool:
        """Whether the database has no log, and this process cannot make one.

        Raises:
            StorageReadOnlyError: The log alone has the newest, and cannot be read.
        """
        if _is_writable(self.path.parent) or (self.wal.exists() and self.shm.exists()):
            return False
        if self.wal.exists() and self.wal.stat().st_size:
            raise StorageReadOnlyError(
                f"{self.wal} was left by a kill and has to be read into the database; "
                f"make {self.path.parent} and what is in it writable for one start"
            )
        return True

    def require_writable(self) -> None:
        """Nothing, where this process may write; `StorageReadOnlyError` elsewhere."""
        obstacle = self.obstacle
        if obstacle is not None:
            raise StorageReadOnlyError(
                f"the store is read-only: {obstacle} cannot be written; "
                "make it writable, no restart is needed"
            )

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def own_file(path: Path) -> None:
    """Make the file for its owner alone, before SQLite makes it for everybody.

    SQLite gives the log and its index the mode of the database. A file that is there
    already is not opened, only its mode is put right: what the owner may do with it
    stays as it is.
    """
    try:
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        mode = path.stat().st_mode
        if mode & 0o077:
            path.chmod(mode & 0o700)
    except OSError as error:
        if error.errno == errno.EROFS and path.exists():
            # It is read all the same; what others may do with it is not ours to say.
            return
        message = f"CLAUDE_MEM_SQLITE_PATH: {path}: {error.strerror}"
        raise ConfigurationError(message) from error


def open_writer(place: Place) -> Connection:
    """A connection that may write; nothing is written by opening it."""
    more = (f"wal_autocheckpoint = {PAGES_A_CHECKPOINT}", "query_only = OFF")
    return _configured(place, *more, is_frozen=False)


def open_reader(place: Place) -> Connection:
    """A connection that cannot write, and never checkpoints.

    Raises:
        StorageReadOnlyError: Its log would have to be written before it can be read.
    """
    more = ("wal_autocheckpoint = 0", "query_only = ON")
    return _configured(place, *more, is_frozen=place.is_frozen)


class Readers:
    """Connections to read with, kept for the next block."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection that shows the database as it is at this moment."""
        connection, is_lasting = self._taken()
        try:
            connection.run("BEGIN")
            # The moment is that of the first read, so there is one at once.
            connection.one("SELECT 1 FROM teams LIMIT 1")
            yield connection
        finally:
            self._put_back(connection, is_lasting=is_lasting)

    def close(self) -> None:
        """Close those that wait; those in use are closed when they come back."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _taken(self) -> tuple[Connection, bool]:
        """A connection, and whether it is good for later blocks too.

        One to a store that is read-only is not: it would not see that the store is
        written again, or would keep the writer from writing.
        """
        if self._closed:
            raise StorageError("the storage is closed")
        try:
            return self._idle.pop(), True
        except IndexError:
            is_lasting = self._place.obstacle is None
            return open_reader(self._place), is_lasting

    def _put_back(self, connection: Connection, *, is_lasting: bool) -> None:
        if not is_lasting:
            connection.close()
            return
        if connection.in_transaction:
            connection.run("ROLLBACK")
        self._idle.append(connection)
        if self._closed:
            self.close()


def _configured(place: Place, *more: str, is_frozen: bool) -> Connection:
    raw = connected(str(place.path), wait=WAIT_SECONDS, is_frozen=is_frozen)
    for name, (values, function) in FUNCTIONS.items():
        raw.create_function(name, values, function, deterministic=True)
    connection = Connection(raw)
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
