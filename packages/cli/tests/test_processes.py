# SPDX-License-Identifier: Apache-2.0
"""Whether a process lives, and is still the same."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from claude_mem_cli import processes

SLEEPER = [sys.executable, "-c", "import sys; sys.stdin.read()"]


def test_a_process_keeps_its_token_and_another_has_another():
    mine = processes.start_token(os.getpid())
    with subprocess.Popen(SLEEPER, stdin=subprocess.PIPE) as child:
        other = processes.start_token(child.pid)
        child.stdin.close()
    assert mine is not None
    assert mine == processes.start_token(os.getpid())
    assert other not in (None, mine)


def test_a_process_that_ended_has_no_token():
    child = subprocess.Popen(SLEEPER, stdin=subprocess.DEVNULL)
    child.wait()
    assert processes.start_token(child.pid) is None


def test_a_process_that_waits_for_its_parent_to_notice_counts_as_ended():
    child = subprocess.Popen(SLEEPER, stdin=subprocess.DEVNULL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert processes.start_token(child.pid) is None
    finally:
        child.wait()


def test_ps_tells_processes_apart_where_there_is_no_proc(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROC", tmp_path)
    child = subprocess.Popen(SLEEPER, stdin=subprocess.DEVNULL)
    child.wait()
    assert processes.start_token(os.getpid()) is not None
    assert processes.start_token(child.pid) is None


def test_the_process_that_listens_on_a_port_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert processes.listener(port) == os.getpid()
    assert processes.listener(port) is None


def test_without_proc_nobody_is_said_to_listen(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROC", tmp_path)
    assert processes.listener(80) is None
