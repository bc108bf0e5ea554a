# SPDX-License-Identifier: Apache-2.0
"""The store and its queue engine are found by name and opened by their settings."""

from __future__ import annotations

import pytest
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.plugins import Plugins, Wiring
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite import plugin
from claude_mem_storage_sqlite.plugin import SqliteSettings


@pytest.fixture
def open_by(tmp_path):
    """Opens the storage that an environment describes."""
    opened = []

    def open_(env):
        adapter = Plugins(plugin).storage("sqlite")
        wiring = Wiring(tmp_path, RealSystem(), lambda: opened[-1])
        opened.append(adapter.open(adapter.settings.from_env(env), wiring))
        return opened[-1]

    yield open_
    for storage in opened:
        storage.close()


def test_without_settings_the_file_is_in_the_data_folder(open_by, tmp_path):
    open_by({})
    assert (tmp_path / "memory.db").exists()


def test_the_file_can_be_named(open_by, tmp_path):
    open_by({"CLAUDE_MEM_SQLITE_PATH": str(tmp_path / "mine.db")})
    assert (tmp_path / "mine.db").exists()
    assert not (tmp_path / "memory.db").exists()


def test_a_commit_waits_for_the_disk_unless_told_otherwise():
    assert SqliteSettings().sqlite_synchronous == "FULL"


@pytest.mark.parametrize("level", ["OFF", "full; DROP TABLE teams"])
def test_a_level_that_would_lose_a_commit_to_a_kill_is_refused(level):
    with pytest.raises(ConfigurationError, match="CLAUDE_MEM_SQLITE_SYNCHRONOUS"):
        SqliteSettings.from_env({"CLAUDE_MEM_SQLITE_SYNCHRONOUS": level})


def test_the_queue_engine_works_on_the_storage(open_by, tmp_path):
    storage = open_by({})
    adapter = Plugins(plugin).queue("sqlite")
    wiring = Wiring(tmp_path, RealSystem(), lambda: storage)
    engine = adapter.open(adapter.settings.from_env({}), wiring)
    assert engine.depth() == 0
    engine.close()


LAZY = """
import sys
import claude_mem_storage_sqlite.plugin
print(*{"sqlite3", "sqlite_utils"} & set(sys.modules))
from pathlib import Path
from claude_mem_core.system import RealSystem
from claude_mem_storage_sqlite.storage import SqliteStorage
path = Path(sys.argv[1])
SqliteStorage(path, RealSystem()).close()
print("sqlite_utils" in sys.modules)
"""


def test_the_driver_is_imported_when_a_store_is_opened(path, run):
    assert run(LAZY, path) == ["", "True"]


def test_sqlite_utils_is_imported_only_when_there_is_something_to_migrate(path, run):
    run(LAZY, path)
    assert run(LAZY, path) == ["", "False"]
