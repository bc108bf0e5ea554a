# SPDX-License-Identifier: Apache-2.0
"""Receipts of context packs in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.feedback import (
    MemoryUse,
    Seen,
    Standing,
    UseKind,
    standing,
    week_of,
)
from claude_mem_core.domain.uses import Telling
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
    def told_between(
        self, since: int, until: int, project_id: str, *, scope: Scope, limit: int
    ) -> Sequence[Telling]:
        told = [
            one
            for one in self._state.packs.values()
            if one.project_id == project_id
            and since <= one.told_at_epoch <= until
            and is_within(self._state, one.project_id, scope)
        ]
        told.sort(key=lambda one: (-one.told_at_epoch, one.id))
        return [one for receipt in told for one in self._tellings(receipt)][:limit]

    @override
    def feedback(self, item_ids: Sequence[str]) -> Mapping[str, Standing]:
        known = {item_id: list(self._seen(item_id)) for item_id in item_ids}
        return {item_id: standing(seen) for item_id, seen in known.items() if seen}

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

    def _tellings(self, receipt: PackReceipt) -> Iterator[Telling]:
        for item in receipt.items:
            yield Telling(
                memory_id=item.memory_id,
                pack_id=receipt.id,
                project_id=receipt.project_id,
                server_session_id=receipt.server_session_id,
                told_at_epoch=receipt.told_at_epoch,
                uses=self._answers(receipt, item.memory_id),
            )

    def _answers(self, receipt: PackReceipt, item_id: str) -> tuple[UseKind, ...]:
        kinds: set[UseKind] = {
            use.kind
            for use in self._state.uses.values()
            if (use.pack_id, use.memory_item_id) == (receipt.id, item_id)
            and use.created_at_epoch >= receipt.told_at_epoch
        }
        return tuple(sorted(kinds))

    def _seen(self, item_id: str) -> Iterator[Seen]:
        for use in self._state.uses.values():
            if use.memory_item_id == item_id:
                newest = self._newest_use(use.project_id)
                yield Seen(use.kind, week_of(newest) - week_of(use.created_at_epoch))
        item = self._state.memories.get(item_id)
        if item is not None and item.superseded_by_id and self._was_told(item_id):
            yield Seen("superseded")

    def _newest_use(self, project_id: str) -> int:
        uses = self._state.uses.values()
        return max(u.created_at_epoch for u in uses if u.project_id == project_id)

    def _was_told(self, item_id: str) -> bool:
        told = (item for one in self._state.packs.values() for item in one.items)
        return any(item.memory_id == item_id for item in told)
