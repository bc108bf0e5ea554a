# SPDX-License-Identifier: Apache-2.0
"""A server that dies while it brings an older database up to date loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from claude_mem_storage_sqlite.migrations import steps
from claude_mem_storage_sqlite.version import OURS, SCHEMA
from clients import wait_until_done
from evidence import MEMORIES, UNFINISHED, faults, rows
from faults.__main__ import KILLED
from machine import Machine
from size import SIZE
from sqlite_utils import Database
from template import EVENTS, NO_WORK, Template


def _hits(steps_left: int) -> Sequence[int]:
    """After which steps of a migration the server dies.

    All steps are one transaction. So each of them once as the first and, from the
    oldest schema on, once as the last is enough for every day.
    """
    every = range(1, steps_left + 1)
    return every if SIZE.every_migration_step else sorted({1, steps_left})


MOMENTS = [
    (schema, point, hit)
    for schema in range(SCHEMA)
    for point, hits in (("migrated-a-step", _hits(SCHEMA - schema)), ("migrated", (1,)))
    for hit in hits
]
NOT_COPIED = (
    *("sqlite_%", "\\_sqlite%", "memory\\_items\\_fts%", "memory\\_words%"),
    "job\\_counts",
)
"""What a migration makes anew, or what the schema fills by itself."""


@pytest.mark.sized
@pytest.mark.parametrize(("schema", "point", "hit"), MOMENTS)
def test_a_death_in_a_migration_leaves_the_old_schema_or_the_new_one(
    template: Template, prepared: Machine, schema: int, point: str, hit: int
):
    if schema > 0:
        _fill(template, prepared)
        _age(prepared.folder / "memory.db", schema)
    else:
        (prepared.folder / "memory.db").unlink()

    at = ["--at", point, "--hit", str(hit)]
    dying = prepared.spawn("server", "start", faults=at)
    assert dying.wait(timeout=30) == KILLED
    assert rows(prepared, "PRAGMA user_version") in ([(schema,)], [(SCHEMA,)])

    prepared.start()
    wait_until_done(prepared)
    assert prepared.stop() == 0
    assert rows(prepared, "PRAGMA user_version") == [(SCHEMA,)]
    if schema > 0:
        kept = {
            one for (one,) in rows(prepared, "SELECT source_event_id FROM agent_events")
        }
        assert len(kept) == EVENTS
        assert rows(prepared, MEMORIES) == template.memories
    assert faults(prepared, []) == []
    assert rows(prepared, UNFINISHED) == []


def _fill(template: Template, machine: Machine) -> None:
    """Events that are taken and not worked on."""
    without_work, machine.env = machine.env, {**machine.env, **NO_WORK}
    machine.start()
    with template.clients(machine).at_work():
        pass
    assert machine.stop() == 0
    machine.env = without_work


def _age(database: Path, schema: int) -> None:
    """Put the rows of a database into one of an older schema."""
    new = database.rename(database.with_suffix(".new"))
    names = [step.name for step in steps._migrations]
    with closing(sqlite3.connect(database, isolation_level=None)) as old:
        steps.apply(Database(old), stop_before=names[schema])
        old.execute(f"PRAGMA application_id = {OURS}")
        old.execute(f"PRAGMA user_version = {schema}")
        old.execute("ATTACH ? AS new", [str(new)])
        for table in _tables(old):
            columns = ", ".join(_columns(old, table))
            old.execute(
                f"INSERT INTO {table} ({columns})"  # noqa: S608 - the schema's names
                f" SELECT {columns} FROM new.{table}"
            )
    new.unlink()


def _tables(store: sqlite3.Connection) -> list[str]:
    unlike = " ".join(f"AND name NOT LIKE '{one}' ESCAPE '\\'" for one in NOT_COPIED)
    sql = f"SELECT name FROM main.sqlite_schema WHERE type = 'table' {unlike}"  # noqa: S608
    return [name for (name,) in store.execute(sql)]


def _columns(store: sqlite3.Connection, table: str) -> list[str]:
    sql = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0"
    return [f'"{name}"' for (name,) in store.execute(sql, [table])]
