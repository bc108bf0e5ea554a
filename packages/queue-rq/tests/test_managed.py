# SPDX-License-Identifier: Apache-2.0
"""A managed server starts with the first process of a data folder and ends with it."""

from __future__ import annotations

import importlib.util
import os
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import redis
from claude_mem_core.errors import ConfigurationError, QueueError
from claude_mem_queue_rq import managed
from claude_mem_queue_rq.health import Probe
from claude_mem_queue_rq.managed import ManagedServer

SOON = 20.0
OWNER = """
import sys
from pathlib import Path
from claude_mem_queue_rq.managed import ManagedServer
server = ManagedServer.of(Path(sys.argv[1]))
with server.address.client(timeout=2) as client:
    client.set("kept", "1")
print(server.is_owner, flush=True)
sys.stdin.read()
server.close()
"""


@pytest.fixture
def serve(tmp_path):
    """Opens the server of the test's folder; what it opened is closed at the end."""
    opened = []

    def serve_(folder=tmp_path):
        opened.append(ManagedServer.of(folder))
        return opened[-1]

    yield serve_
    for server in opened:
        server.close()


FORKING = OWNER.replace(
    "sys.stdin.read()",
    # In one write each: neither gets between another's number and its line's end.
    'import os\nos.write(1, f"{os.fork()}\\n".encode())\nsys.stdin.read()',
)


@pytest.fixture
def start(tmp_path):
    """Starts other processes that use the server; none of them outlives the test."""
    started = []

    def start_(script=OWNER):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start_
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def owner(start):
    """Another process, which owns the server."""
    process = start()
    assert process.stdout.readline() == "True\n"
    return process


def answers(server):
    with server.address.client(timeout=2) as client:
        try:
            return client.ping()
        except redis.RedisError:
            return False


def setting(server, name):
    with server.address.client(timeout=2) as client:
        return client.config_get(name)[name]


def test_a_server_is_there_for_its_user_alone(serve, tmp_path):
    server = serve()
    assert server.is_owner
    assert server.address.shown == str(tmp_path / "redis" / "valkey.sock")
    assert stat.S_IMODE((tmp_path / "redis").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "redis" / "valkey.sock").stat().st_mode) == 0o700
    assert setting(server, "port") == "0"


def test_a_server_forgets_nothing_on_purpose(serve):
    server = serve()
    assert setting(server, "appendonly") == "yes"
    assert setting(server, "appendfsync") == "everysec"
    assert setting(server, "maxmemory-policy") == "noeviction"


def test_a_server_ends_with_its_owner(serve, tmp_path):
    server = serve()
    server.close()
    assert not answers(server)
    assert not (tmp_path / "redis" / "valkey.sock").exists()
    server.close()


def test_a_second_engine_of_a_process_does_not_end_the_server(serve):
    serve()
    server = serve()
    assert not server.is_owner
    server.close()
    assert answers(server)


def test_the_second_process_uses_the_server_of_the_first(serve, owner):
    server = serve()
    assert not server.is_owner
    with server.address.client(timeout=2) as client:
        assert client.get("kept") == b"1"
    server.close()
    assert answers(server)
    owner.communicate("", timeout=SOON)
    assert not answers(server)


def test_the_server_of_a_killed_owner_is_taken_over(serve, owner):
    owner.kill()
    owner.wait(SOON)
    server = serve()
    assert server.is_owner
    with server.address.client(timeout=2) as client:
        assert client.get("kept") == b"1"
    server.close()
    assert not answers(server)


def test_a_forked_process_does_not_keep_the_server_of_a_killed_parent(serve, start):
    parent = start(FORKING)
    assert parent.stdout.readline() == "True\n"
    # Both say what they are, so that the child is there when its parent goes.
    child = max(int(parent.stdout.readline()) for _ in range(2))
    parent.kill()
    parent.wait(SOON)
    is_owner = serve().is_owner
    os.kill(child, signal.SIGKILL)
    assert is_owner


def test_a_killed_server_starts_anew_with_what_it_held(serve):
    server = serve()
    with server.address.client(timeout=2) as client:
        client.set("kept", "1")
        client.bgrewriteaof()
        client.waitaof(1, 0, 2000)
    server._process.send_signal(signal.SIGKILL)
    server._process.wait(SOON)
    server.close()
    with serve().address.client(timeout=2) as client:
        assert client.get("kept") == b"1"


def test_a_killed_server_is_told_with_what_brings_it_back(serve):
    server = serve()
    with closing(Probe(server.address)) as probe:
        server._process.send_signal(signal.SIGKILL)
        server._process.wait(SOON)
        assert "the process that started it is restarted" in probe.look().problem


def test_a_forked_process_does_not_end_the_server_of_its_parent(serve):
    server = serve()
    child = os.fork()
    if child == 0:
        try:
            server.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert answers(server)


def test_a_long_path_does_not_keep_a_server_from_listening(serve, tmp_path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    server = serve(folder)
    place = Path(server.address.shown).parent
    assert len(server.address.shown) <= 100
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert answers(server)
    server.close()
    place.rmdir()


def test_a_place_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "redis").symlink_to(tmp_path / "theirs")
    with pytest.raises(ConfigurationError, match="somebody else"):
        ManagedServer.of(tmp_path)


def test_without_a_program_it_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="install Valkey"):
        ManagedServer.of(tmp_path)


def test_a_server_that_ends_at_once_says_where_the_reason_is(tmp_path, monkeypatch):
    program = tmp_path / "valkey-server"
    program.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(managed, "program", lambda: str(program))
    with pytest.raises(QueueError, match=r"valkey\.log says why"):
        ManagedServer.of(tmp_path)
    assert "no room" in (tmp_path / "redis" / "valkey.log").read_text()


def test_the_program_in_the_path_is_preferred(tmp_path, monkeypatch):
    program = tmp_path / "redis-server"
    program.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert managed.program() == str(program)


def test_two_that_start_together_share_one_server(start, tmp_path):
    both = [start(), start()]
    owners = [process.stdout.readline() for process in both]
    assert sorted(owners) == ["False\n", "True\n"]
    for owns in ("False\n", "True\n"):
        both[owners.index(owns)].communicate("", timeout=SOON)
    assert not (tmp_path / "redis" / "valkey.sock").exists()
