# SPDX-License-Identifier: Apache-2.0
"""Which databases are ours, and of which schema."""

from __future__ import annotations

from pathlib import Path

from claude_mem_core.errors import ConfigurationError

from claude_mem_storage_sqlite.driver import Connection

SCHEMA = 20
"""The newest schema that this version knows: one more with each migration."""

OURS = 0x636D656D
"""`cmem`, the mark that SQLite keeps in the header of our files."""


def schema_of(connection: Connection, path: Path) -> int:
    """The database's schema, 0 for an empty file; nothing is written.

    Raises:
        ConfigurationError: It is somebody else's, or newer than we are.
    """
    found = connection.number("PRAGMA user_version")
    mark = connection.number("PRAGMA application_id")
    if mark != OURS and connection.number("SELECT count(*) FROM sqlite_schema"):
        raise ConfigurationError(
            f"CLAUDE_MEM_SQLITE_PATH: {path} is a database of another program; "
            "name a file that does not exist yet"
        )
    if found > SCHEMA:
        raise ConfigurationError(
            f"{path} has schema {found}, this version knows schemas up to {SCHEMA}; "
            "install the version that wrote it, or name another file in "
            "CLAUDE_MEM_SQLITE_PATH"
        )
    return found


def mark(connection: Connection) -> None:
    """Say in the header that the file is ours, and of the present schema."""
    connection.run(f"PRAGMA application_id = {OURS}")
    connection.run(f"PRAGMA user_version = {SCHEMA}")
