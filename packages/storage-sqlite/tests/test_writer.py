# SPDX-License-Identifier: Apache-2.0
"""Writers take turns, within the process and between processes, and lose nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from claude_mem_conformance import samples
from claude_mem_core.errors import (
    StorageError,
    StorageFullError,
    StorageReadOnlyError,
)
from claude_mem_storage_sqlite.lease import Lease

PATIENCE = 10.0


def add(tx, name):
    tx.events.add(samples.event(name), key=name, turn=1)


def absent(storage, names):
    with storage.read() as snapshot:
        return list(snapshot.events.absent(names, scope=samples.OURS))


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def others():
    with ThreadPoolExecutor(8) as threads:
        yield threads


def in_line(storage, count):
    writer = storage._here().writer
    until(lambda: writer._waiting == count)


def write(storage, name, deed=lambda _: None):
    with storage.begin() as tx:
        add(tx, name)
        deed(tx)


def test_those_who_wait_in_line_share_one_commit(statements, storage, others):
    statements.clear()
    names = ["a", "b", "c", "d"]
    with storage.begin() as tx:
        add(tx, "first")
        waiting = [others.submit(write, storage, name) for name in names]
        in_line(storage, len(names))
    for one in waiting:
        one.result(PATIENCE)
    assert statements.count("COMMIT") == 1
    assert absent(storage, ["first", *names]) == []


def test_a_block_returns_when_its_commit_is_done_and_not_before(storage, others):
    go_on = threading.Event()
    returned = threading.Event()

    def first():
        with storage.begin() as tx:
            add(tx, "first")
            in_line(storage, 1)
        returned.set()

    one = others.submit(first)
    until(lambda: storage._here().writer._owner)
    two = others.submit(write, storage, "two", lambda _: go_on.wait(PATIENCE))
    until(lambda: storage._here().writer._waiting == 0)
    until(lambda: storage._here().writer._group.size == 2)
    assert absent(storage, ["first"]) == ["first"]
    assert not returned.is_set()
    go_on.set()
    one.result(PATIENCE)
    two.result(PATIENCE)
    assert absent(storage, ["first", "two"]) == []


def test_a_block_that_raises_takes_nobody_with_it(storage, others):
    def fail(_):
        raise ZeroDivisionError

    with storage.begin() as tx:
        add(tx, "first")
        broken = others.submit(write, storage, "broken", fail)
        in_line(storage, 1)
    with pytest.raises(ZeroDivisionError):
        broken.result(PATIENCE)
    assert absent(storage, ["first", "broken"]) == ["broken"]


def test_whoever_lost_its_transaction_is_told(storage, others):
    def lose(tx):
        # What SQLite does by itself when the disk is full.
        tx.events._db.run("ROLLBACK")
        raise ZeroDivisionError

    def first():
        with storage.begin() as tx:
            add(tx, "first")
            losing.append(others.submit(write, storage, "lost", lose))
            in_line(storage, 1)

    losing = []
    with pytest.raises(StorageError):
        others.submit(first).result(PATIENCE)
    with pytest.raises(ZeroDivisionError):
        losing[0].result(PATIENCE)
    assert absent(storage, ["first", "lost"]) == ["first", "lost"]
    write(storage, "after")
    assert absent(storage, ["after"]) == []


def forbid(storage, deed, word):
    """Let SQLite refuse one step of a transaction, as a failing disk makes it do."""
    raw = storage._here().writer.connection.raw
    raw.set_authorizer(
        lambda action, first, *_: (
            sqlite3.SQLITE_DENY
            if (action, first) == (deed, word)
            else sqlite3.SQLITE_OK
        )
    )


def test_what_cannot_be_undone_alone_is_not_committed_with_the_others(storage, others):
    def spoil(tx):
        add(tx, "half")
        forbid(storage, sqlite3.SQLITE_SAVEPOINT, "ROLLBACK")
        raise ZeroDivisionError

    def first():
        with storage.begin() as tx:
            add(tx, "first")
            spoiling.append(others.submit(write, storage, "spoilt", spoil))
            in_line(storage, 1)

    spoiling = []
    with pytest.raises(StorageError):
        others.submit(first).result(PATIENCE)
    with pytest.raises(ZeroDivisionError):
        spoiling[0].result(PATIENCE)
    storage._here().writer.connection.raw.set_authorizer(None)
    assert absent(storage, ["first", "half"]) == ["first", "half"]
    write(storage, "after")
    assert absent(storage, ["after"]) == []


def test_a_transaction_that_cannot_be_undone_at_all_is_left_with_its_connection(
    storage,
):
    def spoil(_):
        forbid(storage, sqlite3.SQLITE_TRANSACTION, "ROLLBACK")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(storage, "lost", spoil)
    write(storage, "after")
    assert absent(storage, ["lost", "after"]) == ["lost"]


def test_a_commit_that_fails_is_told_to_all_who_share_it(storage, others):
    def first():
        with storage.begin() as tx:
            add(tx, "first")
            forbid(storage, sqlite3.SQLITE_TRANSACTION, "COMMIT")
            waiting.append(others.submit(write, storage, "second"))
            in_line(storage, 1)

    waiting = []
    with pytest.raises(StorageError):
        others.submit(first).result(PATIENCE)
    with pytest.raises(StorageError):
        waiting[0].result(PATIENCE)
    storage._here().writer.connection.raw.set_authorizer(None)
    assert absent(storage, ["first", "second"]) == ["first", "second"]
    write(storage, "after")
    assert absent(storage, ["after"]) == []


def test_a_connection_that_finds_the_store_read_only_gives_way_to_another(storage):
    storage._here().writer.connection.run("PRAGMA query_only = ON")
    with pytest.raises(StorageReadOnlyError, match="make its file writable"):
        write(storage, "refused")
    write(storage, "after")
    assert absent(storage, ["refused", "after"]) == ["refused"]


def test_a_store_that_turns_read_only_in_a_block_undoes_all_who_share_it(
    storage, others
):
    def lock(tx):
        tx.events._db.run("PRAGMA query_only = ON")
        add(tx, "refused")

    def first():
        with storage.begin() as tx:
            add(tx, "first")
            refused.append(others.submit(write, storage, "second", lock))
            in_line(storage, 1)

    refused = []
    with pytest.raises(StorageReadOnlyError):
        others.submit(first).result(PATIENCE)
    with pytest.raises(StorageReadOnlyError):
        refused[0].result(PATIENCE)
    write(storage, "after")
    assert absent(storage, ["first", "refused", "after"]) == ["first", "refused"]


def test_a_database_that_may_grow_no_further_is_full(storage):
    storage._here().writer.connection.run("PRAGMA max_page_count = 1")
    large = samples.event("refused", payload={"text": "x" * 100_000})
    with pytest.raises(StorageFullError, match="make room"), storage.begin() as tx:
        tx.events.add(large, key="refused", turn=1)
    storage._here().writer.connection.run("PRAGMA max_page_count = 1000000")
    write(storage, "after")
    assert absent(storage, ["refused", "after"]) == ["refused"]


def test_a_block_inside_a_block_is_an_error_and_no_deadlock(storage):
    with storage.begin(), pytest.raises(StorageError, match="inside"), storage.begin():
        pass
    write(storage, "after")
    assert absent(storage, ["after"]) == []


def test_many_threads_lose_no_write(storage, others):
    def work(number):
        for count in range(20):
            write(storage, f"{number}-{count}")

    for one in [others.submit(work, number) for number in range(8)]:
        one.result(60)
    names = [f"{number}-{count}" for number in range(8) for count in range(20)]
    assert absent(storage, names) == []
    assert storage.check() == []


def test_two_processes_that_write_lose_nothing(storage, writer):
    names = ("one", "two")
    processes = [writer(name, 100) for name in names]
    for process in processes:
        assert process.wait(60) == 0
    every = [f"{name}-{number}" for name in names for number in range(100)]
    assert absent(storage, every) == []
    with storage.read() as snapshot:
        session = snapshot.sessions.get("session", scope=samples.OURS)
    assert session.metadata["count"] == 200
    assert storage.check() == []


@pytest.mark.parametrize("after", [1, 20, 60])
def test_a_kill_loses_nothing_that_was_acknowledged(storage, writer, after):
    process = writer("killed", 100_000)
    acknowledged = [process.stdout.readline().strip() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += process.stdout.read().split("\n")
    whole = [name for name in acknowledged if name.startswith("killed-")][:-1]
    process.wait(PATIENCE)
    assert absent(storage, whole) == []
    assert storage.check() == []


def test_a_store_that_was_left_by_a_kill_opens_whole(
    storage, open_storage, writer, path
):
    storage.close()
    process = writer("killed", 100_000)
    acknowledged = [process.stdout.readline().strip() for _ in range(30)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    assert path.with_name("memory.db-wal").exists()
    again = open_storage()
    assert again.notices() == ()
    assert absent(again, acknowledged) == []
    assert again.check() == []


def test_a_lease_that_another_holds_is_waited_for_and_no_longer_than_agreed(tmp_path):
    held, wanted = (Lease(tmp_path / "lease", wait=0.05) for _ in range(2))
    with held.held(), pytest.raises(StorageError, match="another process"):
        wanted.take()
    wanted.take()
    for lease in (held, wanted):
        lease.close()


def test_no_other_process_has_the_lease_while_a_block_writes(path, storage):
    lease = Lease(path.with_name("memory.db.lease"), wait=0.01)
    with storage.begin() as tx:
        add(tx, "first")
        with pytest.raises(StorageError):
            lease.take()
    lease.take()
    lease.close()


FULL = """
import resource, sys
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.errors import StorageError
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

