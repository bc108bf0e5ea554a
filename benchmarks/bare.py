# SPDX-License-Identifier: Apache-2.0
"""The yardsticks: a disk with nothing on it but us, and sqlite3 without a thought.

Bare sqlite3 is as durable as the product: a write-ahead log, `synchronous=FULL`, and
commits of the same number of rows. It writes what the product wrote into the same
tables with the same indexes, without triggers, foreign keys or questions.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

Row = tuple[object, ...]

A_RECORD = 4096
"""Bytes of a record whose way to the disk is timed: one page of a database."""

_SCHEMA = (
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
    " AND type IN ('table', 'index') AND tbl_name = ? ORDER BY type DESC"
)


class Rows:
    """The newest rows of some tables of a database, in the order they were put in."""

    def __init__(self, folder: Path, tables: Mapping[str, int]) -> None:
        (database,) = folder.glob("*.db")
        with closing(sqlite3.connect(database)) as ours:
            self._schema = [
                sql for name in tables for (sql,) in ours.execute(_SCHEMA, [name])
            ]
            self.of = {
                # The names are ours, from the benchmarks.
                name: ours.execute(
                    f"SELECT * FROM {name} ORDER BY rowid DESC LIMIT {count}"  # noqa: S608
                ).fetchall()[::-1]
                for name, count in tables.items()
            }

    def write(self, folder: Path, commits: int) -> float:
        """Write them into an empty database with so many commits; the seconds."""
        with _database(folder / "bare", self._schema) as bare:
            start = time.perf_counter()
            for number in range(commits):
                bare.execute("BEGIN IMMEDIATE")
                for name, rows in self.of.items():
                    share = _share(rows, number, commits)
                    bare.executemany(_insert(name, rows), share)
                bare.execute("COMMIT")
            return time.perf_counter() - start

    @contextmanager
    def written(self, folder: Path) -> Iterator[sqlite3.Connection]:
        """A bare database that holds them."""
        with _database(folder / "bare", self._schema) as bare:
            bare.execute("BEGIN")
            for name, rows in self.of.items():
                bare.executemany(_insert(name, rows), rows)
            bare.execute("COMMIT")
            yield bare


def flushes(folder: Path, count: int) -> list[float]:
    """The seconds that each of so many records takes to the disk, one by one."""
    path, record, samples = folder / "flushed", bytes(A_RECORD), []
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for _ in range(count):
            start = time.perf_counter()
            os.write(handle, record)
            os.fdatasync(handle)
            samples.append(time.perf_counter() - start)
    finally:
        os.close(handle)
        path.unlink()
    return samples


@contextmanager
def _database(path: Path, schema: Sequence[str]) -> Iterator[sqlite3.Connection]:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        for statement in schema:
            bare.execute(statement)
        yield bare


def _share(rows: Sequence[Row], number: int, commits: int) -> Sequence[Row]:
    """What one of so many commits writes: a mean group need be no whole number."""
    first, last = len(rows) * number, len(rows) * (number + 1)
    return rows[first // commits : last // commits]


def _insert(name: str, rows: Sequence[Row]) -> str:
    marks = ",".join("?" * len(rows[0]))
    return f"INSERT INTO {name} VALUES ({marks})"  # noqa: S608 - our own names
