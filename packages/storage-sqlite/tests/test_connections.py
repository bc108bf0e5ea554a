# SPDX-License-Identifier: Apache-2.0
"""How each connection is set, and that no two users share one."""

from __future__ import annotations

import pytest
from claude_mem_conformance import samples
from claude_mem_storage_sqlite.connections import Place, open_reader, open_writer

SETTINGS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "trusted_schema": 0,
    "secure_delete": 1,
    "busy_timeout": 10_000,
    "mmap_size": 0,
}


@pytest.mark.parametrize("open_", [open_reader, open_writer])
@pytest.mark.parametrize(("synchronous", "number"), [("FULL", 2), ("NORMAL", 1)])
@pytest.mark.usefixtures("storage")
def test_every_connection_is_set_alike(path, open_, synchronous, number):
    connection = open_(Place(path, synchronous))
    try:
        found = {name: connection.one(f"PRAGMA {name}") for name in SETTINGS}
        assert found == {name: (value,) for name, value in SETTINGS.items()}
        assert connection.number("PRAGMA synchronous") == number
    finally:
        connection.close()


@pytest.mark.usefixtures("storage")
def test_a_reader_cannot_write_and_never_checkpoints(path):
    reader = open_reader(Place(path))
    try:
        assert reader.number("PRAGMA wal_autocheckpoint") == 0
        assert reader.number("PRAGMA query_only") == 1
    finally:
        reader.close()


def test_every_write_begins_with_the_right_to_write(statements, storage):
    with storage.begin() as tx:
        tx.projects.add(samples.project("new"))
    with storage.read() as snapshot:
        snapshot.projects.list(scope=samples.OURS)
    begun, begins = None, set()
    for statement in map(str.strip, statements):
        if statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            begun = statement
        elif statement.startswith(("INSERT", "UPDATE", "DELETE", "CREATE")):
            begins.add(begun)
    assert begins == {"BEGIN IMMEDIATE"}


def test_a_reader_is_used_again(statements, storage):
    for _ in range(3):
        with storage.read() as snapshot:
            snapshot.projects.list(scope=samples.OURS)
    opened = [one for one in statements if "query_only = ON" in one]
    assert len(opened) == 1


def test_a_read_inside_a_read_sees_what_was_written_between(storage):
    with storage.read() as outer:
        before = outer.projects.list(scope=samples.OURS)
        with storage.begin() as tx:
            tx.projects.add(samples.project("new"))
        with storage.read() as inner:
            assert len(inner.projects.list(scope=samples.OURS)) == len(before) + 1
        assert outer.projects.list(scope=samples.OURS) == before


def test_a_reader_that_comes_back_after_the_end_is_closed(path, storage):
    with storage.read() as snapshot:
        storage.close()
        assert snapshot.projects.list(scope=samples.OURS)
    assert not path.with_name("memory.db-wal").exists()


FORKED = """
import os, sys
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.errors import StorageError
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

storage = SqliteStorage(Path(sys.argv[1]), RealSystem())

def add(name):
    with storage.begin() as tx:
        tx.events.add(samples.event(name), key=name, turn=1)

def connections():
    with storage.read() as snapshot, storage.begin() as tx:
        return {id(snapshot.events._db.raw), id(tx.events._db.raw)}

add("before")
ours = connections()
with storage.begin() as tx:
    tx.events.add(samples.event("during"), key="during", turn=1)
    idle = os.fork()
    if idle == 0:
        os._exit(0)
child = os.fork()
if child == 0:
    shared = connections() & ours
    add("in the child")
    storage.close()
    os._exit(3 if shared else 0)
os.waitpid(idle, 0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
add("after")
print(*storage.check())
storage.close()
late = os.fork()
if late == 0:
    try:
        add("late")
    except StorageError:
        os._exit(0)
    os._exit(3)
assert os.waitstatus_to_exitcode(os.waitpid(late, 0)[1]) == 0
"""


FORKED_IN_A_GROUP = """
import os, signal, sys, threading
from pathlib import Path
from claude_mem_core.services.together import Together
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

storage = SqliteStorage(Path(sys.argv[1]), RealSystem())
inside, may_end = threading.Event(), threading.Event()

def after(outcomes):
    if threading.current_thread() is leader:
        inside.set()
        may_end.wait()

together = Together(storage, after)
leader = threading.Thread(target=together.do, args=[lambda tx: 1])
leader.start()
inside.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    os._exit(together.do(lambda tx: 7))
may_end.set()
leader.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_does_not_wait_for_a_leader_left_behind(path, storage, run):
    storage.close()
    assert run(FORKED_IN_A_GROUP, path) == ["7"]


def test_a_forked_process_uses_connections_of_its_own(path, storage, run):
    storage.close()
    assert run(FORKED, path) == [""]


def test_what_a_forked_process_wrote_is_kept(path, storage, open_storage, run):
    storage.close()
    run(FORKED, path)
    names = ["before", "during", "in the child", "after"]
    with open_storage().read() as snapshot:
        assert snapshot.events.absent(names, scope=samples.OURS) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

ready, tell = os.pipe()
told, go_on = os.pipe()
holder = os.fork()
if holder == 0:
    os.close(go_on)
    with SqliteStorage(Path(sys.argv[1]), RealSystem()).begin():
        if os.fork() == 0:
            os.write(tell, b"x")
            os.read(told, 1)
            os._exit(0)
        os.read(ready, 1)
        os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(holder, 0)
storage = SqliteStorage(Path(sys.argv[1]), RealSystem())
with storage.begin():
    print("written while the child lives")
storage.close()
os.close(go_on)
"""


def test_a_child_of_a_killed_writer_keeps_nobody_waiting(path, storage, run):
    storage.close()
    assert run(KILLED, path) == ["written while the child lives"]
