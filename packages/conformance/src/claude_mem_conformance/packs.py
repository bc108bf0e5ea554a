# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about receipts of context packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.feedback import WEEK, Seen, Standing, UseKind, standing
from claude_mem_core.domain.uses import Telling
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.packs import PackBook
from claude_mem_core.ports.storage import Snapshot, Storage

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
                assert _told(snapshot, scope=scope) == []

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

    def test_a_project_knows_what_it_was_told(self, inhabited: Storage) -> None:
        """A project's tellings of a span, the latest first, with what answers each."""
        ages = {"z": 0, "b": 10, "a": 10, "y": 20, "early": 21, "late": -1}
        for name, age in ages.items():
            _tell(inhabited, name, "m", "l", told_at_epoch=NOW - age)
        other = {"project_id": "other", "server_session_id": "other-session"}
        _tell(inhabited, "elsewhere", "m", **other)
        with inhabited.read() as snapshot:
            told = _told(snapshot, since=NOW - 20, until=NOW)
            fewest = _told(snapshot, since=NOW - 20, until=NOW, limit=3)
        order = [(one.pack_id, one.memory_id) for one in told]
        assert order == [(pack, memory) for pack in "zaby" for memory in "ml"]
        assert fewest == told[:3]
        assert told[2] == Telling(
            memory_id="m",
            pack_id="a",
            project_id="project",
            server_session_id="session",
            told_at_epoch=NOW - 10,
        )

    def test_a_use_answers_what_was_told_before_it(self, inhabited: Storage) -> None:
        """A project's tellings of a span, the latest first, with what answers each."""
        _tell(inhabited, "pack", "m", "l")
        _tell(inhabited, "another", "m", told_at_epoch=NOW - 1)
        uses = {
            "too early": ("m", "pack", "fetched", NOW - 1),
            "one": ("m", "pack", "touched", NOW),
            "two": ("m", "pack", "touched", NOW + 5),
            "three": ("l", "pack", "touched", NOW),
            "four": ("l", "pack", "fetched", NOW),
            "of no pack": ("m", None, "useful", NOW),
        }
        with inhabited.begin() as tx:
            for name, (memory, pack, kind, at) in uses.items():
                what = {"memory_item_id": memory, "pack_id": pack, "kind": kind}
                tx.packs.note(samples.use(name, **what, created_at_epoch=at))
        with inhabited.read() as snapshot:
            told = _told(snapshot)
        assert [(one.memory_id, one.uses) for one in told] == [
            ("m", ("touched",)),
            ("l", ("fetched", "touched")),
            ("m", ()),
        ]

    def test_uses_become_feedback(self, inhabited: Storage) -> None:
        """How each memory stands, as `standing` counts it, none without evidence."""
        kinds: dict[str, UseKind] = {
            "one": "useful",
            "two": "not_useful",
            "three": "fetched",
            "four": "contradicted",
            "five": "touched",
            "six": "fetched",
        }
        with inhabited.begin() as tx:
            for name, kind in kinds.items():
                tx.packs.note(samples.use(name, memory_item_id="memory", kind=kind))
            tx.packs.note(samples.use("of another", memory_item_id="other"))
            for name in ("outdated", "untold"):
                tx.memories.add(samples.memory(name, superseded_by_id="memory"))
            for name, memory in (("p", "memory"), ("q", "outdated")):
                tx.packs.add(samples.receipt(name, memory))
        asked = ["memory", "outdated", "untold", "unknown"]
        with inhabited.read() as snapshot:
            known = snapshot.packs.feedback(asked)
        evidence = [Seen(kind) for kind in kinds.values()]
        _require(known, {"memory": evidence, "outdated": [Seen("superseded")]})

    def test_a_use_grows_old_by_newer_ones(self, inhabited: Storage) -> None:
        """A use fades by the weeks to the newest use in its project."""
        weeks = {"old": 0, "mid": 2, "new": 7}
        elsewhere = {"project_id": "other", "memory_item_id": "there"}
        with inhabited.begin() as tx:
            for name, week in weeks.items():
                what = {"memory_item_id": name, "kind": "fetched"}
                at = NOW + week * WEEK
                tx.packs.note(samples.use(name, **what, created_at_epoch=at))
            tx.packs.note(samples.use("there", **elsewhere, kind="fetched"))
        with inhabited.read() as snapshot:
            known = snapshot.packs.feedback([*weeks, "there"])
        ages = {"old": 7, "mid": 5, "new": 0, "there": 0}
        evidence = {name: [Seen("fetched", age)] for name, age in ages.items()}
        _require(known, evidence)

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
            assert tx.packs.feedback(["memory"])["memory"].value > 0
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.packs.note(samples.use("one", kind="not_useful"))


def _require(
    known: Mapping[str, Standing], evidence: Mapping[str, Iterable[Seen]]
) -> None:
    """These memories stand as the evidence says, in whatever order it was added up."""
    assert set(known) == set(evidence)
    for item_id, seen in evidence.items():
        due = standing(seen)
        found = known[item_id].used, known[item_id].contradicted
        assert found == pytest.approx((due.used, due.contradicted))


def _told(
    snapshot: Snapshot,
    *,
    since: int = 0,
    until: int = NOW,
    scope: Scope = OURS,
    limit: int = 99,
) -> list[Telling]:
    book = snapshot.packs
    return list(book.told_between(since, until, "project", scope=scope, limit=limit))


def _tell(storage: Storage, name: str, *told: str, **fields: object) -> None:
    with storage.begin() as tx:
        tx.packs.add(samples.receipt(name, *told, **fields))
