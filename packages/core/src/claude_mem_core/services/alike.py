# SPDX-License-Identifier: Apache-2.0
"""The memories that an embedder finds alike, within what a question asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.fusion import fused
from claude_mem_core.domain.search import Candidate
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.similarity import Similarity

ALIKE = 100
"""Memories of a project that an embedder may add: as many as words bring are ranked in
no time, and the right one is seldom further down."""


class Alike:
    """What is alike to one question, looked up once."""

    def __init__(
        self, snapshot: Snapshot, text: str, wanted: MemoryFilter, by: Principal
    ) -> None:
        self._snapshot = snapshot
        self._text = text
        self._wanted = wanted
        self._by = by
        self._passing: dict[str, Candidate] = {}

    def added(
        self, candidates: Sequence[Candidate], similarity: Similarity
    ) -> Sequence[Candidate]:
        """The candidates and those alike, with scores of both kinds made one."""
        known = {one.item_id for one in candidates}
        names = {one.author for one in candidates if one.author is not None}
        cosines = self._cosines(known, names, similarity)
        new = [self._passing[one] for one in cosines if one not in known]
        return fused([*candidates, *new], cosines)

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
        memories, scope = self._snapshot.memories, self._by.scope
        passing = memories.passing(ids, self._wanted, scope=scope)
        self._passing |= {one.item_id: one for one in passing}
        return [one.item_id for one in passing]
