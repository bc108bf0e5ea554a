# SPDX-License-Identifier: Apache-2.0
"""Recall: the right memories for a question."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.confidence import Evidence
from claude_mem_core.domain.search import SearchQuery, SearchResult
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.finding import answers, found
from claude_mem_core.services.identification import project_ids_of
from claude_mem_core.services.servings import Servings
from claude_mem_core.services.similarity import Similarity
from claude_mem_core.services.surroundings import surroundings


class Recall:
    """What the caller's memories say."""

    def __init__(
        self,
        storage: Storage,
        system: System,
        similarity: Similarity,
        servings: Servings,
    ) -> None:
        self._storage = storage
        self._system = system
        self._similarity = similarity
        self._servings = servings

    def search(
        self, query: SearchQuery, *, by: Principal, request_id: str | None = None
    ) -> SearchResult:
        """The memories that fit the query, best first."""
        with self._storage.read() as snapshot:
            projects = project_ids_of(snapshot, query, by=by)
            wanted = query.of(projects, now=self._system.now())
            result = found(snapshot, query, wanted, similarity=self._similarity, by=by)
        self._servings.note(
            "memory.search",
            [hit.item for hit in result.hits],
            by=by,
            project_id=_sole(projects),
            request_id=request_id,
        )
        return result

    def evidence(self, query: SearchQuery, *, by: Principal) -> Evidence:
        """What speaks for the answers to a query, from which confidence is told."""
        with self._storage.read() as snapshot:
            projects = project_ids_of(snapshot, query, by=by)
            wanted = query.of(projects, now=self._system.now())
            return answers(
                snapshot,
                query.wording,
                wanted,
                similarity=self._similarity,
                by=by,
                limit=query.limit,
            ).evidence

    def timeline(
        self, query: TimelineQuery, *, by: Principal, request_id: str | None = None
    ) -> Timeline:
        """What stands around an anchor in time, oldest first."""
        with self._storage.read() as snapshot:
            projects = project_ids_of(snapshot, query, by=by)
            wanted = query.of(projects, now=self._system.now())
            line = surroundings(
                snapshot, query, wanted, similarity=self._similarity, by=by
            )
        self._servings.note(
            "memory.timeline",
            line.items,
            by=by,
            project_id=_sole(projects),
            request_id=request_id,
        )
        return line


def _sole(projects: Sequence[str]) -> str | None:
    return projects[0] if len(projects) == 1 else None
