# SPDX-License-Identifier: Apache-2.0
"""The server as a process: one a folder, found by its files, gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest
from claude_mem_cli.processes import start_token

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")

FILES = {"server.pid", "server.port", "server.runtime.json"}


SERVE_AND_END = """
import gc, os, signal
from claude_mem_cli.serving import serve

def ready(record):
    print(gc.get_freeze_count() > len(gc.get_objects()))
    os.kill(os.getpid(), signal.SIGTERM)

serve(os.environ, ready=ready)
"""


def files_in(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def state_of(folder):
    """Every file's name, content and time, as far as a second start could touch it."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if path.name.startswith(("server.", "token"))
    }


def test_a_daemon_answers_when_the_start_returns_and_is_gone_when_the_stop_does(
    shell, folder
):
    started = shell("server", "start", "--daemon", "--json")
    assert started.code == 0
    pid = started.json["pid"]
    assert files_in(folder) >= FILES
    shown = shell("server", "status", "--json")
    assert shown.code == 0
    stopped = shell("server", "stop", "--json")
    assert stopped.json == {"running": False, "stopped": True, "pid": pid}
    assert not FILES & files_in(folder)
    assert start_token(pid) is None


def test_no_answer_waits_until_all_that_a_server_is_made_of_was_looked_through(env):
    done = subprocess.run(
        [sys.executable, "-c", SERVE_AND_END],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


def test_the_status_says_what_the_server_is_made_of(shell, folder):
    child = shell.serve()
    told = shell("server", "status", "--json").json
    assert told["runtime"] == "server"
    assert told["running"] is True
    assert told["pid"] == child.pid
    assert told["dataDir"] == str(folder)
    assert told["queueDepth"] == 0
    assert told["authMode"]
    assert told["version"]
    for part in ("queue", "generationWorker", "providerRegistry", "eventBroadcaster"):
        assert told[part]["status"] in ("disabled", "active", "errored")
    assert "startToken" not in told
    human = shell("server", "status").out
    assert f"pid {child.pid}, port {told['port']}" in human
    assert "\x1b" not in human


def test_the_status_names_what_a_server_lacks_that_cannot_write_its_store(
    shell, folder
):
    shell.serve()
    assert shell("server", "status", "--json").json["issues"] == []
    assert "Not ready" not in shell("server", "status").out

    (folder / "memory.db").unlink()

    told = shell("server", "status", "--json").json
    assert [issue["field"] for issue in told["issues"]] == ["store"]
    human = shell("server", "status").out
    assert "Not ready: store: it cannot be written; see the server's log" in human


def test_the_status_is_told_as_far_as_a_server_knows_it_whose_store_is_damaged(
    shell, folder
):
    shell.serve()
    with closing(sqlite3.connect(folder / "memory.db")) as line:
        line.execute("ALTER TABLE generation_jobs RENAME TO lost")

    assert shell("server", "status", "--json").json["queueLanes"] is None
    shown = shell("server", "status")
    assert shown.code == 0
    assert "Waiting: unknown" in shown.out
    assert "Not ready: store: it cannot be read" in shown.out
    assert "queue: errored (the store is silent)" in shown.out


def test_without_a_server_the_status_ends_with_1_and_stop_with_0(shell, folder):
    shown = shell("server", "status", "--json")
    assert shown.code == 1
    assert shown.json["running"] is False
    assert shown.json["runtime"] == "server"
    stopped = shell("server", "stop")
    assert (stopped.code, stopped.out) == (0, "No server is running.\n")
    assert not folder.exists()


def test_a_second_start_changes_nothing_and_names_the_first(shell, folder):
    child = shell.serve()
    before = state_of(folder)
    port = json.loads((folder / "server.runtime.json").read_text())["port"]
    for mode in ("--foreground", "--daemon"):
        second = shell("server", "start", mode)
        assert second.code == 1
        assert second.err.count("\n") == 1
        assert f"pid {child.pid}, port {port}" in second.err
    assert state_of(folder) == before
    assert child.poll() is None


def test_a_taken_port_changes_nothing_and_names_who_holds_it(shell, folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for mode in ("--foreground", "--daemon"):
            done = shell("server", "start", mode, CLAUDE_MEM_PORT=port)
            assert done.code == 78
            assert done.err.count("\n") == 1
            assert f"port {port} is taken by pid {os.getpid()}" in done.err
    assert not folder.exists()


@pytest.mark.parametrize("mode", ["--foreground", "--daemon"])
def test_of_several_starts_at_once_exactly_one_serves(shell, folder, mode):
    children = [shell.spawn("server", "start", mode, "--json") for _ in range(4)]
    told = [json.loads(child.stdout.readline()) for child in children]
    winners = [one for one in told if one.get("running")]
    losers = [one for one in told if not one.get("running")]
    assert len(winners) == 1
    assert {one["error"] for one in losers} == {"conflict"}
    record = json.loads((folder / "server.runtime.json").read_text())
    assert record["pid"] == winners[0]["pid"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(shell, folder, number):
    child = shell.serve()
    child.send_signal(number)
    assert child.wait(30) == 0
    assert not FILES & files_in(folder)
    assert "Traceback" not in child.stderr.read()


def test_a_signal_that_comes_twice_is_one_request(shell, folder):
    child = shell.serve()
    child.send_signal(signal.SIGTERM)
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 0
    assert not FILES & files_in(folder)


def test_a_killed_server_is_seen_as_gone_and_replaced(shell, folder):
    child = shell.serve()
    child.kill()
    child.wait()
    assert files_in(folder) >= FILES
    shown = shell("server", "status", "--json")
    assert (shown.code, shown.json["files"]) == (1, "stale")
    assert shell("server", "stop").out == "No server is running.\n"
    second = shell.serve()
    assert shell("server", "status", "--json").json["pid"] == second.pid


@pytest.mark.parametrize("text", ["{", '{"pid": "x"}'])
def test_damaged_files_are_replaced(shell, folder, text):
    folder.mkdir()
    (folder / "server.runtime.json").write_text(text)
    assert shell("server", "status", "--json").json["files"] == "invalid"
    child = shell.serve()
    assert shell("server", "status", "--json").json["pid"] == child.pid


def test_files_of_a_later_process_with_the_same_number_are_replaced(shell, folder):
    shell.serve().kill()
    shell.started[0].wait()
    path = folder / "server.runtime.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": os.getpid()}))
    child = shell.serve()
    assert shell("server", "status", "--json").json["pid"] == child.pid


def test_a_restart_gives_another_process(shell):
    child = shell.serve()
    told = shell("server", "restart", "--json")
    assert told.code == 0
    assert told.json["pid"] != child.pid
    assert child.wait(30) == 0
    assert shell("server", "status", "--json").json["pid"] == told.json["pid"]


def test_a_restart_starts_where_nothing_ran(shell):
    assert shell("server", "restart", "--json").json["running"] is True


def test_the_log_and_the_token_are_for_their_owner_alone(shell, folder):
    shell("server", "start", "--daemon")
    modes = {
        name: stat.S_IMODE((folder / name).stat().st_mode)
        for name in (".", "logs", "logs/server.log", "token", "server.lock")
    }
    assert modes == {
        ".": 0o700,
        "logs": 0o700,
        "logs/server.log": 0o600,
        "token": 0o600,
        "server.lock": 0o600,
    }


def test_a_daemon_that_cannot_start_says_why_in_one_line(shell, folder):
    done = shell(
        "server", "start", "--daemon", "--json", CLAUDE_MEM_STORAGE_ENGINE="punchcards"
    )
    assert done.code == 78
    assert done.json["error"] == "configuration"
    assert "punchcards" in done.json["message"]
    assert done.err.count("\n") == 1
    assert not FILES & files_in(folder)


def test_the_token_is_never_shown(shell, folder):
    child = shell.serve()
    shown = shell("server", "status", "--json").out
    child.terminate()
    told = child.communicate(timeout=30)
    token = (folder / "token").read_text().strip()
    assert token not in shown + "".join(told)


def test_other_files_of_the_parent_folder_are_left_alone(shell, folder):
    folder.parent.mkdir(exist_ok=True)
    other = folder.parent / "claude-mem.db"
    other.write_text("the original's")
    before = files_in(folder.parent)
    shell("server", "start", "--daemon")
    shell("server", "stop")
    assert files_in(folder.parent) == before | {folder.name}
    assert other.read_text() == "the original's"


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "CLAUDE_MEM_HOST"),
        ({"CLAUDE_MEM_AUTH_MODE": "local-dev"}, "CLAUDE_MEM_AUTH_MODE"),
    ],
)
def test_a_server_that_anybody_could_reach_without_a_key_does_not_start(
    shell, more, named
):
    done = shell("server", "start", "--daemon", CLAUDE_MEM_HOST="0.0.0.0", **more)  # noqa: S104

    assert done.code == 78
    assert done.err.count("\n") == 1
    assert named in done.err


def test_the_mode_without_keys_is_told_at_the_start_and_in_the_status(shell):
    child = shell.serve(CLAUDE_MEM_AUTH_MODE="local-dev")

    assert shell("server", "status", "--json").json["authMode"] == "local-dev"

    child.send_signal(signal.SIGTERM)
    _, told = child.communicate(timeout=30)
    assert "local-dev" in told
