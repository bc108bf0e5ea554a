# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about the vectors of memories."""

from __future__ import annotations

from typing import ClassVar

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded, StoredVectors
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.vectors import VectorRepository

from claude_mem_conformance import samples
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import ELSEWHERE, OURS, OUTSIDE, PROJECT

MODEL = "model@1"
OLD = "model@0"


class VectorContract(RepositoryContract):
    """The vectors of memories."""

    ports: ClassVar[tuple[type, ...]] = (VectorRepository,)

    def test_outside_the_scope_there_are_no_vectors(self, inhabited: Storage) -> None:
        """Outside the scope a memory looks as if it had no vectors."""
        _remember(inhabited, "one")
        _embed(inhabited, "one")
        assert _seen(inhabited, PROJECT) == {"one"}
        for scope in OUTSIDE:
            assert _seen(inhabited, scope) == set()

    def test_models_do_not_mix(self, inhabited: Storage) -> None:
        """The vectors of another model do not show."""
        _remember(inhabited, "one", "two")
        _embed(inhabited, "one", model=OLD)
        _embed(inhabited, "two")
        assert _seen(inhabited, OURS) == {"two"}
        assert _seen(inhabited, OURS, model=OLD) == {"one"}

    def test_the_newest_waits_first(self, inhabited: Storage) -> None:
        """The memories of all teams without vectors of the model, newest first."""
        _remember(inhabited, "b", "a", "c")
        theirs = {"project_id": "theirs", "server_session_id": "their-session"}
        with inhabited.begin() as tx:
            tx.memories.add(samples.memory("d", **theirs))
        _embed(inhabited, "a")
        _embed(inhabited, "b", model=OLD)
        with inhabited.read() as snapshot:
            waiting = snapshot.vectors.waiting(MODEL, limit=5)
            assert list(waiting) == [
                ("d", Scope("strangers", "theirs")),
                ("c", Scope("team", "project")),
                ("b", Scope("team", "project")),
            ]
            assert len(snapshot.vectors.waiting(MODEL, limit=2)) == 2

    def test_what_is_done_and_what_waits(self, inhabited: Storage) -> None:
        """How many memories of all teams have the model's vectors, how many wait."""
        _remember(inhabited, "one", "two", "three")
        _embed(inhabited, "one")
        _embed(inhabited, "two", model=OLD)
        with inhabited.read() as snapshot:
            assert snapshot.vectors.progress(MODEL) == Embedded(1, 2)
            assert snapshot.vectors.progress("model@2") == Embedded(0, 3)

    def test_other_models_are_noticed(self, inhabited: Storage) -> None:
        """Whether any memory of any team has vectors of another model."""
        _remember(inhabited, "one")
        with inhabited.read() as snapshot:
            assert not snapshot.vectors.has_others(MODEL)
        _embed(inhabited, "one")
        with inhabited.read() as snapshot:
            assert not snapshot.vectors.has_others(MODEL)
            assert snapshot.vectors.has_others(OLD)

    def test_every_change_is_counted(self, inhabited: Storage) -> None:
        """A number that grows with every change to the vectors of a project."""
        _remember(inhabited, "one", "two")
        counts = [_changes(inhabited)]
        for item_id in ("one", "two", "one"):
            _embed(inhabited, item_id)
            counts.append(_changes(inhabited))
        with inhabited.begin() as tx:
            tx.memories.remove("two")
        counts.append(_changes(inhabited))
        with inhabited.begin() as tx:
            tx.memories.replace(samples.memory("one", title="Another"))
        counts.append(_changes(inhabited))
        with inhabited.read() as snapshot:
            assert snapshot.vectors.changes("other", scope=OURS) == 0
        assert counts[0] == 0
        assert counts == sorted(set(counts))

    def test_all_numbers_of_a_project(self, inhabited: Storage) -> None:
        """The numbers of all vectors of a project, ascending."""
        _remember(inhabited, "one", "two", "three")
        with inhabited.begin() as tx:
            tx.memories.add(samples.memory("else", **ELSEWHERE))
        for item_id in ("two", "else", "one", "three", "two"):
            _embed(inhabited, item_id)
        with inhabited.read() as snapshot:
            asked = ("project", MODEL)
            numbers = list(snapshot.vectors.numbers(*asked, scope=OURS))
            page = snapshot.vectors.page(*asked, scope=OURS, after=0, limit=9)
        assert numbers == sorted(set(numbers))
        assert set(numbers) == {one.number for one in page}
        assert len(numbers) == 3

    def test_vectors_come_in_pages(self, inhabited: Storage) -> None:
        """The vectors of a project in the order they were put in, from a number on."""
        _remember(inhabited, "one", "two", "three")
        for item_id in ("one", "two", "three", "one"):
            _embed(inhabited, item_id)
        with inhabited.read() as snapshot:
            asked = ("project", MODEL)
            first = snapshot.vectors.page(*asked, scope=OURS, after=0, limit=2)
            after = first[-1].number
            rest = snapshot.vectors.page(*asked, scope=OURS, after=after, limit=2)
        assert [one.item_id for one in (*first, *rest)] == ["two", "three", "one"]
        assert [one.vectors for one in first] == [b"two", b"three"]

    def test_a_number_is_never_given_twice(self, inhabited: Storage) -> None:
        """The vectors of a project in the order they were put in, from a number on."""
        _remember(inhabited, "one", "two")
        _embed(inhabited, "one")
        _embed(inhabited, "two")
        after = _page(inhabited)[-1].number
        with inhabited.begin() as tx:
            tx.memories.remove("two")
        _embed(inhabited, "one")
        assert [one.item_id for one in _page(inhabited, after=after)] == ["one"]

    def test_vectors_of_some_memories(self, inhabited: Storage) -> None:
        """The vectors of these memories, without those that have none."""
        _remember(inhabited, "one", "two", "three")
        _embed(inhabited, "one")
        _embed(inhabited, "three")
        with inhabited.read() as snapshot:
            asked = ["two", "one", "nobody"]
            assert snapshot.vectors.of(asked, MODEL, scope=OURS) == {"one": b"one"}

    def test_vectors_take_the_place_of_earlier_ones(self, inhabited: Storage) -> None:
        """Keep the vectors of a memory in place of those that it had of this model."""
        _remember(inhabited, "one")
        with inhabited.begin() as tx:
            tx.vectors.put("one", MODEL, b"before")
            tx.vectors.put("one", MODEL, b"after")
            with pytest.raises(NotFoundError):
                tx.vectors.put("nobody", MODEL, b"")
        assert [one.vectors for one in _page(inhabited)] == [b"after"]

    def test_other_models_go(self, inhabited: Storage) -> None:
        """Take away the vectors of every other model; how many memories had some."""
        _remember(inhabited, "one", "two")
        _embed(inhabited, "one")
        for item_id in ("one", "two"):
            _embed(inhabited, item_id, model=OLD)
        _embed(inhabited, "two", model="model@00")
        with inhabited.begin() as tx:
            assert tx.vectors.drop_others(MODEL) == 2
            assert tx.vectors.drop_others(MODEL) == 0
        with inhabited.read() as snapshot:
            assert snapshot.vectors.progress(OLD).embedded == 0
            assert snapshot.vectors.progress(MODEL).embedded == 1

    def test_a_removed_memory_leaves_no_vectors(self, inhabited: Storage) -> None:
        """A memory that is removed takes its vectors with it."""
        _remember(inhabited, "one", "two")
        for item_id in ("one", "two"):
            _embed(inhabited, item_id)
        with inhabited.begin() as tx:
            tx.memories.remove("one")
            tx.memories.add(samples.memory("one"))
        assert _seen(inhabited, OURS) == {"two"}

    def test_a_replaced_text_leaves_no_vectors(self, inhabited: Storage) -> None:
        """A memory whose text is replaced has no vectors any more."""
        before = samples.memory("one", title="Before")
        with inhabited.begin() as tx:
            tx.memories.add(before)
            tx.vectors.put("one", MODEL, b"before")
            tx.memories.replace(before.changed(metadata={"seen": True}))
        assert _seen(inhabited, OURS) == {"one"}
        for change in _CHANGES:
            _embed(inhabited, "one")
            with inhabited.begin() as tx:
                tx.memories.replace(before.changed(**change))
            assert _seen(inhabited, OURS) == set(), change
            with inhabited.begin() as tx:
                tx.memories.replace(before)


