# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about the list of workers."""

from __future__ import annotations

from typing import ClassVar

from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.workers import WorkerRegistry

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract


class WorkerContract(RepositoryContract):
    """The list of workers."""

    ports: ClassVar[tuple[type, ...]] = (WorkerRegistry,)

    def test_workers_are_listed_by_when_they_were_heard_of(
        self, storage: Storage
    ) -> None:
        """The workers that were last heard of between two epochs, by their names."""
        for age, name in enumerate(["c", "a", "b", "d"]):
            _beat(storage, name, seen=NOW + age)
        assert _names(storage, since=NOW, until=NOW + 2) == ["a", "b", "c"]
        assert _names(storage, since=NOW + 1, until=NOW + 2) == ["a", "b"]
        assert _names(storage, since=NOW + 4, until=NOW + 9) == []

    def test_a_beat_takes_the_place_of_the_one_before(self, storage: Storage) -> None:
        """Keep a worker's record in the place of the one with its name."""
        _beat(storage, "a", seen=NOW)
        again = samples.worker("a", health="errored", last_error="no", pid=7)
        with storage.begin() as tx:
            tx.workers.beat(again)
            assert list(tx.workers.list(since=NOW, until=NOW)) == [again]

    def test_a_worker_leaves(self, storage: Storage) -> None:
        """Forget a worker; one that is unknown is no error."""
        for name in ("a", "b"):
            _beat(storage, name, seen=NOW)
        for name in ("a", "a", "nobody"):
            with storage.begin() as tx:
                tx.workers.leave(name)
        assert _names(storage, since=NOW, until=NOW) == ["b"]

    def test_the_silent_are_forgotten(self, storage: Storage) -> None:
        """Forget the workers unheard of since an epoch; how many there were."""
        for age, name in enumerate(["a", "b", "c"]):
            _beat(storage, name, seen=NOW + age)
        with storage.begin() as tx:
            assert tx.workers.prune(before=NOW + 2) == 2
            assert tx.workers.prune(before=NOW + 2) == 0
        assert _names(storage, since=0, until=NOW + 9) == ["c"]


def _beat(storage: Storage, name: str, *, seen: int) -> None:
    with storage.begin() as tx:
        tx.workers.beat(samples.worker(name, seen_at_epoch=seen))


def _names(storage: Storage, *, since: int, until: int) -> list[str]:
    with storage.read() as snapshot:
        return [one.id for one in snapshot.workers.list(since=since, until=until)]
