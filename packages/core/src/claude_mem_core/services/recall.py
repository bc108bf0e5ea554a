# SPDX-License-Identifier: Apache-2.0
"""Recall: the right memories for a question, and for a session's start."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.context_pack import ContextPack, ContextQuery
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.packing import packed
from claude_mem_core.domain.search import SearchQuery, SearchResult
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.finding import found
from claude_mem_core.services.identification import project_id_of, project_ids_of
from claude_mem_core.services.similarity import Similarity
from claude_mem_core.services.surroundings import surroundings


class Recall:
    """What the caller's memories say."""

    def __init__(
        self, storage: Storage, system: System, similarity: Similarity
    ) -> None:
        self._storage = storage
        self._system = system
        self._similarity = similarity

    def search(self, query: SearchQuery, *, by: Principal) -> SearchResult:
        """The memories that fit the query, best first."""
        with self._storage.read() as snapshot:
            projects = project_ids_of(snapshot, query, by=by)
            wanted = query.of(projects, now=self._system.now())
            hits = found(snapshot, query, wanted, similarity=self._similarity, by=by)
            return SearchResult(hits=tuple(hits))

    def timeline(self, query: TimelineQuery, *, by: Principal) -> Timeline:
        """What stands around an anchor in time, oldest first."""
        with self._storage.read() as snapshot:
            projects = project_ids_of(snapshot, query, by=by)
            wanted = query.of(projects, now=self._system.now())
            return surroundings(
                snapshot, query, wanted, similarity=self._similarity, by=by
            )

    def context(self, query: ContextQuery, *, by: Principal) -> ContextPack:
        """The best memories that fit the token budget, and the text of them.

        Without a question these are the newest.
        """
        with self._storage.read() as snapshot:
            project_id = project_id_of(snapshot, query, by=by)
            items = self._wanted(snapshot, query, project_id, by=by)
        pack = packed(items, budget=query.token_budget)
        return ContextPack(
            project_id=project_id,
            server_session_id=query.server_session_id,
            generated_at_epoch=self._system.now(),
            token_budget=query.token_budget,
            items=pack.items,
            context=pack.text,
            tokens=pack.tokens,
            metadata={"considered": len(items)},
        )

    def _wanted(
        self,
        snapshot: Snapshot,
        query: ContextQuery,
        project_id: str,
        *,
        by: Principal,
    ) -> Sequence[MemoryItem]:
        platforms = () if query.platform_source is None else (query.platform_source,)
        question = SearchQuery(
            project_id=project_id,
            query=query.query,
            limit=query.limit,
            platform_source=platforms,
        )
        wanted = question.of((project_id,), now=self._system.now())
        hits = found(snapshot, question, wanted, similarity=self._similarity, by=by)
        return [hit.item for hit in hits]
