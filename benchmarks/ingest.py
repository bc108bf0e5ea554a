# SPDX-License-Identifier: Apache-2.0
"""Acknowledged events a second, beside the same rows written by bare sqlite3.

Both sides are durable to the same degree: a write-ahead log, `synchronous=FULL`, and
one commit an event, or one commit a batch. The bare side writes what the product
wrote: every row of its event, job and audit tables, into the same tables with the
same indexes, without triggers and without a line of Python that thinks.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from claude_mem_core.api import AgentEventDraft, Principal, ProjectDraft, open_runtime

from benchmarks.report import Line

SINGLE = 2_000
BATCHED = 10_000
BATCH = 100
OUTPUT = "x" * 600
"""A tool's output of the usual size: an event is then about 1 KB of JSON."""

TABLES = ("agent_events", "generation_jobs", "audit_log")
ME = Principal.local()

Row = tuple[object, ...]


def measure() -> Sequence[Line]:
    """Single events and batches, each beside bare sqlite3."""
    return [
        _compare("one event a commit", SINGLE, 1),
        _compare(f"{BATCH} events a commit", BATCHED, BATCH),
    ]


def _compare(what: str, count: int, batch: int) -> Line:
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(Path(folder), count, batch)
        bare = _bare(Path(folder), count, batch)
    return Line(what, count / ours, count / bare, "events/s", more_is_better=True)


def _ours(folder: Path, count: int, batch: int) -> float:
    """The seconds that the product takes, from the first call to the last answer."""
    with open_runtime({"CLAUDE_MEM_DATA_DIR": str(folder)}) as runtime:
        project = runtime.projects.create(ProjectDraft(name="bench"), by=ME)
        drafts = [_draft(project.id, number) for number in range(count)]
        start = time.perf_counter()
        for first in range(0, count, batch):
            runtime.events.accept_batch(drafts[first : first + batch], by=ME)
        return time.perf_counter() - start


def _draft(project_id: str, number: int) -> AgentEventDraft:
    return AgentEventDraft(
        project_id=project_id,
        source_type="hook",
        event_type="tool_use",
        content_session_id=f"session-{number % 20}",
        tool_use_id=f"toolu_{number}",
        occurred_at_epoch=1_700_000_000_000 + number,
        payload={
            "tool_name": "Bash",
            "tool_input": {"command": f"pytest tests/test_{number}.py"},
            "tool_response": {"stdout": OUTPUT, "stderr": "", "interrupted": False},
        },
    )


def _bare(folder: Path, count: int, batch: int) -> float:
    """The seconds that sqlite3 takes to write the rows that the product wrote."""
    (database,) = folder.glob("*.db")
    with closing(sqlite3.connect(database)) as ours:
        schema = [
            sql
            for (sql,) in ours.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
                "AND type IN ('table', 'index') AND tbl_name IN (?, ?, ?) "
                "ORDER BY type DESC",
                TABLES,
            )
        ]
        rows = {
            name: ours.execute(
                # The names are ours, from the list above.
                f"SELECT * FROM {name} ORDER BY rowid DESC LIMIT {count}"  # noqa: S608
            ).fetchall()
            for name in TABLES
        }
    with closing(sqlite3.connect(folder / "bare", isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        for statement in schema:
            bare.execute(statement)
        return _write(bare, rows, count, batch)


def _write(
    bare: sqlite3.Connection, rows: dict[str, list[Row]], count: int, batch: int
) -> float:
    marks = {name: ",".join("?" * len(some[0])) for name, some in rows.items()}
    start = time.perf_counter()
    for first in range(0, count, batch):
        bare.execute("BEGIN IMMEDIATE")
        for name, all_rows in rows.items():
            # The audit log has one row a commit where the others have one an event.
            share = len(all_rows) * batch // count if len(all_rows) < count else batch
            at = first // batch * share
            bare.executemany(
                f"INSERT INTO {name} VALUES ({marks[name]})",  # noqa: S608
                all_rows[at : at + share],
            )
        bare.execute("COMMIT")
    return time.perf_counter() - start
