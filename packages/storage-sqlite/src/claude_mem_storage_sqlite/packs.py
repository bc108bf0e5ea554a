# SPDX-License-Identifier: Apache-2.0
"""Receipts of context packs in SQLite."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import (
    WEEK,
    MemoryUse,
    Seen,
    Standing,
    Total,
    standing,
    week_of,
)
from claude_mem_core.domain.uses import Telling
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.packs import PackBook
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection, Row
from claude_mem_storage_sqlite.rows import WITHIN, Rows, within

RECEIPTS = Rows(PackReceipt, "pack_receipts", as_json=("items",))
USES = Rows(MemoryUse, "memory_uses", as_json=())

PACKS = (
    """
    CREATE TABLE pack_receipts (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      server_session_id TEXT, token_budget INTEGER NOT NULL,
      character_budget INTEGER, tokens INTEGER NOT NULL, characters INTEGER NOT NULL,
      items TEXT NOT NULL, told_at_epoch INTEGER NOT NULL, times INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX pack_receipts_project ON pack_receipts (project_id)",
    # No foreign key leads to the memory: that it was told stays on record.
    """
    CREATE TABLE pack_items (
      seq INTEGER PRIMARY KEY,
      memory_id TEXT NOT NULL,
      pack_id TEXT NOT NULL REFERENCES pack_receipts(id) ON DELETE CASCADE,
      UNIQUE (memory_id, pack_id)
    ) STRICT
    """,
    "CREATE INDEX pack_items_pack ON pack_items (pack_id)",
    """
    CREATE TABLE memory_uses (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      memory_item_id TEXT NOT NULL, server_session_id TEXT, kind TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX memory_uses_item ON memory_uses (memory_item_id, kind)",
)
"""What receipts and uses add to the schema."""

USES_OF_PACKS = (
    "ALTER TABLE memory_uses RENAME TO older_uses",
    "DROP INDEX memory_uses_item",
    """
    CREATE TABLE memory_uses (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      memory_item_id TEXT NOT NULL,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      pack_id TEXT, server_session_id TEXT, kind TEXT NOT NULL,
      created_at_epoch INTEGER NOT NULL
    ) STRICT
    """,
    # A use of a memory that is gone says nothing any more.
    """
    INSERT INTO memory_uses
      (id, memory_item_id, project_id, server_session_id, kind, created_at_epoch)
    SELECT u.id, u.memory_item_id, m.project_id, u.server_session_id, u.kind,
      u.created_at_epoch
    FROM older_uses u JOIN memory_items m ON m.id = u.memory_item_id ORDER BY u.seq
    """,
    "DROP TABLE older_uses",
    # It holds all that is asked, so that a candidate's uses are read without its rows.
    """
    CREATE INDEX memory_uses_item
      ON memory_uses (memory_item_id, project_id, kind, created_at_epoch, pack_id)
    """,
    "CREATE INDEX memory_uses_newest ON memory_uses (project_id, created_at_epoch)",
    "DROP INDEX pack_receipts_project",
    "CREATE INDEX pack_receipts_told ON pack_receipts (project_id, told_at_epoch)",
)
"""What uses that follow from packs need."""

USE_TOTALS = """
    CREATE TABLE memory_use_totals (
      memory_item_id TEXT NOT NULL,
      project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
      kind TEXT NOT NULL, week INTEGER NOT NULL, times REAL NOT NULL,
      PRIMARY KEY (memory_item_id, project_id, kind)
    ) STRICT, WITHOUT ROWID
"""
"""What the uses of each memory come to: a search reads a row for each kind of them,
however many there were. `add_up` fills it."""

_TELLING = (
    f"{RECEIPTS.select} {WITHIN} WHERE r.id IN"
    " (SELECT pack_id FROM pack_items WHERE memory_id = :item)"
    " ORDER BY r.told_at_epoch DESC, r.id"
)
_AGAIN = (
    f"{RECEIPTS.insert} ON CONFLICT (id) DO UPDATE"
    " SET times = times + 1, told_at_epoch = excluded.told_at_epoch"
)
_TOLD_BETWEEN = f"""
    SELECT i.memory_id, r.id, r.project_id, r.server_session_id, r.told_at_epoch, (
      SELECT group_concat(DISTINCT u.kind) FROM memory_uses u
      WHERE u.memory_item_id = i.memory_id AND u.pack_id = r.id
        AND u.created_at_epoch >= r.told_at_epoch)
    FROM pack_receipts r {WITHIN} JOIN pack_items i ON i.pack_id = r.id
    WHERE r.project_id = :of AND r.told_at_epoch BETWEEN :since AND :until
    ORDER BY r.told_at_epoch DESC, r.id, i.seq LIMIT :limit
"""
_SEEN = f"""
    WITH asked AS MATERIALIZED (SELECT value AS id FROM json_each(:ids)),
    seen AS MATERIALIZED (
      SELECT t.memory_item_id, t.project_id, t.kind, t.week, t.times
      FROM asked CROSS JOIN memory_use_totals t ON t.memory_item_id = asked.id),
    newest AS MATERIALIZED (
      SELECT p.project_id, (
        SELECT max(n.created_at_epoch) FROM memory_uses n
        WHERE n.project_id = p.project_id) / {WEEK} AS week
      FROM (SELECT DISTINCT project_id FROM seen) p)
    SELECT memory_item_id, kind, newest.week - seen.week, times
    FROM seen CROSS JOIN newest USING (project_id)
    UNION ALL
    SELECT asked.id, 'superseded', 0, 1
    FROM asked
    WHERE EXISTS (SELECT 1 FROM pack_items i WHERE i.memory_id = asked.id)
      AND (SELECT m.superseded_by_id FROM memory_items m WHERE m.id = asked.id)
        IS NOT NULL
"""
_TOTAL = """
    SELECT week, times FROM memory_use_totals
    WHERE memory_item_id = ? AND project_id = ? AND kind = ?
"""
_PUT_TOTAL = "INSERT OR REPLACE INTO memory_use_totals VALUES (?, ?, ?, ?, ?)"


class SqlitePacks(PackBook):
    """Receipts and uses."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, pack_id: str, *, scope: Scope) -> PackReceipt:
        sql = f"{RECEIPTS.select} {WITHIN} WHERE r.id = :id"
        row = self._db.one(sql, within(scope, id=pack_id))
        if row is None:
            raise NotFoundError("context pack", pack_id)
        return RECEIPTS.value(row)

    @override
    def telling(self, item_id: str, *, scope: Scope) -> Sequence[PackReceipt]:
        rows = self._db.all(_TELLING, within(scope, item=item_id))
        return [RECEIPTS.value(row) for row in rows]

    @override
    def told_between(
        self, since: int, until: int, project_id: str, *, scope: Scope, limit: int
    ) -> Sequence[Telling]:
        span = {"since": since, "until": until}
        asked = within(scope, of=project_id, limit=limit, **span)
        return [_telling(*row) for row in self._db.all(_TOLD_BETWEEN, asked)]

    @override
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, Standing]:
        ids = json.dumps(list(item_ids))
        evidence: defaultdict[str, list[Seen]] = defaultdict(list)
        for item_id, *seen in self._db.all(_SEEN, {"ids": ids}):
            evidence[item_id].append(Seen(*seen))
        return {item_id: standing(seen) for item_id, seen in evidence.items()}

    @override
    def add(self, receipt: PackReceipt) -> None:
        items = [one.to_wire() for one in receipt.items]
        row = RECEIPTS.row(receipt.model_copy(update={"items": ()}))
        place = list(PackReceipt.model_fields).index("items")
        row[place] = json.dumps(items, separators=(",", ":"))
        self._db.run(_AGAIN, row)
        for one in receipt.items:
            self._db.run(
                "INSERT OR IGNORE INTO pack_items (memory_id, pack_id) VALUES (?, ?)",
                [one.memory_id, receipt.id],
            )

    @override
    def note(self, use: MemoryUse) -> None:
        self._db.run(USES.insert, USES.row(use))
        whose = (use.memory_item_id, use.project_id, use.kind)
        _count(self._db, whose, Total(week_of(use.created_at_epoch)))


def add_up(connection: Connection) -> None:
    """Count the uses that are there."""
    uses = "SELECT memory_item_id, project_id, kind, created_at_epoch FROM memory_uses"
    for *whose, at in connection.all(uses):
        _count(connection, tuple(whose), Total(week_of(at)))


def _count(connection: Connection, whose: Row, use: Total) -> None:
    """Add a use to those of its memory, project and kind."""
    known = connection.one(_TOTAL, whose)
    total = use if known is None else Total(*known).and_(whose[2], use)
    connection.run(_PUT_TOTAL, [*whose, total.week, total.times])


def _telling(
    memory_id: str,
    pack_id: str,
    project_id: str,
    session_id: str | None,
    told_at: int,
    uses: str | None,
) -> Telling:
    return Telling.of_valid(
        {
            "memory_id": memory_id,
            "pack_id": pack_id,
            "project_id": project_id,
            "server_session_id": session_id,
            "told_at_epoch": told_at,
            "uses": tuple(sorted(uses.split(","))) if uses else (),
        }
    )
