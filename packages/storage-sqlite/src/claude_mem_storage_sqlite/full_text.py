# SPDX-License-Identifier: Apache-2.0
"""The full-text index over memories: how it is made, kept, checked and made again.

What a memory is found under is kept in a table of its own, as the core's analysis gave
it: `" lamp  tower "`, so that the occurrences of a token are counted by its text alone.
The index keeps no text but reads that table, where each token begins with the number of
its project: a search walks through one project's lists and no others, and how rare a
word is in one project tells nothing of another.

Statements of ours tell the index of every change, not triggers: before SQLite 3.44 a
trigger may write to a full-text index only where the schema of the file is trusted, and
it is not. A trigger only marks the words of a memory that somebody changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from claude_mem_core.domain.analysis import VERSION
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import asks, length
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS, search_fields
from claude_mem_core.errors import AdapterError

from claude_mem_storage_sqlite import vocabulary
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.records import LISTS, texts

FIELDS = tuple(FIELD_WEIGHTS)
"""The columns of tokens, in the order in which the core counts them."""

FILLED_AT_ONCE = 500

_SAID = ("title", "subtitle", "text", "narrative", "author")
_SOURCE = (*_SAID, *LISTS, "project_id")
_COLUMNS = ("seq", "project", "is_stale", "asks", "length", "tokens", *FIELDS)

TEXTS = f"""
    CREATE TABLE memory_texts (
      seq INTEGER PRIMARY KEY, project INTEGER NOT NULL,
      is_stale INTEGER NOT NULL, asks INTEGER NOT NULL,
      length INTEGER NOT NULL, tokens INTEGER NOT NULL,
      {", ".join(f"{name} TEXT NOT NULL" for name in FIELDS)},
      words TEXT AS (CASE WHEN tokens = 0 THEN '' ELSE
        ' ' || project || 'x' || substr(
          replace({" || ".join(FIELDS)}, '  ', ' ' || project || 'x'), 2) END)
    ) STRICT
"""
INDEX = """
    CREATE VIRTUAL TABLE memory_items_fts USING fts5(
      words, content = 'memory_texts', content_rowid = 'seq', tokenize = 'ascii')
