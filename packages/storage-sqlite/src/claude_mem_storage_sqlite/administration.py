# SPDX-License-Identifier: Apache-2.0
"""A database looked over, or written out, by hand: also while a server uses it.

Neither makes a database, brings it to a newer schema or repairs anything.

::

    0    healthy, or written out
    1    something is wrong with the database
    2    a wrong argument
    69   unavailable     the database cannot be read
    78   configuration   there is none, or it is another program's, or too new
    141  whoever read the export went away
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConfigurationError,
    StorageError,
    translate,
)

from claude_mem_storage_sqlite.access import MEMBERS, TEAMS
from claude_mem_storage_sqlite.audit import AUDIT
from claude_mem_storage_sqlite.connections import Place, open_reader
from claude_mem_storage_sqlite.driver import ERRORS, Connection, is_damage
from claude_mem_storage_sqlite.events import EVENTS
from claude_mem_storage_sqlite.filters import MARKS
from claude_mem_storage_sqlite.health import index_problems, problems
from claude_mem_storage_sqlite.jobs import JOB_EVENTS, JOBS
from claude_mem_storage_sqlite.memories import MEMORIES, SOURCES
from claude_mem_storage_sqlite.model_calls import CALLS
from claude_mem_storage_sqlite.packs import RECEIPTS, USES
from claude_mem_storage_sqlite.projects import IDENTITIES, PROJECTS
from claude_mem_storage_sqlite.records import ERROR
from claude_mem_storage_sqlite.sessions import SESSIONS
from claude_mem_storage_sqlite.version import schema_of
from claude_mem_storage_sqlite.writer import Writer

_WHOLE = (TEAMS, MEMBERS, PROJECTS, SESSIONS, EVENTS, MEMORIES, SOURCES, JOBS, AUDIT)
_PLAIN: Mapping[str, Sequence[str]] = {
    IDENTITIES: (),
    JOB_EVENTS: (),
    CALLS.table: CALLS.as_json,
    RECEIPTS.table: RECEIPTS.as_json,
    "pack_items": (),
    USES.table: USES.as_json,
    "team_usage": (),
}
EXPORTED = {**{rows.table: rows.as_json for rows in _WHOLE}, **_PLAIN}
"""The tables that are written out, in their order, and their columns of JSON text.

