# SPDX-License-Identifier: Apache-2.0
"""From any older database, or none, to the present schema."""

from __future__ import annotations

import json
from collections.abc import Iterable

from claude_mem_core.domain.outline import error_of
from claude_mem_core.domain.project_identity import key_of
from claude_mem_core.errors import translate
from sqlite_utils import Database, Migrations

from claude_mem_storage_sqlite import full_text, validity, vocabulary
from claude_mem_storage_sqlite.audit import CHAIN
from claude_mem_storage_sqlite.borders import BORDERS
from claude_mem_storage_sqlite.driver import ERRORS, Connection
from claude_mem_storage_sqlite.filters import (
    FILTER_COLUMNS,
    LISTS_OF_ONE,
    MARKS,
    marks_of,
)
from claude_mem_storage_sqlite.ledger_schema import LEDGER, LOG
from claude_mem_storage_sqlite.model_calls import BOOK
from claude_mem_storage_sqlite.packs import PACKS, USE_TOTALS, USES_OF_PACKS, add_up
from claude_mem_storage_sqlite.records import ERROR, ERRORS_MET
from claude_mem_storage_sqlite.schema import (
    AS_HAPPENED,
    COUNTS,
    COVERAGE,
    IDENTITIES,
    KEY_COLUMNS,
    SUCCESSORS,
    TABLES,
)
from claude_mem_storage_sqlite.search import NEIGHBOURS
from claude_mem_storage_sqlite.usage import USAGE
from claude_mem_storage_sqlite.vectors import VECTORS

steps = Migrations("claude_mem")


@steps(name="0001-records")
def _records(db: Database) -> None:
    _run(db, (*TABLES, *LEDGER, *BORDERS))


@steps(name="0002-counts")
def _counts(db: Database) -> None:
    _run(db, COUNTS)


@steps(name="0003-job-log")
def _job_log(db: Database) -> None:
    _run(db, LOG)


@steps(name="0004-successors")
def _successors(db: Database) -> None:
    _run(db, SUCCESSORS)


@steps(name="0005-project-identities")
def _project_identities(db: Database) -> None:
    """Let the folder that each project was made from stand for it; the oldest wins."""
    _run(db, IDENTITIES)
    rooted = (
        "SELECT team_id, id, root_path, created_at_epoch FROM projects ORDER BY seq"
    )
    for team_id, project_id, path, since in db.conn.execute(rooted).fetchall():
        key = key_of(path) if path is not None else None
        if key is not None:
            db.conn.execute(
                "INSERT OR IGNORE INTO project_identities"
                " (team_id, project_id, key, proof, created_at_epoch)"
                " VALUES (?, ?, ?, 'folder', ?)",
                (team_id, project_id, key, since),
            )


@steps(name="0006-model-calls")
def _model_calls(db: Database) -> None:
    _run(db, BOOK)


@steps(name="0007-filters")
def _filters(db: Database) -> None:
    """Tell when each memory gave way, and write down what filters look for."""
    _run(db, FILTER_COLUMNS)
    columns = ("seq", "concepts", "files_read", "files_modified")
    kept = db.conn.execute(f"SELECT {', '.join(columns)} FROM memory_items").fetchall()
    sets = ", ".join(f"{name} = ?" for name in MARKS)
    for seq, *lists in kept:
        found = marks_of(None, *(json.loads(text) for text in lists))
        db.conn.execute(f"UPDATE memory_items SET {sets} WHERE seq = ?", (*found, seq))


@steps(name="0008-vectors")
def _vectors(db: Database) -> None:
    _run(db, VECTORS)


@steps(name="0009-context-packs")
def _context_packs(db: Database) -> None:
    _run(db, PACKS)


@steps(name="0010-neighbours")
def _neighbours(db: Database) -> None:
    _run(db, NEIGHBOURS)


@steps(name="0011-words")
def _words(db: Database) -> None:
    """What memories are found under, as the core's analysis gives it."""
    for kind, name in (("TABLE", "memory_items_fts"), ("VIEW", "memory_texts")):
        db.conn.execute(f"DROP {kind} IF EXISTS {name}")
    for column in db["memory_items"].columns_dict:
        if column == "scope" or column.startswith("search_"):
            db.conn.execute(f"ALTER TABLE memory_items DROP COLUMN {column}")
    _run(db, full_text.FULL_TEXT)


@steps(name="0012-uses-of-packs")
def _uses_of_packs(db: Database) -> None:
    """Tell of each use which project it is of; those of today follow from no pack."""
    _run(db, USES_OF_PACKS)


@steps(name="0013-lists-and-totals")
def _lists_and_totals(db: Database) -> None:
    """Order short lists by an index, and add up what became of each memory."""
    _run(db, (*LISTS_OF_ONE, USE_TOTALS))
    add_up(Connection(db.conn))


@steps(name="0014-keys-of-teams")
def _keys_of_teams(db: Database) -> None:
    _run(db, KEY_COLUMNS)


@steps(name="0015-audit-chain")
def _audit_chain(db: Database) -> None:
    _run(db, CHAIN)


@steps(name="0016-usage")
def _usage(db: Database) -> None:
    _run(db, USAGE)


@steps(name="0017-words-of-projects")
def _words_of_projects(db: Database) -> None:
    """The words of each project, to look into, which `migrate` fills."""
    _run(db, vocabulary.WORDS)


@steps(name="0019-errors")
def _errors(db: Database) -> None:
    """Find the memories of an error without reading any other."""
    _run(db, ERRORS_MET)
    about = "SELECT seq, metadata FROM memory_items WHERE instr(metadata, 'signature')"
    for seq, metadata in db.conn.execute(about).fetchall():
        error = error_of(json.loads(metadata))
        sql = f"UPDATE memory_items SET {ERROR} = ? WHERE seq = ?"
        db.conn.execute(sql, (error, seq))


@steps(name="0020-coverage")
def _coverage(db: Database) -> None:
    """Order a session's events by when they happened, and tell what was captured."""
    _run(db, (*AS_HAPPENED, *COVERAGE))


@steps(name="0021-earlier-validity")
def _earlier_validity(db: Database) -> None:
    """Keep what was recorded of a memory's validity before it was changed."""
    _run(db, validity.EARLIER_VALIDITY)
    validity.tell_ends(Connection(db.conn))


def migrate(connection: Connection) -> None:
    """Apply the steps that the database does not have yet.

    The caller has begun a transaction: each step is a savepoint in it, so that what
    another process sees is either the old schema or the new one.
    """
    with translate(ERRORS, "bringing the database to the present schema"):
        steps.apply(Database(connection.raw))
        if full_text.is_empty(connection):
            full_text.rebuild(connection)
        elif vocabulary.is_empty(connection):
            full_text.learn_again(connection)


def _run(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.conn.execute(statement)
