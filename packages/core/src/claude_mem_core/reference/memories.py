# SPDX-License-Identifier: Apache-2.0
"""Memories in this process."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.bm25 import Fit, Frequencies
from claude_mem_core.domain.embedding import passages
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryKind,
    MemoryRecord,
)
from claude_mem_core.domain.outline import Outline, error_of
from claude_mem_core.domain.search import Candidate, Matches, TermQuery
from claude_mem_core.domain.timeline import Place
from claude_mem_core.domain.validity import is_or_was_superseded_by
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.memories import MemoryRepository
from claude_mem_core.reference.events import require_same_project
from claude_mem_core.reference.lexical import LexicalIndex, LexicalIndexes
from claude_mem_core.reference.projects import is_within, page_of
from claude_mem_core.reference.state import State
from claude_mem_core.reference.vectors import drop_vectors


class InProcessMemories(MemoryRepository):
    """Memories."""

    def __init__(self, state: State, indexes: LexicalIndexes) -> None:
        self._state = state
        self._indexes = indexes

    @override
    def get(self, item_id: str, *, scope: Scope) -> MemoryItem:
        item = self._state.memories.get(item_id)
        if item is None or not is_within(self._state, item.project_id, scope):
            raise NotFoundError("memory", item_id)
        return item

    @override
    def get_many(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryItem]:
        known = self._state.memories
        items = [known[item_id] for item_id in item_ids if item_id in known]
        return [one for one in items if is_within(self._state, one.project_id, scope)]

    @override
    def records(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryRecord]:
        return [one.record for one in self.get_many(item_ids, scope=scope)]

    @override
    def find(self, key: str, *, scope: Scope) -> MemoryItem | None:
        item_id = self._state.memory_ids.get(key)
        items = self.get_many([item_id] if item_id else [], scope=scope)
        return next(iter(items), None)

    @override
    def search(self, query: TermQuery, *, scope: Scope) -> Matches:
        terms, found = query.terms, []
        frequencies = Frequencies(0, 0, (0,) * len(terms))
        for project_id in dict.fromkeys(query.wanted.project_ids):
            items = {item.id: item for item in self._of_project(project_id, scope)}
            index = self._indexes.of(project_id, items)
            frequencies += index.frequencies(terms)
            found += [
                self._candidate(items[one], index, terms)
                for one in index.having(terms)
                if self._passes(items[one], query.wanted)
            ]
        fit = Fit(frequencies)
        scores = {one.item_id: fit.score(one.counts, one.tokens) for one in found}
        best = sorted(found, key=lambda one: (-scores[one.item_id], one.item_id))
        return Matches(query.cut(best), frequencies)

    @override
    def words_with(
        self, part: str, project_ids: Sequence[str], *, scope: Scope, limit: int
    ) -> Sequence[str]:
        found = set[str]()
        for project_id in project_ids:
            items = {item.id: item for item in self._of_project(project_id, scope)}
            found.update(self._indexes.of(project_id, items).words_with(part))
        return sorted(found, key=lambda word: (len(word), word))[:limit]

    @override
    def among(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        items = self.get_many(sorted(item_ids), scope=scope)
        return [
            Candidate.of(item, query.terms)
            for item in items
            if item.project_id in query.wanted.project_ids
            and self._passes(item, query.wanted)
        ]

    @override
    def beside(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        named, found = set(item_ids), set[str]()
        sessions: defaultdict[str, list[MemoryItem]] = defaultdict(list)
        for project_id in dict.fromkeys(query.wanted.project_ids):
            for item in self._of_project(project_id, scope):
                if item.server_session_id is not None:
                    sessions[item.server_session_id].append(item)
        for own in sessions.values():
            line = [item.id for item in sorted(own, key=Place.of)]
            for one, other in (*pairwise(line), *pairwise(line[::-1])):
                if one in named and other not in named:
                    found.add(other)
        return self.among(found, query, scope=scope)

    @override
    def recent(
        self,
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
        before: Place | None = None,
    ) -> Sequence[MemoryRecord]:
        items = self._chosen(wanted, scope)
        if before is not None:
            items = [one for one in items if Place.of(one) < before]
        return [one.record for one in items[::-1][:limit]]

    @override
    def outlines(
        self, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[Outline]:
        items = self._chosen(wanted, scope)
        return [Outline.of(one) for one in items[::-1][:limit]]

    @override
    def met(
        self,
        signatures: Collection[str],
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
    ) -> Sequence[Outline]:
        every = (Outline.of(one) for one in self._chosen(wanted, scope)[::-1])
        known = [one for one in every if error_of(one.metadata) in signatures]
        return known[:limit]

    @override
    def since(
        self, after: Place, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[MemoryRecord]:
        items = self._chosen(wanted, scope)
        return [one.record for one in items if Place.of(one) > after][:limit]

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[MemoryItem]:
        return page_of(list(self._of_project(project_id, scope)), after, limit)

    @override
    def of_session(
        self, session_id: str, *, scope: Scope, kind: MemoryKind
    ) -> Sequence[MemoryItem]:
        items = [
            item
            for item in self._state.memories.values()
            if (item.server_session_id, item.kind) == (session_id, kind)
            and is_within(self._state, item.project_id, scope)
        ]
        return sorted(items, key=lambda item: (item.created_at_epoch, item.id))

    @override
    def citing(self, event_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        items = [
            item
            for item in self._state.memories.values()
            if any(source.event_id == event_id for source in item.sources)
            and is_within(self._state, item.project_id, scope)
        ]
        return sorted(items, key=lambda item: (item.created_at_epoch, item.id))

    @override
    def superseded_by(self, item_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        items = [
            item
            for item in self._state.memories.values()
            if is_or_was_superseded_by(item, item_id)
            and is_within(self._state, item.project_id, scope)
        ]
        return sorted(items, key=lambda item: (item.created_at_epoch, item.id))

    @override
    def count(self, project_id: str, *, scope: Scope) -> Mapping[MemoryKind, int]:
        return Counter(item.kind for item in self._of_project(project_id, scope))

    @override
    def add(self, item: MemoryItem, *, key: str | None = None) -> None:
        if item.project_id not in self._state.projects:
            raise NotFoundError("project", item.project_id)
        if item.id in self._state.memories or key in self._state.memory_ids:
            raise ConflictError("there is such a memory already")
        self._put(item)
        if key is not None:
            self._state.memory_ids[key] = item.id

    @override
    def replace(self, item: MemoryItem) -> None:
        before = self._state.memories.get(item.id)
        if before is None:
            raise NotFoundError("memory", item.id)
        if not _says_the_same(before, item):
            drop_vectors(self._state, item.id)
        self._put(item)

    @override
    def reindex(self, item_id: str) -> None:
        # A memory that is another object is indexed when it is searched next.
        if item_id not in self._state.memories:
            raise NotFoundError("memory", item_id)
        item = self._state.memories[item_id]
        self._state.memories[item_id] = item.model_copy()

    @override
    def remove(self, item_id: str) -> None:
        if item_id not in self._state.memories:
            raise NotFoundError("memory", item_id)
        drop_vectors(self._state, item_id)
        del self._state.memories[item_id]
        keys = self._state.memory_ids
        self._state.memory_ids = {k: v for k, v in keys.items() if v != item_id}

    def _put(self, item: MemoryItem) -> None:
        if item.server_session_id is not None:
            session_id = item.server_session_id
            require_same_project(self._state, session_id, item.project_id)
        self._state.memories[item.id] = item

    def _of_project(self, project_id: str, scope: Scope) -> Iterator[MemoryItem]:
        if is_within(self._state, project_id, scope):
            items = self._state.memories.values()
            yield from (item for item in items if item.project_id == project_id)

    def _chosen(self, wanted: MemoryFilter, scope: Scope) -> list[MemoryItem]:
        """The memories that pass, oldest first."""
        items = [
            item
            for project_id in dict.fromkeys(wanted.project_ids)
            for item in self._of_project(project_id, scope)
            if self._passes(item, wanted)
        ]
        return sorted(items, key=Place.of)

    def _candidate(
        self, item: MemoryItem, index: LexicalIndex, terms: Sequence[str]
    ) -> Candidate:
        found = index.counts(item.id, terms)
        bare = Candidate.of(item, ())
        return bare._replace(counts=found, tokens=index.tokens(item.id))

    def _passes(self, item: MemoryItem, wanted: MemoryFilter) -> bool:
        session = self._state.sessions.get(item.server_session_id or "")
        platform = None if session is None else session.platform_source
        return wanted.passes(item, platform=platform)


def _says_the_same(one: MemoryItem, other: MemoryItem) -> bool:
    """Whether the vectors of one memory are those of the other."""
    told = [(item.project_id, *passages(item)) for item in (one, other)]
    return told[0] == told[1]
