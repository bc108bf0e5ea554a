# SPDX-License-Identifier: Apache-2.0
"""The surroundings of an anchor in time, whatever it was named by."""

from __future__ import annotations

from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.filters import MemoryFilter, as_known
from claude_mem_core.domain.listing import FirstMoment
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import Place, Timeline, TimelineQuery
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.finding import found
from claude_mem_core.services.similarity import Similarity

_MOMENT = TypeAdapter[int](FirstMoment)


def surroundings(
    snapshot: Snapshot,
    query: TimelineQuery,
    wanted: MemoryFilter,
    *,
    similarity: Similarity,
    by: Principal,
) -> Timeline:
    """The memories that pass a filter around a query's anchor, oldest first.

    A memory that is the anchor stands among them, whether it passes or not.

    Raises:
        NotFoundError: The anchor names no memory and no session of these projects.
    """
    if query.query is not None:
        best = _best(snapshot, query, wanted, similarity=similarity, by=by)
        return (
            Timeline() if best is None else _around(snapshot, query, wanted, best, by)
        )
    anchor = query.anchor
    known = snapshot.memories.records([str(anchor)], scope=by.scope)
    item = next((one for one in known if one.project_id in wanted.project_ids), None)
    if item is not None:
        return _around(snapshot, query, wanted, item, by)
    place = Place(_moment(snapshot, query, wanted, by=by))
    return _between(snapshot, query, wanted, place, by)


def _best(
    snapshot: Snapshot,
    query: TimelineQuery,
    wanted: MemoryFilter,
    *,
    similarity: Similarity,
    by: Principal,
) -> MemoryRecord | None:
    question = SearchQuery(
        project_ids=wanted.project_ids,
        query=query.query,
        limit=1,
        as_of=query.as_of,
        known_at=query.known_at,
    )
    hits = found(snapshot, question, wanted, similarity=similarity, by=by).hits
    return hits[0].item if hits else None


def _moment(
    snapshot: Snapshot, query: TimelineQuery, wanted: MemoryFilter, *, by: Principal
) -> int:
    anchor = query.anchor
    with suppress(ValidationError):
        return _MOMENT.validate_python(anchor)
    with suppress(NotFoundError):
        session = snapshot.sessions.get(str(anchor), scope=by.scope)
        if session.project_id in wanted.project_ids:
            return session.started_at_epoch
    raise NotFoundError("memory or session", str(anchor))


def _around(
    snapshot: Snapshot,
    query: TimelineQuery,
    wanted: MemoryFilter,
    item: MemoryRecord,
    by: Principal,
) -> Timeline:
    around = _between(snapshot, query, wanted, Place.of(item), by)
    before = [one for one in around.items if Place.of(one) < Place.of(item)]
    after = [one for one in around.items if Place.of(one) > Place.of(item)]
    items = (*before, as_known(item, query), *after)
    return around.changed(anchor_id=item.id, items=items)


def _between(
    snapshot: Snapshot,
    query: TimelineQuery,
    wanted: MemoryFilter,
    place: Place,
    by: Principal,
) -> Timeline:
    memories, scope = snapshot.memories, by.scope
    before = memories.recent(
        wanted, scope=scope, limit=query.depth_before, before=place
    )
    after = memories.since(place, wanted, scope=scope, limit=query.depth_after)
    items = (*reversed(before), *after)
    shown = tuple(as_known(one, query) for one in items)
    return Timeline(anchor_epoch=place.epoch, items=shown)