_CHANGES: tuple[dict[str, object], ...] = (
    {"title": "After"},
    {"subtitle": "After"},
    {"text": "After"},
    {"narrative": "After"},
    {"facts": ("After",)},
    {"concepts": ("after",)},
)


def _remember(storage: Storage, *ids: str) -> None:
    with storage.begin() as tx:
        for item_id in ids:
            tx.memories.add(samples.memory(item_id))


def _embed(storage: Storage, item_id: str, *, model: str = MODEL) -> None:
    with storage.begin() as tx:
        tx.vectors.put(item_id, model, item_id.encode())


def _page(storage: Storage, *, after: int = 0) -> list[StoredVectors]:
    with storage.read() as snapshot:
        asked = ("project", MODEL)
        return list(snapshot.vectors.page(*asked, scope=OURS, after=after, limit=9))


def _changes(storage: Storage) -> int:
    with storage.read() as snapshot:
        return snapshot.vectors.changes("project", scope=OURS)


def _seen(storage: Storage, scope: Scope, *, model: str = MODEL) -> set[str]:
    """The memories whose vectors show, whichever way is asked for them."""
    with storage.read() as snapshot:
        vectors = snapshot.vectors
        every = ["one", "two", "three"]
        ways = {
            frozenset(vectors.of(every, model, scope=scope)),
            frozenset(
                one.item_id
                for one in vectors.page("project", model, scope=scope, after=0, limit=9)
            ),
        }
        (found,) = ways
        assert len(vectors.numbers("project", model, scope=scope)) == len(found)
        assert not (scope in OUTSIDE and vectors.changes("project", scope=scope))
    return set(found)
