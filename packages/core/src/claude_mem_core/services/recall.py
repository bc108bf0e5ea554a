# SPDX-License-Identifier: Apache-2.0
"""Recall: the right memories for a question."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.search import SearchQuery, SearchResult
from claude_mem_core.ports.storage import Storage
from claude_mem_core.services.finding import found
from claude_mem_core.services.identification import project_id_of


class Recall:
    """What the caller's memories say."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def search(self, query: SearchQuery, *, by: Principal) -> SearchResult:
        """The memories that fit the query, best first."""
        with self._storage.read() as snapshot:
            project_id = project_id_of(snapshot, query, by=by)
            hits = found(snapshot, query, project_id, by=by)
            return SearchResult(hits=tuple(hits))
