# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about receipts of context packs."""

from __future__ import annotations

from typing import ClassVar

import pytest
from claude_mem_core.domain.feedback import feedback_value
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.packs import PackBook
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT


class PackContract(RepositoryContract):
    """Receipts of context packs, and uses of memories."""

    ports: ClassVar[tuple[type, ...]] = (PackBook,)

    def test_outside_the_scope_nothing_was_told(self, inhabited: Storage) -> None:
        """Outside the scope a receipt looks as if nothing had been told."""
        _tell(inhabited, "pack", "memory")
        with inhabited.read() as snapshot:
            assert len(snapshot.packs.telling("memory", scope=PROJECT)) == 1
            for scope in OUTSIDE:
                assert list(snapshot.packs.telling("memory", scope=scope)) == []

    def test_a_receipt_is_found_by_its_id(self, inhabited: Storage) -> None:
        """The receipt with this id; `NotFoundError` outside the scope."""
        told = samples.receipt("pack", "b", "a", character_budget=900)
        with inhabited.begin() as tx:
            tx.packs.add(told)
        with inhabited.read() as snapshot:
            assert snapshot.packs.get("pack", scope=PROJECT) == told
            for scope in OUTSIDE:
                with pytest.raises(NotFoundError):
                    snapshot.packs.get("pack", scope=scope)
            with pytest.raises(NotFoundError):
                snapshot.packs.get("no pack", scope=OURS)

    def test_a_memory_knows_the_packs_that_told_it(self, inhabited: Storage) -> None:
        """The receipts of the packs that told a memory, the latest told first."""
        for age, name in enumerate(["b", "c", "a"]):
            _tell(inhabited, name, "memory", told_at_epoch=NOW - age)
        _tell(inhabited, "d", "another")
        with inhabited.read() as snapshot:
            telling = snapshot.packs.telling("memory", scope=OURS)
            assert [one.id for one in telling] == ["b", "c", "a"]

    def test_uses_become_feedback(self, inhabited: Storage) -> None:
        """How useful each memory was, as `feedback_value` counts it, none without."""
        kinds = {"one": "useful", "two": "not_useful", "three": "fetched"}
        with inhabited.begin() as tx:
            for name, kind in kinds.items():
                tx.packs.note(samples.use(name, memory_item_id="memory", kind=kind))
            tx.packs.note(samples.use("four", memory_item_id="other"))
            tx.memories.add(samples.memory("outdated", superseded_by_id="memory"))
            for name, memory in (("p", "memory"), ("q", "outdated")):
                tx.packs.add(samples.receipt(name, memory))
        with inhabited.read() as snapshot:
            known = snapshot.packs.feedback(["memory", "outdated", "unknown"])
        assert dict(known) == {
            "memory": feedback_value(
                {"useful": 1, "not_useful": 1, "fetched": 1}, told=1
            ),
            "outdated": feedback_value({}, told=1, is_outdated=True),
        }

    def test_a_pack_told_again_is_one_receipt(self, inhabited: Storage) -> None:
        """A pack that is told again is one receipt, told once more."""
        _tell(inhabited, "pack", "memory")
        _tell(inhabited, "pack", "memory", told_at_epoch=NOW + 5)
        with inhabited.read() as snapshot:
            (told,) = snapshot.packs.telling("memory", scope=OURS)
        assert (told.times, told.told_at_epoch) == (2, NOW + 5)

    def test_what_was_told_is_written_down(self, inhabited: Storage) -> None:
        """Write down that a pack was told."""
        told = samples.receipt("pack", "memory", server_session_id=None)
        with inhabited.begin() as tx:
            tx.packs.add(told)
            assert tx.packs.get("pack", scope=OURS) == told

    def test_a_use_is_written_once(self, inhabited: Storage) -> None:
        """Write down what became of a memory; `ConflictError` when its id is taken."""
        with inhabited.begin() as tx:
            tx.packs.note(samples.use("one"))
            assert tx.packs.feedback(["memory"])["memory"] > 0
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.packs.note(samples.use("one", kind="not_useful"))


def _tell(storage: Storage, name: str, *told: str, **fields: object) -> None:
    with storage.begin() as tx:
        tx.packs.add(samples.receipt(name, *told, **fields))
