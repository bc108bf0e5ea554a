# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D205 - a promise is quoted whole, and some are long
"""What a storage is held to, whatever it keeps its records in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Protocol, cast

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.errors import NotFoundError, StorageError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.contract import Contract
from claude_mem_conformance.threads import AT_MOST, PATIENCE, in_thread

READERS = 8
WORD = "quixoticzebrafish"


class Reopen(Protocol):
    """The ability of a storage to last: it opens again what was closed."""

    def __call__(self) -> Storage:
        """The storage with the records that it had."""


class Residue(Protocol):
    """The ability to look at everything that a storage has written."""

    def __call__(self) -> bytes:
        """The bytes of all of its files, read by another process."""


class StorageContract(Contract):
    """A storage as a whole. The adapter's test gives the fixture `storage`.

    Where the storage lasts, it gives `reopen` too, and closes what that opened.
    """

    ports: ClassVar[tuple[type, ...]] = (Storage, Transaction)

    @pytest.fixture
    def reopen(self) -> Reopen:
        """Opens a closed storage again; without it, the storage does not last."""
        pytest.skip("the ability `Reopen` is missing: the storage does not last")

    @pytest.fixture
    def residue(self) -> Residue:
        """Reads all the files of the storage; without it, the storage has none."""
        pytest.skip("the ability `Residue` is missing: the storage has no files")

    def test_what_is_gone_leaves_no_bytes(
        self, storage: Storage, residue: Residue
    ) -> None:
        """What was replaced or removed is in none of the store's files any more."""
        samples.inhabit(storage)
        with storage.begin() as tx:
            tx.events.replace(samples.event(payload={"a": WORD * 900}))
            tx.projects.replace(samples.project(name=WORD))
            tx.memories.add(samples.memory("one", title=WORD))
            tx.memories.add(samples.memory("two", title=WORD))
            tx.vectors.put("one", "model", WORD.encode() * 900)
            tx.vectors.put("two", "model", WORD.encode())
        assert WORD.encode() in residue()
        with storage.begin() as tx:
            tx.events.replace(samples.event())
            tx.projects.replace(samples.project())
            tx.memories.replace(samples.memory("one", title="a title"))
            tx.memories.remove("two")
        storage.shed()
        assert WORD[:8].encode() not in residue()
        with storage.read() as snapshot:
            kept = snapshot.memories.get("one", scope=samples.OURS)
        assert kept.title == "a title"

    def test_all_or_nothing(self, storage: Storage) -> None:
        """All or nothing: a block that raises leaves no trace of its writes."""
        with pytest.raises(_StopHereError):
            _write_and_stop(storage)
        with storage.begin() as tx:
            assert _found(tx) == frozenset()
            assert tx.audit.head() is None

    def test_kept(self, storage: Storage) -> None:
        """Kept: what a finished ``begin`` block wrote is there for every later reader.

        A write: committed on a clean exit, else rolled back.
        """
        with storage.begin() as tx:
            _write_everything(tx)
        with storage.read() as snapshot:
            assert _found(snapshot) == EVERYTHING
        assert in_thread(lambda: _read(storage)).result(AT_MOST) == EVERYTHING
        with storage.begin() as tx:
            assert tx.audit.page(after=0, limit=9) == (samples.audit_row(1),)

    def test_durable(self, storage: Storage, reopen: Reopen) -> None:
        """Durable: it is there after the storage was closed and opened again, where the
        storage is one that lasts.
        """
        with storage.begin() as tx:
            _write_everything(tx)
        storage.close()
        again = reopen()
        assert _read(again) == EVERYTHING
        with again.begin() as tx:
            assert tx.audit.page(after=0, limit=9) == (samples.audit_row(1),)

    def test_writers_take_turns(self, storage: Storage) -> None:
        """Writers take turns: two threads that read and write in blocks lose no
        update.
        """
        samples.inhabit(storage)
        _count_up(storage)
        with storage.begin() as tx:
            before = tx.sessions.get("session", scope=samples.OURS)
            second = in_thread(lambda: _count_up(storage))
            with suppress(TimeoutError):
                second.result(0.2)  # a storage without turns lets it finish here
            tx.sessions.replace(_counted(before))
        second.result(AT_MOST)
        with storage.read() as snapshot:
            session = snapshot.sessions.get("session", scope=samples.OURS)
        assert session.metadata["count"] == 3

    def test_a_reader_sees_one_moment(self, storage: Storage) -> None:
        """A reader sees one moment, and none of what is not committed."""
        samples.inhabit(storage)
        with storage.read() as snapshot:
            assert _projects(snapshot) == 2
            in_thread(lambda: _add_project(storage, "late")).result(AT_MOST)
            assert _projects(snapshot) == 2
        with storage.begin() as tx:
            tx.projects.add(samples.project("uncommitted"))
            assert in_thread(lambda: _count(storage)).result(AT_MOST) == 3
        assert _count(storage) == 4

    def test_a_reader_never_waits_for_a_writer(self, storage: Storage) -> None:
        """A read; it never waits for a writer."""
        samples.inhabit(storage)
        with storage.begin() as tx:
            tx.projects.add(samples.project("uncommitted"))
            reader = in_thread(lambda: _count(storage))
            with suppress(TimeoutError):
                reader.result(PATIENCE)
            did_not_wait = reader.done()
        reader.result(AT_MOST)
        assert did_not_wait

    def test_it_is_safe_to_use_from_many_threads(self, storage: Storage) -> None:
        """It is safe to use from many threads."""
        samples.inhabit(storage)
        together = threading.Barrier(READERS)

        def work(number: int) -> int:
            with storage.read() as snapshot:
                # A storage may have fewer readers than this; then it lets some wait.
                with suppress(threading.BrokenBarrierError):
                    together.wait(1.0)
                _projects(snapshot)
            _add_project(storage, f"of thread {number}")
            return _count(storage)

        threads = [in_thread(lambda n=n: work(n)) for n in range(READERS)]  # type: ignore[misc]
        for thread in threads:
            thread.result(AT_MOST)
        assert _count(storage) == 2 + READERS

    def test_a_fresh_storage_holds_the_local_team(self, storage: Storage) -> None:
        """A fresh storage holds the team ``local``."""
        with storage.read() as snapshot:
            local = snapshot.teams.get(LOCAL_TEAM_ID, scope=Scope(LOCAL_TEAM_ID))
        assert local.id == LOCAL_TEAM_ID

    def test_closing_twice_is_harmless(self, storage: Storage) -> None:
        """Closing twice is harmless."""
        storage.close()
        storage.close()

    @pytest.mark.parametrize("door", ["begin", "read"])
    def test_a_closed_storage_says_so(self, storage: Storage, door: str) -> None:
        """Let go of everything; a block that is begun later is a `StorageError`."""
        storage.close()
        enter: Callable[[], object] = getattr(storage, door)().__enter__
        with pytest.raises(StorageError):
            enter()

    def test_reads_see_the_own_writes_of_a_block(self, storage: Storage) -> None:
        """Reads see the block's own writes."""
        with storage.begin() as tx:
            _write_everything(tx)
            assert _found(tx) == EVERYTHING

    def test_a_healthy_start_has_nothing_to_tell(self, storage: Storage) -> None:
        """What opening had to repair, a sentence each; empty after a healthy start."""
        assert list(storage.notices()) == []


