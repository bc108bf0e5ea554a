# SPDX-License-Identifier: Apache-2.0
"""The full-text index over memories: how it is made, kept, checked and made again.

The index keeps no text of its own but reads a view, and is told of every change with
the words that the view showed before. What the view shows is computed from the
memory's own row alone, so that the words to take out are there whatever became of
other rows. Statements of ours tell it, not triggers: before SQLite 3.44 a trigger may
write to a full-text index only where the schema of the file is trusted, and it is not.
"""

from __future__ import annotations

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search_fields import search_fields
from claude_mem_core.errors import AdapterError

from claude_mem_storage_sqlite.driver import Connection, Row

FIELDS = (
    "title",
    "subtitle",
    "text",
    "narrative",
    "facts",
    "concepts",
    "files",
    "identifiers",
)
"""The index's columns in their order, before the scope."""

_COLUMNS = ", ".join((*FIELDS, "scope"))
_OWN = ("title", "subtitle", "text", "narrative")
_DERIVED = ", ".join(
    f"coalesce(search_{name}, {name}) AS {name}"
    if name in _OWN
    else f"search_{name} AS {name}"
    for name in FIELDS
)
_MARKS = ", ".join("?" for _ in (*FIELDS, "scope"))
_SHOWN = f"SELECT seq, {_COLUMNS} FROM memory_texts WHERE seq = ?"
_TAKE_OUT = (
    f"INSERT INTO memory_items_fts (memory_items_fts, rowid, {_COLUMNS})"
    f" VALUES ('delete', ?, {_MARKS})"
)
_PUT_IN = f"INSERT INTO memory_items_fts (rowid, {_COLUMNS}) {_SHOWN}"

_PARTS = ("data", "idx", "docsize", "config", "content")
_ENDS = """
    SELECT seq, scope FROM memory_items WHERE seq IN (
      SELECT min(seq) FROM memory_items UNION SELECT max(seq) FROM memory_items)
"""

INDEX = f"""
    CREATE VIRTUAL TABLE memory_items_fts USING fts5(
      {_COLUMNS}, content = 'memory_texts', content_rowid = 'seq',
      tokenize = 'porter unicode61 remove_diacritics 2')
"""

FULL_TEXT = (
    f"CREATE VIEW memory_texts AS SELECT seq, {_DERIVED}, scope FROM memory_items",
    INDEX,
)


def put_in(connection: Connection, seq: int) -> None:
    """Tell the index of a new memory, or of the new words of one."""
    connection.run(_PUT_IN, [seq])


def shown(connection: Connection, seq: int) -> Row:
    """The words of a memory as the index knows it, to be read before a change."""
    return connection.all(_SHOWN, [seq])[0]


def take_out(connection: Connection, words: Row) -> None:
    """Tell the index to forget what `shown` gave before the change."""
    connection.run(_TAKE_OUT, words)


def search_columns(item: MemoryItem) -> list[str | None]:
    """The words of each field, null where they are those of the row's own column."""
    fields = search_fields(item)
    return [
        None
        if name in _OWN and fields[name] == (getattr(item, name) or "")
        else fields[name]
        for name in FIELDS
    ]


def fault(connection: Connection, *, thoroughly: bool) -> str | None:
    """What is wrong with the index, None when it is healthy.

    Args:
        connection: It is in a write transaction, which the thorough look needs.
        thoroughly: Compare every word with every memory; else count the memories
            and ask the index for the oldest and the newest.
    """
    try:
        indexed = connection.number("SELECT count(*) FROM memory_items_fts_docsize")
        kept = connection.number("SELECT count(*) FROM memory_items")
        if indexed != kept:
            return f"it holds {indexed} of {kept} memories"
        if not all(_is_found(connection, *row) for row in connection.all(_ENDS)):
            return "it does not find a memory that it holds"
        if thoroughly:
            _compare(connection)
    except AdapterError as error:
        return str(error)
    return None


def rebuild(connection: Connection) -> int:
    """Make the index anew from the memories; how many there are."""
    try:
        _fill(connection)
    except AdapterError:
        # Too damaged to be emptied, or even to be dropped: its name is taken out of
        # the schema, which frees its tables, and it is made from nothing.
        connection.run("PRAGMA writable_schema = ON")
        connection.run("DELETE FROM sqlite_schema WHERE name = 'memory_items_fts'")
        connection.run("PRAGMA writable_schema = RESET")
        for part in _PARTS:
            connection.run(f"DROP TABLE IF EXISTS memory_items_fts_{part}")
        connection.run(INDEX)
        _fill(connection)
    return connection.number("SELECT count(*) FROM memory_items")


def _is_found(connection: Connection, seq: int, scope: str) -> bool:
    sql = "SELECT 1 FROM memory_items_fts WHERE memory_items_fts MATCH ? AND rowid = ?"
    project, _ = scope.split()
    return connection.one(sql, [f"scope : {project}", seq]) is not None


def _fill(connection: Connection) -> None:
    connection.run("INSERT INTO memory_items_fts (memory_items_fts) VALUES ('rebuild')")


def _compare(connection: Connection) -> None:
    connection.run(
        "INSERT INTO memory_items_fts (memory_items_fts, rank)"
        " VALUES ('integrity-check', 1)"
    )
