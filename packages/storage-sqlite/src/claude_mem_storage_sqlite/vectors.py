# SPDX-License-Identifier: Apache-2.0
"""Vectors of memories in SQLite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded, StoredVectors
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.vectors import VectorRepository
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import WITHIN, within

TABLE = "memory_vectors"
_SAID = ("title", "subtitle", "text", "narrative", "facts", "concepts", "project_id")


def _counts(when: str, row: str) -> str:
    return f"""
    CREATE TRIGGER memory_vectors_{when.lower()} AFTER {when} ON memory_vectors
    BEGIN
      INSERT INTO vector_changes (project_id, changes) VALUES ({row}.project_id, 1)
        ON CONFLICT (project_id) DO UPDATE SET changes = changes + 1;
    END
    """


VECTORS = (
    # A number is never given twice: who holds an index asks for what came after it.
    """
    CREATE TABLE memory_vectors (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      memory_item_id TEXT NOT NULL REFERENCES memory_items(id) ON DELETE CASCADE,
      project_id TEXT NOT NULL, model TEXT NOT NULL, vectors BLOB NOT NULL,
      UNIQUE (memory_item_id, model)
    ) STRICT
    """,
    "CREATE INDEX memory_vectors_project ON memory_vectors (project_id, model, seq)",
    "CREATE INDEX memory_vectors_model ON memory_vectors (model)",
    """
    CREATE TABLE vector_changes (
      project_id TEXT PRIMARY KEY REFERENCES projects(id) ON DELETE CASCADE,
      changes INTEGER NOT NULL
    ) STRICT
    """,
    _counts("INSERT", "new"),
    _counts("DELETE", "old"),
    # Whoever writes: no vector says what a memory does not say any more.
    f"""
    CREATE TRIGGER memory_items_said AFTER UPDATE OF {", ".join(_SAID)}
      ON memory_items
      WHEN {" OR ".join(f"new.{one} IS NOT old.{one}" for one in _SAID)}
    BEGIN
      DELETE FROM memory_vectors WHERE memory_item_id = new.id;
    END
    """,
)
"""What the vectors add to the schema."""

_WAITING = (
    "SELECT m.id, p.team_id, p.id FROM memory_items m"
    " JOIN projects p ON p.id = m.project_id WHERE NOT EXISTS (SELECT 1"
    " FROM memory_vectors v WHERE v.memory_item_id = m.id AND v.model = :model)"
    " ORDER BY m.seq DESC LIMIT :limit"
)
_PROGRESS = (
    "SELECT (SELECT count(*) FROM memory_vectors WHERE model = ?),"
    " (SELECT count(*) FROM memory_items)"
)
_CHANGES = (
    f"SELECT r.changes FROM vector_changes r {WITHIN} WHERE r.project_id = :wanted"
)
_OURS = f"{WITHIN} WHERE r.project_id = :wanted AND r.model = :model"
_NUMBERS = f"SELECT r.seq FROM memory_vectors r {_OURS} ORDER BY r.seq"
_PAGE = (
    f"SELECT r.seq, r.memory_item_id, r.vectors FROM memory_vectors r {_OURS}"
    " AND r.seq > :after ORDER BY r.seq LIMIT :limit"
)
_OF = (
    f"SELECT r.memory_item_id, r.vectors FROM memory_vectors r {WITHIN}"
    " WHERE r.model = :model"
    " AND r.memory_item_id IN (SELECT value FROM json_each(:ids))"
)
_PUT = (
    "INSERT INTO memory_vectors (memory_item_id, project_id, model, vectors)"
    " SELECT id, project_id, ?, ? FROM memory_items WHERE id = ?"
)


class SqliteVectors(VectorRepository):
    """Vectors of memories."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def waiting(self, model: str, *, limit: int) -> Sequence[tuple[str, Scope]]:
        rows = self._db.all(_WAITING, {"model": model, "limit": limit})
        return [(item_id, Scope(team, project)) for item_id, team, project in rows]

    @override
    def progress(self, model: str) -> Embedded:
        embedded, every = self._db.one(_PROGRESS, [model]) or (0, 0)
        return Embedded(embedded, every - embedded)

    @override
    def has_others(self, model: str) -> bool:
        # Two looks at the index's ends, however many vectors there are.
        row = self._db.one("SELECT min(model), max(model) FROM memory_vectors")
        return row is not None and any(one not in (None, model) for one in row)

    @override
    def changes(self, project_id: str, *, scope: Scope) -> int:
        row = self._db.one(_CHANGES, within(scope, wanted=project_id))
        return 0 if row is None else int(row[0])

    @override
    def numbers(self, project_id: str, model: str, *, scope: Scope) -> Sequence[int]:
        asked = within(scope, wanted=project_id, model=model)
        return [number for (number,) in self._db.all(_NUMBERS, asked)]

    @override
    def page(
        self, project_id: str, model: str, *, scope: Scope, after: int, limit: int
    ) -> Sequence[StoredVectors]:
        asked = {"wanted": project_id, "model": model, "after": after, "limit": limit}
        rows = self._db.all(_PAGE, within(scope, **asked))
        return [StoredVectors(*row) for row in rows]

    @override
    def of(
        self, item_ids: Sequence[str], model: str, *, scope: Scope
    ) -> Mapping[str, bytes]:
        asked = within(scope, model=model, ids=json.dumps(list(item_ids)))
        return dict(self._db.all(_OF, asked))

    @override
    def put(self, item_id: str, model: str, vectors: bytes) -> None:
        had = "DELETE FROM memory_vectors WHERE memory_item_id = ? AND model = ?"
        self._db.run(had, [item_id, model])
        if self._db.run(_PUT, [model, vectors, item_id]).rowcount != 1:
            raise NotFoundError("memory", item_id)

    @override
    def drop_others(self, model: str) -> int:
        others = "SELECT count(DISTINCT memory_item_id) FROM memory_vectors"
        count = self._db.number(f"{others} WHERE model <> ?", [model])
        if count:
            self._db.run("DELETE FROM memory_vectors WHERE model <> ?", [model])
        return count
