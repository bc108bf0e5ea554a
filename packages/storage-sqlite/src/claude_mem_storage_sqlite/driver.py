# SPDX-License-Identifier: Apache-2.0
"""SQLite's driver: the one module that imports it, and the border of its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from claude_mem_core.errors import (
    ClaudeMemError,
    ConflictError,
    InvalidInputError,
    StorageError,
    StorageFullError,
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
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""A full disk is the first; a quota or a limit on a file's size is the second."""

_STATEMENTS = 256
_PRIMARY = 0xFF
"""The bits of an error's code that say of which kind it is."""


def connected(path: str, *, wait: float) -> RawConnection:
    """A connection whose transactions begin and end where we say so.

    Args:
        path: The database file, from the root on; it is there already, and is never
            made here.
        wait: Seconds to wait for another connection's lock.
    """
    with translate(ERRORS, f"opening {path}"):
        return sqlite3.connect(
            f"{Path(path).as_uri()}?mode=rw",
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
        with translate(_errors_for(caught), "the statement"):
            raise caught

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
        with translate(_errors_for(caught), "the query"):
            raise caught

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


def _errors_for(error: Exception) -> Mapping[type[Exception], type[ClaudeMemError]]:
    if getattr(error, "sqlite_errorcode", None) in _NO_ROOM:
        return {sqlite3.Error: StorageFullError}
    return ERRORS