storage = SqliteStorage(Path(sys.argv[1]), RealSystem())
most = 1024 * 1024
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
kept, refused = [], []
for number in range(200):
    key = f"event-{number}"
    try:
        with storage.begin() as tx:
            event = samples.event(key, payload={"text": "x" * 20_000})
            tx.events.add(event, key=key, turn=1)
    except StorageError as error:
        refused.append(type(error).__name__)
    else:
        kept.append(key)
with storage.read() as snapshot:
    assert not snapshot.events.absent(kept, scope=samples.OURS)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
with storage.begin() as tx:
    tx.events.add(samples.event("room again"), key="room again", turn=1)
storage.close()
print(*kept)
print(*sorted(set(refused)))
"""


def test_a_full_disk_is_said_and_loses_nothing_acknowledged(
    path, storage, open_storage, run
):
    storage.close()
    kept, refused = run(FULL, path)
    assert refused == "StorageFullError"
    assert 5 < len(kept.split()) < 200
    again = open_storage()
    assert absent(again, [*kept.split(), "room again"]) == []
    assert again.check() == []


def test_a_file_that_was_removed_or_replaced_is_not_written(storage, path):
    aside = path.with_name("aside.db")
    path.rename(aside)
    with pytest.raises(StorageError, match="removed or replaced"), storage.begin():
        pass
    path.touch()
    with pytest.raises(StorageError, match="removed or replaced"), storage.begin():
        pass
    aside.rename(path)
    with storage.begin() as tx:
        tx.projects.add(samples.project("kept"))
    with storage.read() as snapshot:
        assert snapshot.projects.get("kept", scope=samples.OURS)