class _StopHereError(Exception):
    """What the adapter's user raises."""


EVERYTHING = frozenset(
    ("team", "member", "key", "project", "session", "event", "memory", "job", "worker")
)


def _write_and_stop(storage: Storage) -> None:
    with storage.begin() as tx:
        _write_everything(tx)
        raise _StopHereError


def _write_everything(tx: Transaction) -> None:
    tx.teams.add(samples.team())
    tx.teams.add_member(samples.member("member"))
    tx.keys.add(samples.key("key"))
    tx.projects.add(samples.project())
    tx.sessions.add(samples.session())
    tx.events.add(samples.event(), key="key of event", turn=1)
    tx.memories.add(samples.memory(), key="key of memory")
    tx.jobs.add(samples.job())
    tx.workers.beat(samples.worker())
    tx.audit.append([samples.audit_row(1)])


def _read(storage: Storage) -> frozenset[str]:
    with storage.read() as snapshot:
        return _found(snapshot)


def _found(records: Snapshot | Transaction) -> frozenset[str]:
    """The kinds of record that there are, of those in `EVERYTHING`."""
    ours = samples.OURS
    found: dict[str, object] = {
        "team": _has_team(records),
        "member": records.teams.members(scope=ours),
        "key": records.keys.list(scope=ours),
        "project": records.projects.list(scope=ours),
        "session": records.sessions.find(samples.SESSION_KEY, scope=ours),
        "event": records.events.find("key of event", scope=ours),
        "memory": records.memories.find("key of memory", scope=ours),
        "job": records.jobs.depth(),
        "worker": records.workers.list(since=NOW, until=NOW),
    }
    return frozenset(kind for kind, there in found.items() if there)


def _has_team(records: Snapshot | Transaction) -> bool:
    try:
        return records.teams.get("team", scope=samples.OURS).id == "team"
    except NotFoundError:
        return False


def _projects(records: Snapshot | Transaction) -> int:
    return len(records.projects.list(scope=samples.OURS))


def _count(storage: Storage) -> int:
    with storage.read() as snapshot:
        return _projects(snapshot)


def _add_project(storage: Storage, id_: str) -> None:
    with storage.begin() as tx:
        tx.projects.add(samples.project(id_))


def _count_up(storage: Storage) -> None:
    with storage.begin() as tx:
        before = tx.sessions.get("session", scope=samples.OURS)
        tx.sessions.replace(_counted(before))


def _counted(session: ServerSession) -> ServerSession:
    count = cast("int", session.metadata.get("count", 0))
    return session.changed(metadata={"count": count + 1})
