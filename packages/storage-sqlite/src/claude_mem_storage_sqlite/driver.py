# SPDX-License-Identifier: Apache-2.0
"""SQLite's driver: the one module that imports it, and the border of its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from claude_mem_core.errors import (
    ClaudeMemError,
    ConflictError,
    InvalidInputError,
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
    translate,
)

RawConnection: TypeAlias = sqlite3.Connection
Cursor: TypeAlias = sqlite3.Cursor
Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Sequence[object] | Mapping[str, object]

ERRORS: dict[type[Exception], type[ClaudeMemError]] = {
    sqlite3.IntegrityError: ConflictError,
    sqlite3.Error: StorageError,
    # A number beyond 64 bits, and half of a surrogate pair: no column holds them.
    OverflowError: InvalidInputError,
    UnicodeEncodeError: InvalidInputError,
}
_CAUGHT = tuple(ERRORS)
_NO_ROOM = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)
"""A full disk is the first, a quota or a limit on a file's size the second, a disk
without room for more of the log's index the third."""

_STATEMENTS = 256
_PRIMARY = 0xFF
"""The bits of an error's code that say of which kind it is."""


def connected(path: str, *, wait: float, is_frozen: bool = False) -> RawConnection:
    """A connection whose transactions begin and end where we say so.

    Args:
        path: The database file, from the root on; it is there already, and is never
            made here.
        wait: Seconds to wait for another connection's lock.
        is_frozen: The file has no log, and none can be made: it is read without one.
            What the connection shows is right as long as nobody writes the file.
    """
    how = "mode=ro&immutable=1" if is_frozen else "mode=rw"
    with translate(ERRORS, f"opening {path}"):
        return sqlite3.connect(
            f"{Path(path).as_uri()}?{how}",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
        )


class Connection:
    """A connection that speaks our errors; one thread at a time uses it."""

    def __init__(self, raw: RawConnection) -> None:
        self.raw = raw

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; a grave error ends it by itself."""
        return self.raw.in_transaction

    def run(self, sql: str, parameters: Parameters = ()) -> Cursor:
        """The cursor of a statement that was run."""
        try:
            return self.raw.execute(sql, parameters)
        except _CAUGHT as error:
            caught = error
        # Only a failure pays for the translation: this is the way of every query.
        raise _ours(caught, "the statement") from caught

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row that a query gives."""
        rows = self.all(sql, parameters)
        return rows[0] if rows else None

    def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row that a query gives."""
        cursor = self.run(sql, parameters)
        try:
            return cursor.fetchall()
        except _CAUGHT as error:
            caught = error
        raise _ours(caught, "the query") from caught

    def pages(
        self, sql: str, parameters: Parameters = (), *, at_once: int
    ) -> Iterator[list[Row]]:
        """The rows that a query gives, so many at once; what is not asked for waits."""
        cursor = self.run(sql, parameters)
        try:
            while page := cursor.fetchmany(at_once):
                yield page
        except _CAUGHT as error:
            raise _ours(error, "the query") from error
        finally:
            cursor.close()

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """The one number that a query gives; nothing counts as 0."""
        row = self.one(sql, parameters)
        return int(row[0] or 0) if row else 0

    def close(self) -> None:
        """Let go of the file."""
        self.raw.close()


def is_damage(error: BaseException) -> bool:
    """Whether SQLite said that what is in the file does not fit together."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    return code & _PRIMARY == sqlite3.SQLITE_CORRUPT


def _ours(error: Exception, doing: str) -> ClaudeMemError:
    """An error of SQLite as ours, with the cure where there is one."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    if code in _NO_ROOM:
        return StorageFullError(
            f"the store has no room ({error}); make room on its disk"
        )
    if code & _PRIMARY == sqlite3.SQLITE_READONLY:
        message = f"the store is read-only ({error}); make its file writable"
        return StorageReadOnlyError(message)
    kind = next(ours for theirs, ours in ERRORS.items() if isinstance(error, theirs))
    return kind(f"{doing} failed: {error}")