Keys are not among them: a hash is half of a credential.
"""

COMPUTED = frozenset({*MARKS, ERROR, "covered_at_epoch"})
"""Columns for filters, made from the others."""

HEALTHY, ILL, READER_LEFT = 0, 1, 141
EXIT_CODES: Mapping[type[ClaudeMemError], int] = {
    ConfigurationError: 78,
    AdapterError: 69,
    ClaudeMemError: 1,
}
"""Most special first."""


class Report(NamedTuple):
    """How a database is.

    Attributes:
        schema: The number of its schema, None when the damage hides it.
        problems: What is wrong with it, a sentence each.
    """

    schema: int | None
    problems: Sequence[str]


class _Opened(NamedTuple):
    schema: int
    reader: Connection
    writer: Writer


def check(path: Path) -> Report:
    """What is wrong with the database; nothing in it is changed.

    The look at the full-text index takes the turn to write, about a second for
    100,000 memories, in which servers wait.

    Raises:
        ConfigurationError: There is no database of ours that this version knows.
        StorageError: It cannot be read.
    """
    try:
        with _opened(path) as (schema, reader, writer):
            damage = problems(reader)
            # In a copy without a write-ahead log, a reader keeps every writer out.
            reader.run("ROLLBACK")
            with writer.block() as connection:
                return Report(schema, [*damage, *index_problems(connection)])
    except StorageError as error:
        if not is_damage(error):
            raise
        return Report(None, [f"The file is damaged: {error}."])


def export(
    path: Path, tables: Sequence[str] = ()
) -> Generator[tuple[str, Mapping[str, object]], None, None]:
    """Every row of the tables at one moment, each with its table, in order.

    Args:
        path: The database.
        tables: Names from `EXPORTED`; all of them when none is given.

    Raises:
        ConfigurationError: There is no database of ours that this version knows.
        StorageError: It cannot be read.
    """
    # sqlite-utils takes a quarter of a second to import: only who needs it pays.
    from sqlite_utils import Database

    with _opened(path) as (_, reader, _), translate(ERRORS, "the export"):
        database = Database(reader.raw, execute_plugins=False)
        for name in EXPORTED:
            if tables and name not in tables:
                continue
            table = database.table(name)
            wanted = [one.name for one in table.columns if one.name not in COMPUTED]
            select = ", ".join(f'"{column}"' for column in wanted)
            for row in table.rows_where(select=select, order_by="seq"):
                yield name, _decoded(name, row)


def main(args: Sequence[str]) -> int:
    """Do what the arguments say; the exit code."""
    asked = _parser().parse_args(args)
    try:
        if asked.deed == "check":
            return _tell(check(asked.path), asked.path, as_json=asked.json)
        return _write_out(asked.path, asked.table)
    except ClaudeMemError as error:
        return _fail(error, as_json=asked.deed == "check" and asked.json)
    except BrokenPipeError:
        # Nothing more can be said there, not even by the interpreter at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    except OSError as error:
        return _fail(AdapterError(str(error)), as_json=False)


@contextmanager
def _opened(path: Path) -> Iterator[_Opened]:
    """The database at one moment, and a writer that lets go of it last, in its turn."""
    place = Place(path.expanduser().absolute())
    if not place.path.is_file():
        raise ConfigurationError(f"{place.path}: there is no database file")
    reader = open_reader(place)
    try:
        reader.run("BEGIN")
        schema = _schema(reader, place.path)
        writer = Writer(place)
        if place.obstacle is None:
            writer.open()
    except BaseException:
        reader.close()
        raise
    with closing(writer), closing(reader):
        yield _Opened(schema, reader, writer)


def _schema(connection: Connection, path: Path) -> int:
    schema = schema_of(connection, path)
    if not schema:
        raise ConfigurationError(f"{path} holds nothing yet")
    return schema


def _decoded(table: str, row: Mapping[str, object]) -> Mapping[str, object]:
    try:
        decoded = {name: json.loads(str(row[name])) for name in EXPORTED[table]}
    except ValueError as error:
        message = f"{table}: the row {row['id']!r} cannot be read: {error}"
        raise StorageError(message) from error
    return {**row, **decoded}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m claude_mem_storage_sqlite",
        description="Look over a database, or write it out; also while it is in use.",
    )
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="COMMAND")
    look = deeds.add_parser("check", help="say what is wrong; repair nothing")
    look.add_argument("path", type=Path, metavar="PATH", help="the database")
    look.add_argument("--json", action="store_true", help="answer with a JSON object")
    write = deeds.add_parser("export", help="write the rows, one JSON object a line")
    write.add_argument("path", type=Path, metavar="PATH", help="the database")
    write.add_argument(
        "--table",
        action="append",
        default=[],
        choices=tuple(EXPORTED),
        help="only this table; may be given again",
    )
    return parser


def _tell(report: Report, path: Path, *, as_json: bool) -> int:
    if as_json:
        healthy = not report.problems
        wrong = list(report.problems)
        told = {"path": str(path), "schema": report.schema, "healthy": healthy}
        _say(_json({**told, "problems": wrong}))
    else:
        sentences = report.problems or [f"{path}: nothing is wrong."]
        _say("\n".join(map(_plain, sentences)))
    return ILL if report.problems else HEALTHY


def _write_out(path: Path, tables: Sequence[str]) -> int:
    with closing(export(path, tables)) as rows:
        for table, row in rows:
            sys.stdout.write(_json({"table": table, "row": row}) + "\n")
    sys.stdout.flush()
    return HEALTHY


def _fail(error: ClaudeMemError, *, as_json: bool) -> int:
    message = _plain(str(error))
    if as_json:
        _say(_json({"error": error.code, "message": message}))
    sys.stderr.write(f"Error: {message} ({error.code})\n")
    return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _json(value: object) -> str:
    """JSON of printable ASCII: every control character is escaped."""
    return json.dumps(value)


def _plain(text: str) -> str:
    """`text` with everything that a terminal could obey made visible."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )
