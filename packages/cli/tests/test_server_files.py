# SPDX-License-Identifier: Apache-2.0
"""The files by which commands find a server."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest
from claude_mem_cli import server_files
from claude_mem_cli.processes import start_token
from claude_mem_cli.server_files import ServerRecord, look, publish, withdraw
from claude_mem_core.errors import ConflictError

FILES = ("server.pid", "server.port", "server.runtime.json")


@pytest.fixture
def record(tmp_path):
    return ServerRecord.of_this_process("http://127.0.0.1:4711", tmp_path)


def test_without_files_the_server_is_missing(tmp_path):
    assert look(tmp_path).state == "missing"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', "\xff"])
def test_a_damaged_file_is_invalid(tmp_path, text):
    (tmp_path / "server.runtime.json").write_text(text, encoding="latin-1")
    assert look(tmp_path).state == "invalid"


def test_a_dead_process_is_stale(tmp_path, record):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    publish(tmp_path, record.changed(pid=child.pid))
    assert look(tmp_path).state == "stale"
    assert server_files.running(tmp_path) is None


def test_a_later_process_with_the_same_number_is_stale(tmp_path, record):
    earlier = {"start_token": "that of an earlier process"}
    publish(tmp_path, record.changed(**earlier))
    assert look(tmp_path).state == "stale"


def test_a_living_process_is_alive(tmp_path, record):
    publish(tmp_path, record)
    assert look(tmp_path) == server_files.Seen("alive", record)
    assert server_files.running(tmp_path) == record


def test_the_files_say_the_same_and_are_for_their_owner_alone(tmp_path, record):
    publish(tmp_path, record)
    told = json.loads((tmp_path / "server.runtime.json").read_text())
    assert (tmp_path / "server.pid").read_text() == f"{os.getpid()}\n"
    assert (tmp_path / "server.port").read_text() == "4711\n"
    assert told.keys() == {
        *("pid", "port", "url", "version"),
        *("startedAtEpoch", "startToken", "dataDir"),
    }
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in FILES}
    assert modes == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_publishing_replaces_what_was_there_even_if_others_could_read_it(
    tmp_path, record
):
    for name in FILES:
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o644)
    publish(tmp_path, record)
    assert look(tmp_path).state == "alive"
    assert stat.S_IMODE((tmp_path / FILES[0]).stat().st_mode) == 0o600


def test_withdrawing_takes_all_three_away(tmp_path, record):
    publish(tmp_path, record)
    withdraw(tmp_path)
    assert list(tmp_path.iterdir()) == []
    withdraw(tmp_path)


@pytest.mark.parametrize("change", [{"pid": 1}, {"start_token": "another"}])
def test_withdrawing_spares_the_files_of_another(tmp_path, record, change):
    publish(tmp_path, record.changed(**change))
    withdraw(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_withdrawing_spares_the_files_of_a_successor_that_lives(tmp_path, record):
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    ) as child:
        theirs = {"pid": child.pid, "start_token": start_token(child.pid)}
        publish(tmp_path, record.changed(**theirs))
        withdraw(tmp_path)
        assert look(tmp_path).state == "alive"
        child.communicate(b"\n")


def test_withdrawing_spares_files_that_name_nobody(tmp_path):
    (tmp_path / "server.runtime.json").write_text("{")
    withdraw(tmp_path)
    assert (tmp_path / "server.runtime.json").exists()


def test_there_is_one_server_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(server_files, "PATIENCE", 0.1)
    with (
        server_files.sole_server(tmp_path),
        pytest.raises(ConflictError, match=f"pid {os.getpid()} "),
        server_files.sole_server(tmp_path),
    ):
        pass
    with server_files.sole_server(tmp_path):
        pass


def test_the_second_server_waits_to_learn_where_the_first_is(tmp_path, record):
    with server_files.sole_server(tmp_path):
        publish(tmp_path, record)
        with (
            pytest.raises(ConflictError, match=f"pid {os.getpid()}, port 4711$"),
            server_files.sole_server(tmp_path),
        ):
            pass
