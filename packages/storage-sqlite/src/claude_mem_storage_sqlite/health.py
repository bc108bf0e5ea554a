# SPDX-License-Identifier: Apache-2.0
"""A database made fit for use when it is opened, and looked over when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from claude_mem_core.domain.team import local_team
from claude_mem_core.errors import StorageError, StorageReadOnlyError

from claude_mem_storage_sqlite import full_text
from claude_mem_storage_sqlite.access import TEAMS
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.version import SCHEMA, mark, schema_of
from claude_mem_storage_sqlite.writer import Writer

MOST_TRIES = 3
"""How often a log is asked to be emptied; each time waits for those who use it."""


def prepared(
    writer: Writer, path: Path, *, now: int, thoroughly: bool
) -> Sequence[str]:
    """What had to be repaired, a sentence each, now that the database is fit.

    Args:
        writer: The connection.
        path: The file, for what an error says.
        now: The time of the first team's record.
        thoroughly: Compare the whole full-text index with the memories.

    Raises:
        ConfigurationError: It is not for us to write; nothing was written.
    """
    with writer.outside() as connection:
        schema = schema_of(connection, path)
        _keep_a_log(connection)
    with writer.block() as connection:
        if schema < SCHEMA:
            _migrate(connection, path, now=now)
        return _healed(connection, thoroughly=thoroughly)


def seen(connection: Connection, path: Path) -> Sequence[str]:
    """What is amiss in a database that can only be read, a sentence each.

    Raises:
        ConfigurationError: It is another program's, or newer than we are.
        StorageReadOnlyError: It is of an older schema.
    """
    schema = schema_of(connection, path)
    if schema < SCHEMA:
        raise StorageReadOnlyError(
            f"it is read-only and has schema {schema}, which this version brings to "
            f"schema {SCHEMA}; make it and its folder writable for one start"
        )
    fault = full_text.fault(connection, thoroughly=False)
    if fault is None:
        return ()
    return (f"The full-text index is damaged ({fault}); a write builds it again.",)


def problems(connection: Connection) -> Sequence[str]:
    """What is wrong with the rows and their pages, a sentence each."""
    pages = [text for (text,) in connection.all("PRAGMA integrity_check")]
    orphans = connection.all("PRAGMA foreign_key_check")
    return [
        *(f"The file is damaged: {text}." for text in pages if text != "ok"),
        *(f"A row of {row[0]} has no row in {row[2]}." for row in orphans),
    ]


def index_problems(connection: Connection) -> Sequence[str]:
    """What is wrong with the full-text index; this needs a write transaction."""
    fault = full_text.fault(connection, thoroughly=True)
    return [f"The full-text index is damaged: {fault}."] if fault else []


def emptied(connection: Connection) -> None:
    """Write the log back into the file, and leave nothing in it.

    Raises:
        StorageError: A reader, or another writer, needed the log all the while.
    """
    for _ in range(MOST_TRIES):
        row = connection.one("PRAGMA wal_checkpoint(TRUNCATE)")
        if row is not None and row[0] == 0:
            return
    raise StorageError(
        "the write-ahead log could not be emptied, as others use it: do it once more"
    )


def _keep_a_log(connection: Connection) -> None:
    """Readers and a writer side by side: the mode stays with the file."""
    row = connection.one("PRAGMA journal_mode = WAL")
    if row is None or row[0] != "wal":
        raise StorageError("the file system cannot hold a write-ahead log")


def _migrate(connection: Connection, path: Path, *, now: int) -> None:
    # Another process may have done it while this one waited for its turn.
    found = schema_of(connection, path)
    if found == SCHEMA:
        return
    # sqlite-utils takes a quarter of a second to import: only who needs it pays.
    from claude_mem_storage_sqlite.migrations import migrate

    migrate(connection)
    if found == 0:
        connection.run(TEAMS.insert, TEAMS.row(local_team(now=now)))
    mark(connection)


def _healed(connection: Connection, *, thoroughly: bool) -> Sequence[str]:
    fault = full_text.fault(connection, thoroughly=thoroughly)
    if fault is None:
        return ()
    count = full_text.rebuild(connection)
    done = f"it was built again from {count} memories"
    return (f"The full-text index was unfit ({fault}); {done}.",)
