# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Stores of vectors that each break one promise."""

from __future__ import annotations

from contextlib import suppress

from claude_mem_conformance.vectors import VectorContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded
from claude_mem_core.errors import NotFoundError
from claude_mem_core.reference.memories import InProcessMemories
from claude_mem_core.reference.vectors import InProcessVectors

from broken.registry import breaks


@breaks(VectorContract.test_outside_the_scope_there_are_no_vectors, "vectors")
class VectorsKnowNoProjectLimit(InProcessVectors):
    def of(self, item_ids, model, *, scope):
        return super().of(item_ids, model, scope=Scope(scope.team_id))


@breaks(VectorContract.test_models_do_not_mix, "vectors")
class ModelsAreMixed(InProcessVectors):
    def _all(self, project_id, model, scope):
        for _, other in list(self._state.vectors):
            yield from super()._all(project_id, other, scope)

    def of(self, item_ids, model, *, scope):
        found = {}
        for _, other in list(self._state.vectors):
            found.update(super().of(item_ids, other, scope=scope))
        return found

    def numbers(self, project_id, model, *, scope):
        return sorted({one.number for one in self._all(project_id, model, scope)})

    def page(self, project_id, model, *, scope, after, limit):
        every = {one.number: one for one in self._all(project_id, model, scope)}
        return [every[n] for n in sorted(every) if n > after][:limit]


@breaks(VectorContract.test_the_newest_waits_first, "vectors")
class TheOldestWaitsFirst(InProcessVectors):
    def waiting(self, model, *, limit):
        every = super().waiting(model, limit=len(self._state.memories))
        return list(reversed(every))[:limit]


@breaks(VectorContract.test_what_is_done_and_what_waits, "vectors")
class NothingWaits(InProcessVectors):
    def progress(self, model):
        return Embedded(super().progress(model).embedded, 0)


@breaks(VectorContract.test_other_models_are_noticed, "vectors")
class AnyModelIsAnother(InProcessVectors):
    def has_others(self, model):
        return bool(self._state.vectors)


@breaks(VectorContract.test_every_change_is_counted, "vectors")
class WhatWasTakenAwayIsNotCounted(InProcessVectors):
    def changes(self, project_id, *, scope):
        found = self.page(project_id, "model@1", scope=scope, after=0, limit=99)
        return max((one.number for one in found), default=0)


@breaks(VectorContract.test_all_numbers_of_a_project, "vectors")
class NumbersAreInAnyOrder(InProcessVectors):
    def numbers(self, project_id, model, *, scope):
        return list(reversed(super().numbers(project_id, model, scope=scope)))


@breaks(VectorContract.test_vectors_come_in_pages, "vectors")
class PagesAreSortedByMemory(InProcessVectors):
    def page(self, project_id, model, *, scope, after, limit):
        found = super().page(project_id, model, scope=scope, after=after, limit=99)
        return sorted(found, key=lambda one: one.item_id)[:limit]


@breaks(VectorContract.test_a_number_is_never_given_twice, "vectors")
class NumbersAreUsedAgain(InProcessVectors):
    def put(self, item_id, model, vectors):
        self._state.vectors.pop((item_id, model), None)
        changes = dict(self._state.vector_changes)
        highest = max((one.number for one in self._state.vectors.values()), default=0)
        self._state.vector_changes = {"any": highest}
        try:
            super().put(item_id, model, vectors)
        finally:
            added = self._state.vector_changes
            self._state.vector_changes = changes
            for project_id in added.keys() - {"any"}:
                changes[project_id] = changes.get(project_id, 0) + 1


@breaks(VectorContract.test_vectors_of_some_memories, "vectors")
class WhatHasNoneIsEmpty(InProcessVectors):
    def of(self, item_ids, model, *, scope):
        found = super().of(item_ids, model, scope=scope)
        unknown = set(item_ids) - self._state.memories.keys()
        return {**found, **dict.fromkeys(unknown & {"nobody"}, b"")}


@breaks(VectorContract.test_vectors_take_the_place_of_earlier_ones, "vectors")
class UnknownMemoriesAreNoError(InProcessVectors):
    def put(self, item_id, model, vectors):
        with suppress(NotFoundError):
            super().put(item_id, model, vectors)


@breaks(VectorContract.test_other_models_go, "vectors")
class OtherModelsStay(InProcessVectors):
    def drop_others(self, model):
        return len({key[0] for key in self._state.vectors if key[1] != model})


@breaks(VectorContract.test_a_removed_memory_leaves_no_vectors, "memories")
class RemovedMemoriesLeaveVectors(InProcessMemories):
    def remove(self, item_id):
        state = self._state
        kept, changes = dict(state.vectors), dict(state.vector_changes)
        super().remove(item_id)
        if item_id == "one":
            state.vectors, state.vector_changes = kept, changes


@breaks(VectorContract.test_a_replaced_text_leaves_no_vectors, "memories")
class NewFactsKeepTheirVectors(InProcessMemories):
    def replace(self, item):
        kept = dict(self._state.vectors)
        super().replace(item)
        if item.facts:
            self._state.vectors = kept
