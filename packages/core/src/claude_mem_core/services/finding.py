# SPDX-License-Identifier: Apache-2.0
"""Finding the memories that answer a question: the way every question takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.fusion import fused
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.ranking import ranked
from claude_mem_core.domain.search import Candidate, SearchHit, SearchQuery, TermQuery
from claude_mem_core.domain.terms import search_terms
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.similarity import Similarity

POOL = 200
"""Candidates that are ranked for an answer: enough for a session's memories to
support each other, few enough to take no time."""

ALIKE = 100
"""Memories that an embedder may add to them; each is read whole, a tenth of a
millisecond."""


def found(
    snapshot: Snapshot,
    query: SearchQuery,
    project_id: str,
    *,
    similarity: Similarity,
    by: Principal,
) -> Sequence[SearchHit]:
    """The memories of a project that fit the query, best first."""
    terms = search_terms(query.query)
    if not terms:
        return []
    question = TermQuery(
        project_id=project_id,
        terms=terms,
        platform_source=query.platform_source,
        limit=POOL,
    )
    candidates = snapshot.memories.search(question, scope=by.scope)
    alike = _Alike(snapshot, query, project_id, by)
    best = ranked(alike.added(candidates, similarity))[: query.limit]
    scores = {one.item_id: one.score for one in best}
    items = snapshot.memories.get_many(list(scores), scope=by.scope)
    return [SearchHit(item=item, score=scores[item.id]) for item in items]


class _Alike:
    """The memories that an embedder finds alike, within what a question asks for."""

    def __init__(
        self, snapshot: Snapshot, query: SearchQuery, project_id: str, by: Principal
    ) -> None:
        self._snapshot = snapshot
        self._query = query
        self._project_id = project_id
        self._by = by
        self._items: dict[str, MemoryItem] = {}

    def added(
        self, candidates: Sequence[Candidate], similarity: Similarity
    ) -> Sequence[Candidate]:
        """The candidates and those alike, with scores of both kinds made one."""
        known = {one.item_id for one in candidates}
        cosines = similarity.similar(
            self._snapshot,
            self._project_id,
            self._query.query,
            scope=self._by.scope,
            limit=ALIKE,
            ids=known,
            fits=self._fitting,
        )
        new = [self._items[one] for one in cosines if one not in known]
        return fused([*candidates, *map(_candidate, new)], cosines)

    def _fitting(self, ids: Sequence[str]) -> Collection[str]:
        unknown = [one for one in ids if one not in self._items]
        items = self._snapshot.memories.get_many(unknown, scope=self._by.scope)
        self._items.update((item.id, item) for item in items)
        return {
            one
            for one in ids
            if one in self._items and self._is_wanted(self._items[one])
        }

    def _is_wanted(self, item: MemoryItem) -> bool:
        if item.superseded_by_id is not None:
            return False
        platform = self._query.platform_source
        return platform is None or platform == self._platform(item.server_session_id)

    def _platform(self, session_id: str | None) -> str | None:
        if session_id is None:
            return None
        sessions = self._snapshot.sessions
        return sessions.get(session_id, scope=self._by.scope).platform_source


def _candidate(item: MemoryItem) -> Candidate:
    """A memory that shares no word with the question."""
    return Candidate(
        item_id=item.id,
        session_id=item.server_session_id,
        kind=item.kind,
        created_at_epoch=item.created_at_epoch,
        score=0.0,
    )
