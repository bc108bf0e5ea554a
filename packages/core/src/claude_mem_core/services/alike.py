# SPDX-License-Identifier: Apache-2.0
"""The memories that an embedder finds alike, within what a question asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.search import Candidate, Matches, TermQuery
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.similarity import Similarity

ALIKE = 100
"""Memories of a project that an embedder may add."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidates of both kinds, and how alike to the question they are."""

    candidates: Sequence[Candidate]
    cosines: Mapping[str, float]


class Alike:
    """What is alike to one question, looked up once.

    Args:
        snapshot: The records.
        text: The question in the asker's words.
        query: Its filter and its terms.
        by: Who asks.
    """

    def __init__(
        self, snapshot: Snapshot, text: str, query: TermQuery, by: Principal
    ) -> None:
        self._snapshot = snapshot
        self._text = text
        self._query = query
        self._by = by
        self._looked_at: set[str] = set()
        self._known: dict[str, Candidate] = {}

    def beside(self, matches: Matches, similarity: Similarity) -> Compared:
        """What the words found, and the memories alike that pass the filter too."""
        found = {one.item_id for one in matches.candidates}
        # They passed the filter already.
        self._known.update((one.item_id, one) for one in matches.candidates)
        self._looked_at.update(found)
        names = {one.author for one in matches.candidates if one.author is not None}
        cosines: dict[str, float] = {}
        for project_id in self._query.wanted.project_ids:
            cosines |= similarity.similar(
                self._snapshot,
                project_id,
                self._text,
                scope=self._by.scope,
                limit=ALIKE,
                ids=found,
                names=names,
                fits=self._fitting,
            )
        new = [self._known[one] for one in cosines if one not in found]
        return Compared([*matches.candidates, *new], cosines)

    def _fitting(self, ids: Sequence[str]) -> Collection[str]:
        unknown = [one for one in ids if one not in self._looked_at]
        memories, scope = self._snapshot.memories, self._by.scope
        for one in memories.among(unknown, self._query, scope=scope):
            self._known[one.item_id] = one
        self._looked_at.update(unknown)
        return {one for one in ids if one in self._known}
