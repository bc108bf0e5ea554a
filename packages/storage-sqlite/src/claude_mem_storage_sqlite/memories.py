# SPDX-License-Identifier: Apache-2.0
"""Memories in SQLite."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryKind,
    MemoryRecord,
    MemorySource,
)
from claude_mem_core.domain.outline import Outline, error_of
from claude_mem_core.domain.search import Candidate, Matches, TermQuery
from claude_mem_core.domain.timeline import Place
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.memories import MemoryRepository
from typing_extensions import override

from claude_mem_storage_sqlite import full_text, records, validity, vocabulary
from claude_mem_storage_sqlite.borders import MESSAGE
from claude_mem_storage_sqlite.driver import Connection, Cursor, Row
from claude_mem_storage_sqlite.filters import MARKS, marks
from claude_mem_storage_sqlite.rows import OF_PROJECT, WITHIN, Rows, within
from claude_mem_storage_sqlite.search import among, beside, matches
from claude_mem_storage_sqlite.sessions import require_session

MEMORIES = Rows(
    MemoryItem,
    "memory_items",
    as_json=("metadata", validity.EARLIER, *records.LISTS),
    extra=("generation_key", *MARKS, records.ERROR),
    elsewhere=("sources",),
)
SOURCES = Rows(MemorySource, "memory_sources")

_OURS = f"{MEMORIES.select} {WITHIN}"
_MANY = f"{_OURS} WHERE r.id IN (SELECT value FROM json_each(:ids))"
_AS_IT_IS = f"{MEMORIES.select} WHERE r.seq = ?"
_BY_KEY = f"{_OURS} WHERE r.generation_key = :key"
_PAGE = (
    f"{_OURS} WHERE r.project_id = :wanted AND r.seq >"
    " ifnull((SELECT seq FROM memory_items WHERE id = :after), 0)"
    " ORDER BY r.seq LIMIT :limit"
)
_OF_SESSION = (
    f"{_OURS} WHERE r.server_session_id = :session AND r.kind = :kind"
    " ORDER BY r.created_at_epoch, r.id"
)
_SUPERSEDED = (
    f"{_OURS} WHERE r.seq IN ({validity.SUPERSEDED_BY})"
    " ORDER BY r.created_at_epoch, r.id"
)
# Answered by the index alone.
_COUNT = (
    "SELECT r.kind, count(*) FROM memory_items r"
    f" WHERE r.project_id = {OF_PROJECT} GROUP BY r.kind"
)
_CITING = (
    f"{_OURS} WHERE r.id IN"
    " (SELECT memory_item_id FROM memory_sources WHERE event_id = :event)"
    " ORDER BY r.created_at_epoch, r.id"
)
_SOURCES_OF = (
    f"SELECT {SOURCES.columns} FROM memory_sources r WHERE r.memory_item_id IN"
    " (SELECT value FROM json_each(?)) ORDER BY r.seq"
)


class SqliteMemories(MemoryRepository):
    """Memories."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, item_id: str, *, scope: Scope) -> MemoryItem:
        found = self.get_many([item_id], scope=scope)
        if not found:
            raise NotFoundError("memory", item_id)
        return found[0]

    @override
    def get_many(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryItem]:
        rows = self._db.all(_MANY, within(scope, ids=json.dumps(list(item_ids))))
        items = {item.id: item for item in self._items(rows)}
        return [items[item_id] for item_id in item_ids if item_id in items]

    @override
    def records(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryRecord]:
        return records.records(self._db, item_ids, scope=scope)

    @override
    def find(self, key: str, *, scope: Scope) -> MemoryItem | None:
        rows = self._db.all(_BY_KEY, within(scope, key=key))
        return next(iter(self._items(rows)), None)

    @override
    def search(self, query: TermQuery, *, scope: Scope) -> Matches:
        return matches(self._db, query, scope=scope)

    @override
    def words_with(
        self, part: str, project_ids: Sequence[str], *, scope: Scope, limit: int
    ) -> Sequence[str]:
        return vocabulary.words_with(
            self._db, part, project_ids, scope=scope, limit=limit
        )

    @override
    def among(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        return among(self._db, item_ids, query, scope=scope)

    @override
    def beside(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        return beside(self._db, item_ids, query, scope=scope)

    @override
    def recent(
        self,
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
        before: Place | None = None,
    ) -> Sequence[MemoryRecord]:
        return records.recent(self._db, wanted, scope=scope, limit=limit, before=before)

    @override
    def outlines(
        self, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[Outline]:
        return records.outlines(self._db, wanted, scope=scope, limit=limit)

    @override
    def met(
        self,
        signatures: Collection[str],
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
    ) -> Sequence[Outline]:
        return records.met(self._db, signatures, wanted, scope=scope, limit=limit)

    @override
    def since(
        self, after: Place, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[MemoryRecord]:
        return records.since(self._db, after, wanted, scope=scope, limit=limit)

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[MemoryItem]:
        asked = {"wanted": project_id, "after": after, "limit": limit}
        return self._items(self._db.all(_PAGE, within(scope, **asked)))

    @override
    def of_session(
        self, session_id: str, *, scope: Scope, kind: MemoryKind
    ) -> Sequence[MemoryItem]:
        asked = within(scope, session=session_id, kind=kind)
        return self._items(self._db.all(_OF_SESSION, asked))

    @override
    def citing(self, event_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        return self._items(self._db.all(_CITING, within(scope, event=event_id)))

    @override
    def superseded_by(self, item_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        return self._items(self._db.all(_SUPERSEDED, within(scope, item=item_id)))

    @override
    def count(self, project_id: str, *, scope: Scope) -> Mapping[MemoryKind, int]:
        rows = self._db.all(_COUNT, within(scope, wanted=project_id))
        return dict(rows)

    @override
    def add(self, item: MemoryItem, *, key: str | None = None) -> None:
        done = self._write(MEMORIES.insert, item, key)
        full_text.put_in(self._db, done.lastrowid or 0, item)
        self._add_sources(item)

    @override
    def replace(self, item: MemoryItem) -> None:
        seq, key = self._known(item.id)
        self._write(MEMORIES.update, item, key, item.id)
        full_text.renew(self._db, seq, item)
        self._db.run("DELETE FROM memory_sources WHERE memory_item_id = ?", [item.id])
        self._add_sources(item)

    @override
    def reindex(self, item_id: str) -> None:
        seq, _ = self._known(item_id)
        [item] = self._items(self._db.all(_AS_IT_IS, [seq]))
        full_text.take_out(self._db, seq)
        full_text.put_in(self._db, seq, item)

    @override
    def remove(self, item_id: str) -> None:
        seq, _ = self._known(item_id)
        self._db.run("DELETE FROM memory_items WHERE seq = ?", [seq])
        full_text.take_out(self._db, seq)

    def _known(self, item_id: str) -> Row:
        sql = "SELECT seq, generation_key FROM memory_items WHERE id = ?"
        known = self._db.one(sql, [item_id])
        if known is None:
            raise NotFoundError("memory", item_id)
        return known

    def _write(
        self, sql: str, item: MemoryItem, key: str | None, *where: object
    ) -> Cursor:
        known = "SELECT 1 FROM projects WHERE id = ?"
        if self._db.one(known, [item.project_id]) is None:
            raise NotFoundError("project", item.project_id)
        row = MEMORIES.row(item, key, *marks(item), error_of(item.metadata))
        try:
            return self._db.run(sql, [*row, *where])
        except ConflictError as error:
            require_session(self._db, item.server_session_id)
            if MESSAGE in str(error):
                raise ConflictError(MESSAGE) from error
            raise ConflictError("there is such a memory already") from error

    def _add_sources(self, item: MemoryItem) -> None:
        for source in item.sources:
            self._db.run(SOURCES.insert, SOURCES.row(source))

    def _items(self, rows: Sequence[Row]) -> Sequence[MemoryItem]:
        if not rows:
            return []
        bare = [MEMORIES.value(row) for row in rows]
        of: defaultdict[str, list[MemorySource]] = defaultdict(list)
        for row in self._db.all(_SOURCES_OF, [json.dumps([item.id for item in bare])]):
            source = SOURCES.value(row)
            of[source.memory_item_id].append(source)
        return [
            item.model_copy(update={"sources": tuple(of[item.id])}) for item in bare
        ]
