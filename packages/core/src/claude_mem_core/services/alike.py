# SPDX-License-Identifier: Apache-2.0
"""The memories that an embedder finds alike, within what a question asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.fusion import fused
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import Candidate
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.similarity import Similarity

ALIKE = 100
"""Memories of a project that an embedder may add; each is read whole, a tenth of a
millisecond."""


class Alike:
    """What is alike to one question, looked up once."""

    def __init__(
        self, snapshot: Snapshot, text: str, wanted: MemoryFilter, by: Principal
    ) -> None:
        self._snapshot = snapshot
        self._text = text
        self._wanted = wanted
        self._by = by
        self._items: dict[str, MemoryItem] = {}

    def added(
        self, candidates: Sequence[Candidate], similarity: Similarity
    ) -> Sequence[Candidate]:
        """The candidates and those alike, with scores of both kinds made one."""
        known = {one.item_id for one in candidates}
        names = {one.author for one in candidates if one.author is not None}
        cosines = self._cosines(known, names, similarity)
        new = [self._items[one] for one in cosines if one not in known]
        return fused([*candidates, *map(Candidate.of, new)], cosines)

    def _cosines(
        self, known: Collection[str], names: Collection[str], similarity: Similarity
    ) -> Mapping[str, float]:
        cosines: dict[str, float] = {}
        for project_id in self._wanted.project_ids:
            cosines |= similarity.similar(
                self._snapshot,
                project_id,
                self._text,
                scope=self._by.scope,
                limit=ALIKE,
                ids=known,
                names=names,
                fits=self._fitting,
            )
        return cosines

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
        return self._wanted.passes(item, platform=self._platform(item))

    def _platform(self, item: MemoryItem) -> str | None:
        if item.server_session_id is None or not self._wanted.platform_source:
            return None
        sessions = self._snapshot.sessions
        found = sessions.get(item.server_session_id, scope=self._by.scope)
        return found.platform_source
