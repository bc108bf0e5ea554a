# SPDX-License-Identifier: Apache-2.0
"""Memories as recall reads them: without sources, and many at a time.

These rows are not validated again: the table has a type and a check for each column,
and only what stands in a column as JSON is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import cast

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.timeline import Place
from claude_mem_core.domain.value import JsonObject

from claude_mem_storage_sqlite.driver import Connection, Row
from claude_mem_storage_sqlite.filters import conditions, parameters
from claude_mem_storage_sqlite.rows import OF_PROJECT, WITHIN, Rows, of_json, within
from claude_mem_storage_sqlite.validity import EARLIER, earlier_of

LISTS = ("facts", "concepts", "files_read", "files_modified")
RECORDS = Rows(MemoryRecord, "memory_items", as_json=("metadata", EARLIER, *LISTS))

_OUTLINE = (
    "SELECT r.id, r.server_session_id, r.kind, r.type, r.created_at_epoch,"
    " r.when_epoch, r.metadata, r.files_read, r.files_modified FROM memory_items r"
)
_MANY = f"{RECORDS.select} {WITHIN} WHERE r.id IN (SELECT value FROM json_each(:ids))"
# One project at a time: only so are the rows read in the order of the index.
_CHOSEN = f" WHERE r.project_id = {OF_PROJECT}"
ERROR = "error_signature"
"""The column of what the error is known by that a memory is about, if it is."""

ERRORS_MET = (
    f"ALTER TABLE memory_items ADD COLUMN {ERROR} TEXT",
    f"""
    CREATE INDEX memory_items_error ON memory_items (project_id, {ERROR})
      WHERE {ERROR} IS NOT NULL
    """,
)
"""What the nineteenth migration adds, before the column of each row is written."""

# By the index of errors: that of time would lead through all memories.
_MET = (
    f" INDEXED BY memory_items_error{_CHOSEN}"
    f" AND r.{ERROR} IN (SELECT value FROM json_each(:signatures))"
)
_BEFORE = " AND (r.when_epoch, r.id) < (:epoch, :place)"
_AFTER = " AND (r.when_epoch, r.id) > (:epoch, :place)"
_LATEST = " ORDER BY r.when_epoch DESC, r.id DESC LIMIT :limit"
_OLDEST = " ORDER BY r.when_epoch, r.id LIMIT :limit"


def records(
    connection: Connection, ids: Sequence[str], *, scope: Scope
) -> Sequence[MemoryRecord]:
    """The memories in the order of the ids, without those outside the scope."""
    rows = connection.all(_MANY, within(scope, ids=json.dumps(list(ids))))
    found = {one.id: one for one in map(_record, rows)}
    return [found[one] for one in ids if one in found]


def recent(
    connection: Connection,
    wanted: MemoryFilter,
    *,
    scope: Scope,
    limit: int,
    before: Place | None,
) -> Sequence[MemoryRecord]:
    """The memories that pass, the latest first."""
    order = (_BEFORE if before else "") + _LATEST
    sql = RECORDS.select + _CHOSEN + conditions(wanted) + order
    rows = _listed(connection, sql, wanted, before, scope=scope, limit=limit)
    return sorted(map(_record, rows), key=Place.of, reverse=True)[:limit]


def outlines(
    connection: Connection, wanted: MemoryFilter, *, scope: Scope, limit: int
) -> Sequence[Outline]:
    """The outlines of the memories that pass, the latest first."""
    sql = _OUTLINE + _CHOSEN + conditions(wanted) + _LATEST
    rows = _listed(connection, sql, wanted, None, scope=scope, limit=limit)
    return sorted(map(_outline, rows), key=Place.of, reverse=True)[:limit]


def met(
    connection: Connection,
    signatures: Collection[str],
    wanted: MemoryFilter,
    *,
    scope: Scope,
    limit: int,
) -> Sequence[Outline]:
    """The outlines of memories of one of these errors that pass, the latest first."""
    found = _listed(
        connection,
        _OUTLINE + _MET + conditions(wanted) + _LATEST,
        wanted,
        None,
        scope=scope,
        limit=limit,
        signatures=json.dumps(list(signatures)),
    )
    return sorted(map(_outline, found), key=Place.of, reverse=True)[:limit]


def since(
    connection: Connection,
    after: Place,
    wanted: MemoryFilter,
    *,
    scope: Scope,
    limit: int,
) -> Sequence[MemoryRecord]:
    """The memories after a place in time that pass, oldest first."""
    sql = RECORDS.select + _CHOSEN + conditions(wanted) + _AFTER + _OLDEST
    rows = _listed(connection, sql, wanted, after, scope=scope, limit=limit)
    return sorted(map(_record, rows), key=Place.of)[:limit]


def _listed(
    connection: Connection,
    sql: str,
    wanted: MemoryFilter,
    place: Place | None,
    *,
    scope: Scope,
    limit: int,
    **more: str,
) -> list[Row]:
    """The first rows of each project that a statement gives, from a place on."""
    epoch, item_id = place or (None, None)
    asked = {
        **parameters(wanted),
        "epoch": epoch,
        "place": item_id,
        "limit": limit,
        **more,
    }
    rows: list[Row] = []
    for project_id in dict.fromkeys(wanted.project_ids):
        rows += connection.all(sql, within(scope, **asked, wanted=project_id))
    return rows


def _record(row: Row) -> MemoryRecord:
    fields = RECORDS.fields(row)
    try:
        fields["metadata"] = _object(fields["metadata"])
        fields[EARLIER] = earlier_of(fields[EARLIER])
        for name in LISTS:
            fields[name] = texts(fields[name])
    except ValueError as error:
        raise RECORDS.spoilt(fields["id"], error) from error
    return MemoryRecord.of_valid(fields)


def _outline(row: Row) -> Outline:
    item_id, session_id, kind, type_, created, when, metadata, *lists = row
    try:
        files_read, files_modified = map(texts, lists)
        return Outline(
            id=item_id,
            server_session_id=session_id,
            kind=kind,
            type=type_,
            created_at_epoch=created,
            when=when,
            metadata=_object(metadata),
            files_read=files_read,
            files_modified=files_modified,
        )
    except ValueError as error:
        raise RECORDS.spoilt(item_id, error) from error


def _object(text: str) -> JsonObject:
    if text == "{}":
        return {}
    found = of_json(text)
    if not isinstance(found, dict):
        message = f"{text[:20]!r} is no JSON object"
        raise ValueError(message)  # noqa: TRY004 - it is the value of a column
    return cast("JsonObject", found)


def texts(text: str) -> tuple[str, ...]:
    """What a column of strings as JSON holds; `ValueError` where it is spoilt."""
    if text == "[]":
        return ()
    found = of_json(text)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        message = f"{text[:20]!r} is no JSON array of strings"
        raise ValueError(message)
    return tuple(found)
