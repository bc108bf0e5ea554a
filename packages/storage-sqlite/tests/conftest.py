# SPDX-License-Identifier: Apache-2.0
"""Stores in a folder of their own, and other processes to share them with."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import pytest
from claude_mem_conformance import samples
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite import connections
from claude_mem_storage_sqlite.storage import SqliteStorage

WRITER = """
import sys
from pathlib import Path
from claude_mem_conformance import samples
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
storage = SqliteStorage(path, RealSystem())
for number in range(count):
    key = f"{name}-{number}"
    with storage.begin() as tx:
        session = tx.sessions.get("session", scope=samples.OURS)
        seen = session.metadata.get("count", 0) + 1
        tx.sessions.replace(session.changed(metadata={"count": seen}))
        tx.events.add(samples.event(key), key=key, turn=1)
    print(key, flush=True)
storage.close()
"""
"""Writes events one by one, counts them in the session, and says what is kept."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.db"


@pytest.fixture
def open_storage(path):
    """Opens the store in the test's folder; what it opened is closed at the end."""
    opened = []

    def open_(**options):
        opened.append(SqliteStorage(path, RealSystem(), **options))
        return opened[-1]

    yield open_
    for storage in opened:
        storage.close()


@pytest.fixture
def storage(open_storage):
    storage = open_storage()
    samples.inhabit(storage)
    return storage


@pytest.fixture
def statements(monkeypatch):
    """Every statement of every connection that is opened from here on."""
    seen = []
    connected = connections.connected

    def traced(*args, **options):
        raw = connected(*args, **options)
        raw.set_trace_callback(seen.append)
        return raw

    monkeypatch.setattr(connections, "connected", traced)
    return seen


@pytest.fixture
def writer(path):
    """Starts another process that writes; none of them outlives the test."""
    started = []

    def start(name, count):
        command = [sys.executable, "-W", "error", "-c", WRITER]
        process = subprocess.Popen(
            [*command, str(path), name, str(count)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        with closing(process.stdout):
            process.wait()


@pytest.fixture
def run():
    """Runs a script in a process of its own; what it printed, line by line."""

    def run_(script, *args):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, *map(str, args)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run_
