# SPDX-License-Identifier: Apache-2.0
"""Receipts of context packs in SQLite."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import MemoryUse, UseKind, feedback_value
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.packs import PackBook
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
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

_TELLING = (
    f"{RECEIPTS.select} {WITHIN} WHERE r.id IN"
    " (SELECT pack_id FROM pack_items WHERE memory_id = :item)"
    " ORDER BY r.told_at_epoch DESC, r.id"
)
_AGAIN = (
    f"{RECEIPTS.insert} ON CONFLICT (id) DO UPDATE"
    " SET times = times + 1, told_at_epoch = excluded.told_at_epoch"
)
_USES = (
    "SELECT memory_item_id, kind, count(*) FROM memory_uses"
    " WHERE memory_item_id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2"
)
_TOLD = (
    "SELECT i.memory_id, sum(r.times) FROM pack_items i"
    " JOIN pack_receipts r ON r.id = i.pack_id"
    " WHERE i.memory_id IN (SELECT value FROM json_each(?)) GROUP BY 1"
)
_OUTDATED = (
    "SELECT id FROM memory_items WHERE superseded_by_id IS NOT NULL"
    " AND id IN (SELECT value FROM json_each(?))"
)


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
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, float]:
        ids = [json.dumps(list(item_ids))]
        uses: defaultdict[str, dict[UseKind, int]] = defaultdict(dict)
        for item_id, kind, number in self._db.all(_USES, ids):
            uses[item_id][kind] = number
        told: dict[str, int] = dict(self._db.all(_TOLD, ids))
        outdated = {row[0] for row in self._db.all(_OUTDATED, ids)}
        values = {
            one: feedback_value(
                uses.get(one, {}), told=told.get(one, 0), is_outdated=one in outdated
            )
            for one in item_ids
        }
        return {one: value for one, value in values.items() if value}

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
