# SPDX-License-Identifier: Apache-2.0
"""Vectors of memories in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded, StoredVectors
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.vectors import VectorRepository
from claude_mem_core.reference.projects import is_within
from claude_mem_core.reference.state import State


class InProcessVectors(VectorRepository):
    """Vectors of memories."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def waiting(self, model: str, *, limit: int) -> Sequence[tuple[str, Scope]]:
        newest = reversed(list(self._state.memories.values()))
        bare = (one for one in newest if (one.id, model) not in self._state.vectors)
        return [(one.id, self._scope(one)) for one in islice(bare, limit)]

    @override
    def progress(self, model: str) -> Embedded:
        embedded = sum(key[1] == model for key in self._state.vectors)
        return Embedded(embedded, len(self._state.memories) - embedded)

    @override
    def has_others(self, model: str) -> bool:
        return any(key != model for _, key in self._state.vectors)

    @override
    def changes(self, project_id: str, *, scope: Scope) -> int:
        if not is_within(self._state, project_id, scope):
            return 0
        return self._state.vector_changes.get(project_id, 0)

    @override
    def numbers(self, project_id: str, model: str, *, scope: Scope) -> Sequence[int]:
        return sorted(one.number for one in self._all(project_id, model, scope))

    @override
    def page(
        self, project_id: str, model: str, *, scope: Scope, after: int, limit: int
    ) -> Sequence[StoredVectors]:
        every = self._all(project_id, model, scope)
        later = sorted((one.number, one) for one in every if one.number > after)
        return [one for _, one in later[:limit]]

    @override
    def of(
        self, item_ids: Sequence[str], model: str, *, scope: Scope
    ) -> Mapping[str, bytes]:
        return {
            item_id: self._state.vectors[item_id, model].vectors
            for item_id in item_ids
            if (item_id, model) in self._state.vectors
            and is_within(self._state, self._state.memories[item_id].project_id, scope)
        }

    @override
    def put(self, item_id: str, model: str, vectors: bytes) -> None:
        item = self._state.memories.get(item_id)
        if item is None:
            raise NotFoundError("memory", item_id)
        self._state.vectors.pop((item_id, model), None)
        # Each number is a change at least, so that none is given twice.
        number = 1 + sum(self._state.vector_changes.values())
        stored = StoredVectors(number, item_id, vectors)
        self._state.vectors[item_id, model] = stored
        note_change(self._state, item.project_id)

    @override
    def drop_others(self, model: str) -> int:
        others = [key for key in self._state.vectors if key[1] != model]
        return len(_dropped(self._state, others))

    def _all(
        self, project_id: str, model: str, scope: Scope
    ) -> Iterator[StoredVectors]:
        if is_within(self._state, project_id, scope):
            for (item_id, key), stored in self._state.vectors.items():
                item = self._state.memories[item_id]
                if (item.project_id, key) == (project_id, model):
                    yield stored

    def _scope(self, item: MemoryItem) -> Scope:
        team_id = self._state.projects[item.project_id].team_id
        return Scope(team_id, item.project_id)


def drop_vectors(state: State, item_id: str) -> None:
    """Take away the vectors that a memory has of any model."""
    _dropped(state, [key for key in state.vectors if key[0] == item_id])


def note_change(state: State, project_id: str) -> None:
    """Count a change to the vectors of a project."""
    state.vector_changes[project_id] = state.vector_changes.get(project_id, 0) + 1


def _dropped(state: State, keys: Iterable[tuple[str, str]]) -> set[str]:
    gone = set()
    for key in keys:
        del state.vectors[key]
        note_change(state, state.memories[key[0]].project_id)
        gone.add(key[0])
    return gone
