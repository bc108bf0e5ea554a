# SPDX-License-Identifier: Apache-2.0
"""Receipts of context packs in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import MemoryUse, feedback_value
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.packs import PackBook
from claude_mem_core.reference.projects import is_within
from claude_mem_core.reference.state import State


class InProcessPacks(PackBook):
    """Receipts and uses."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, pack_id: str, *, scope: Scope) -> PackReceipt:
        receipt = self._state.packs.get(pack_id)
        if receipt is None or not is_within(self._state, receipt.project_id, scope):
            raise NotFoundError("context pack", pack_id)
        return receipt

    @override
    def telling(self, item_id: str, *, scope: Scope) -> Sequence[PackReceipt]:
        told = [
            one
            for one in self._state.packs.values()
            if any(item.memory_id == item_id for item in one.items)
            and is_within(self._state, one.project_id, scope)
        ]
        return sorted(told, key=lambda one: (-one.told_at_epoch, one.id))

    @override
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, float]:
        known = {item_id: self._value(item_id) for item_id in item_ids}
        return {item_id: value for item_id, value in known.items() if value}

    @override
    def add(self, receipt: PackReceipt) -> None:
        before = self._state.packs.get(receipt.id)
        if before is not None:
            receipt = receipt.changed(times=before.times + 1)
        self._state.packs[receipt.id] = receipt

    @override
    def note(self, use: MemoryUse) -> None:
        if use.id in self._state.uses:
            raise ConflictError(f"the use {use.id!r} is in the book already")
        self._state.uses[use.id] = use

    def _value(self, item_id: str) -> float:
        uses = [u for u in self._state.uses.values() if u.memory_item_id == item_id]
        told = sum(
            one.times
            for one in self._state.packs.values()
            if any(item.memory_id == item_id for item in one.items)
        )
        item = self._state.memories.get(item_id)
        return feedback_value(
            Counter(use.kind for use in uses),
            told=told,
            is_outdated=item is not None and item.superseded_by_id is not None,
        )