"""
FULL_TEXT = (
    TEXTS,
    "CREATE INDEX memory_texts_stale ON memory_texts (seq) WHERE is_stale",
    """
    CREATE TABLE memory_totals (
      project INTEGER PRIMARY KEY, memories INTEGER NOT NULL, tokens INTEGER NOT NULL,
      first INTEGER NOT NULL, last INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE memory_analysis (
      only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL
    ) STRICT
    """,
    INDEX,
    f"""
    CREATE TRIGGER memory_items_reworded AFTER UPDATE OF {", ".join(_SOURCE)}
      ON memory_items
      WHEN {" OR ".join(f"new.{one} IS NOT old.{one}" for one in _SOURCE)}
    BEGIN
      UPDATE memory_texts SET is_stale = 1 WHERE seq = new.seq;
    END
    """,
)
"""What the index adds to the schema; `rebuild` fills it."""

_PARTS = ("data", "idx", "docsize", "config", "content")
_PUT = (
    f"INSERT INTO memory_texts ({', '.join(_COLUMNS)})"
    f" VALUES ({', '.join('?' for _ in _COLUMNS)})"
)
_PUT_IN = (
    "INSERT INTO memory_items_fts (rowid, words)"
    " SELECT seq, words FROM memory_texts WHERE seq = ?"
)
_TAKE_OUT = (
    "INSERT INTO memory_items_fts (memory_items_fts, rowid, words)"
    " SELECT 'delete', seq, words FROM memory_texts WHERE seq = ?"
)
_ONE_MORE = """
    INSERT INTO memory_totals (project, memories, tokens, first, last)
    SELECT project, 1, tokens, seq, seq FROM memory_texts WHERE seq = ?
    ON CONFLICT (project) DO UPDATE SET
      memories = memories + 1, tokens = tokens + excluded.tokens,
      first = min(first, excluded.first), last = max(last, excluded.last)
"""
_ONE_LESS = """
    UPDATE memory_totals AS a SET memories = memories - 1, tokens = a.tokens - t.tokens
    FROM memory_texts t WHERE t.seq = ? AND a.project = t.project
"""
_COUNT_AGAIN = """
    INSERT INTO memory_totals (project, memories, tokens, first, last)
    SELECT project, count(*), sum(tokens), min(seq), max(seq) FROM memory_texts
    GROUP BY project
"""
_UNKNOWN = f"""
    SELECT r.seq, p.seq, {", ".join(f"r.{name}" for name in _SOURCE)}
    FROM memory_items r JOIN projects p ON p.id = r.project_id
    WHERE r.seq > :after AND NOT EXISTS (
      SELECT 1 FROM memory_texts t WHERE t.seq = r.seq)
    ORDER BY r.seq LIMIT {FILLED_AT_ONCE}
"""
_TEXT = " || ".join(FIELDS)
_SAID_BY = f"SELECT project, {_TEXT} FROM memory_texts WHERE seq = ?"
_SAID_AFTER = f"""
    SELECT seq, project, {_TEXT} FROM memory_texts
    WHERE seq > :after ORDER BY seq LIMIT {FILLED_AT_ONCE}
"""
_ENDS = """
    SELECT seq, words FROM memory_texts WHERE seq IN (
      SELECT min(seq) FROM memory_texts UNION SELECT max(seq) FROM memory_texts)
"""


def put_in(connection: Connection, seq: int, item: MemoryItem) -> None:
    """Keep what a new memory is found under, and tell the index."""
    sql = "SELECT seq FROM projects WHERE id = ?"
    project = connection.number(sql, [item.project_id])
    fields = _put(connection, seq, project, item)
    vocabulary.learn(connection, project, chain.from_iterable(fields.values()))
    connection.run(_PUT_IN, [seq])
    connection.run(_ONE_MORE, [seq])


def renew(connection: Connection, seq: int, item: MemoryItem) -> None:
    """The same for one whose row was replaced, if its words are others now."""
    if connection.one("SELECT 1 FROM memory_texts WHERE seq = ? AND is_stale", [seq]):
        take_out(connection, seq)
        put_in(connection, seq, item)


def take_out(connection: Connection, seq: int) -> None:
    """Let the index forget a memory."""
    said = connection.one(_SAID_BY, [seq])
    connection.run(_TAKE_OUT, [seq])
    connection.run(_ONE_LESS, [seq])
    connection.run("DELETE FROM memory_texts WHERE seq = ?", [seq])
    if said is not None:
        project, text = said
        vocabulary.forget(connection, project, text.split())


def is_empty(connection: Connection) -> bool:
    """Whether it was never filled."""
    return _version(connection) == 0


def fault(connection: Connection, *, thoroughly: bool) -> str | None:
    """What is wrong with the index, None when it is healthy.

    Args:
        connection: It is in a write transaction, which the thorough look needs.
        thoroughly: Compare every word with every memory; else count the memories
            and ask the index for the oldest and the newest.
    """
    try:
        wrong = _mismatch(connection)
        if wrong is None and thoroughly:
            _compare(connection)
    except AdapterError as error:
        return str(error)
    return wrong


def _mismatch(connection: Connection) -> str | None:
    """Where the words, the index and the memories differ, at a glance."""
    if _version(connection) != VERSION:
        return "its words are those of another version"
    stale = connection.number("SELECT count(*) FROM memory_texts WHERE is_stale")
    if stale:
        return f"it holds words that {stale} memories do not say any more"
    kept = connection.number("SELECT count(*) FROM memory_items")
    for part in ("memory_texts", "memory_items_fts_docsize"):
        held = connection.number(f"SELECT count(*) FROM {part}")
        if held != kept:
            return f"it holds {held} of {kept} memories"
    if not all(_is_found(connection, *row) for row in connection.all(_ENDS)):
        return "it does not find a memory that it holds"
    return None


def rebuild(connection: Connection) -> int:
    """Make the index anew from the memories; how many there are."""
    _say_again(connection)
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
    learn_again(connection)
    return connection.number("SELECT count(*) FROM memory_items")


def learn_again(connection: Connection) -> None:
    """The words of each project anew, from what its memories are found under."""
    vocabulary.forget_all(connection)
    words: defaultdict[int, set[str]] = defaultdict(set)
    after = -1
    while rows := connection.all(_SAID_AFTER, {"after": after}):
        for seq, project, text in rows:
            words[project].update(text.split())
            after = seq
    for project, own in words.items():
        vocabulary.learn(connection, project, own)


def _put(
    connection: Connection, seq: int, project: int, item: MemoryItem
) -> Mapping[str, Sequence[str]]:
    fields = search_fields(item)
    tokens = sum(map(len, fields.values()))
    told = (0, int(asks(item)), length(item), tokens)
    texts = (_spaced(fields[name]) for name in FIELDS)
    connection.run(_PUT, [seq, project, *told, *texts])
    return fields


def _spaced(tokens: Iterable[str]) -> str:
    return "".join(f" {token} " for token in tokens)


def _say_again(connection: Connection) -> None:
    """The words of every memory that has none, or old ones."""
    gone = "seq NOT IN (SELECT seq FROM memory_items)"
    which = f"is_stale OR {gone}" if _version(connection) == VERSION else "1"
    connection.run(f"DELETE FROM memory_texts WHERE {which}")
    after = -1
    while rows := connection.all(_UNKNOWN, {"after": after}):
        for seq, project, *said in rows:
            _put(connection, seq, project, _as_memory(said))
            after = seq
    connection.run("INSERT OR REPLACE INTO memory_analysis VALUES (1, ?)", [VERSION])
    connection.run("DELETE FROM memory_totals")
    connection.run(_COUNT_AGAIN)


def _version(connection: Connection) -> int:
    """Of the analysis that the words come from."""
    return connection.number("SELECT ifnull(max(version), 0) FROM memory_analysis")


def _as_memory(said: Sequence[Any]) -> MemoryItem:
    """As much of a memory as its words are made of."""
    fields = dict(zip(_SOURCE, said, strict=True))
    for name in LISTS:
        fields[name] = _list(fields[name])
    return MemoryItem.model_construct(**fields)


def _list(text: str) -> tuple[str, ...]:
    """Nothing, where somebody spoilt it: whoever reads the row is told so."""
    try:
        return texts(text)
    except ValueError:
        return ()


def _is_found(connection: Connection, seq: int, words: str) -> bool:
    sql = "SELECT 1 FROM memory_items_fts WHERE memory_items_fts MATCH ? AND rowid = ?"
    first = words.split()[:1]
    return not first or connection.one(sql, [f'"{first[0]}"', seq]) is not None


def _fill(connection: Connection) -> None:
    connection.run("INSERT INTO memory_items_fts (memory_items_fts) VALUES ('rebuild')")


def _compare(connection: Connection) -> None:
    for name in ("memory_items_fts", "memory_words_fts"):
        connection.run(
            f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)"
        )
