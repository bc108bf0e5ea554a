# SPDX-License-Identifier: Apache-2.0
"""The store and the queue engine in one file keep every promise of their ports."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest
from claude_mem_conformance.queue import QueueContract
from claude_mem_conformance.records import StorageContracts
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.queue import SqliteQueueEngine
from claude_mem_storage_sqlite.storage import SqliteStorage


class TestSqliteStorage(StorageContracts):
    @pytest.fixture
    def storage(self, tmp_path):
        storage = SqliteStorage(tmp_path / "memory.db", RealSystem())
        yield storage
        storage.close()

    @pytest.fixture
    def reopen(self, tmp_path):
        opened = []

        def again():
            opened.append(SqliteStorage(tmp_path / "memory.db", RealSystem()))
            return opened[-1]

        yield again
        for storage in opened:
            storage.close()

    @pytest.fixture
    def residue(self, tmp_path):
        def read():
            # Read by another process: a file closed here would drop SQLite's locks.
            found = sorted(str(path) for path in tmp_path.iterdir())
            return subprocess.run(
                ["cat", *found], capture_output=True, check=True
            ).stdout

        return read


class TestSqliteQueueEngine(QueueContract):
    @pytest.fixture
    def storage(self, system, tmp_path):
        storage = SqliteStorage(tmp_path / "memory.db", system)
        yield storage
        storage.close()

    @pytest.fixture
    def engine(self, storage, system):
        return SqliteQueueEngine(storage, system, poll=timedelta(minutes=1))
