# SPDX-License-Identifier: Apache-2.0
"""The words of each project, to look into: which of them contain a part.

The full-text index cannot tell: its own list of words takes as long to read as the
whole index. So each word stands here once for each project, in an index of its groups
of three letters, and goes with the last memory that has it.

A word's place in that index is made of its project, its length and its number: so the
words of one project are read alone, the shortest first, and no more than are wanted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.parts import is_looked_into

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import within

WORDS = (
    """
    CREATE TABLE memory_words (
      id INTEGER PRIMARY KEY, project INTEGER NOT NULL, word TEXT NOT NULL,
      place INTEGER AS ((project << 42) | (length(word) << 36) | id),
      UNIQUE (project, word)
    ) STRICT
    """,
    """
    CREATE VIRTUAL TABLE memory_words_fts USING fts5(
      word, content = 'memory_words', content_rowid = 'place', tokenize = 'trigram',
      columnsize = 0)
    """,
)
"""What the migration adds; `full_text.rebuild` fills it."""

LOOKED_AT = 1_000
"""Words of a project that are compared: a part that more have tells nothing of any."""

_ADD = """
    INSERT INTO memory_words (project, word)
    SELECT :project, value FROM json_each(:words) WHERE 1
    ON CONFLICT DO NOTHING RETURNING id
"""
_INDEX = """
    INSERT INTO memory_words_fts (rowid, word)
    SELECT place, word FROM memory_words WHERE id IN (SELECT value FROM json_each(?))
"""
_HAS = """
    SELECT 1 FROM memory_items_fts WHERE memory_items_fts MATCH :question LIMIT 1
"""
_GONE = """
    FROM memory_words WHERE project = :project
      AND word IN (SELECT value FROM json_each(:words))
"""
_PROJECTS = """
    SELECT p.seq FROM projects p WHERE p.team_id = :team
      AND (:project IS NULL OR p.id = :project)
      AND p.id IN (SELECT value FROM json_each(:projects))
"""
_CONTAINING = f"""
    SELECT w.word
    FROM memory_words_fts f
    CROSS JOIN memory_words w ON w.id = f.rowid & ((1 << 36) - 1)
    WHERE f.memory_words_fts MATCH :question
      AND f.rowid >= :number << 42 AND f.rowid < (:number + 1) << 42
      AND instr(w.word, :part) > 0 AND w.word <> :part
    ORDER BY f.rowid LIMIT {LOOKED_AT}
"""


def learn(connection: Connection, project: int, words: Iterable[str]) -> None:
    """Keep the words that a memory of a project has."""
    own = json.dumps(sorted(filter(is_looked_into, set(words))))
    new = connection.all(_ADD, {"project": project, "words": own})
    if new:
        connection.run(_INDEX, [json.dumps([number for (number,) in new])])


def forget(connection: Connection, project: int, words: Iterable[str]) -> None:
    """Take away those of some words that no memory of a project has any more."""
    gone = [
        word
        for word in sorted(filter(is_looked_into, set(words)))
        if connection.one(_HAS, {"question": f'"{project}x{word}"'}) is None
    ]
    if gone:
        asked = {"project": project, "words": json.dumps(gone)}
        connection.run(
            "INSERT INTO memory_words_fts (memory_words_fts, rowid, word)"
            f" SELECT 'delete', place, word {_GONE}",
            asked,
        )
        connection.run(f"DELETE {_GONE}", asked)


def is_empty(connection: Connection) -> bool:
    """Whether no word of any project is known."""
    return connection.one("SELECT 1 FROM memory_words LIMIT 1") is None


def forget_all(connection: Connection) -> None:
    """Take every word away."""
    connection.run("DELETE FROM memory_words")
    connection.run("INSERT INTO memory_words_fts (memory_words_fts) VALUES ('rebuild')")


def words_with(
    connection: Connection,
    part: str,
    project_ids: Sequence[str],
    *,
    scope: Scope,
    limit: int,
) -> Sequence[str]:
    """The words of some projects that contain a part, the shortest first."""
    quoted = part.replace('"', '""').replace("\0", " ")
    projects = within(scope, projects=json.dumps(list(project_ids)))
    found = set[str]()
    for (number,) in connection.all(_PROJECTS, projects):
        asked = {"question": f'"{quoted}"', "part": part, "number": number}
        found.update(word for (word,) in connection.all(_CONTAINING, asked))
    return sorted(found, key=lambda word: (len(word), word))[:limit]
