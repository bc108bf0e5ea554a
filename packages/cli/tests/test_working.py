# SPDX-License-Identifier: Apache-2.0
"""A worker is a process of its own, with a name that nobody else has."""

from __future__ import annotations

import json
import signal
import time

import pytest
from claude_mem_cli import working
from claude_mem_core.errors import InvalidInputError

pytestmark = pytest.mark.needs("claude_mem_http_falcon", "claude_mem_storage_sqlite")

TAKES_ONLY = {"CLAUDE_MEM_GENERATION_DISABLED": "true"}


@pytest.fixture
def taken_in(shell, hooks):
    """A server that only takes events in, with a few of them; its process."""
    child = shell.serve(**TAKES_ONLY)
    told = shell("ingest", str(hooks)).err
    assert "generation worker" in told
    assert "kept and wait: run claude-mem server worker" in told
    return child


def worker(shell, *args, **env):
    """A worker that has said that it is there; its process and what it said."""
    child = shell.spawn("server", "worker", "--json", *args, **env)
    return child, json.loads(child.stdout.readline())


def status_until(shell, holds):
    """The server's status, asked for until something holds."""
    end = time.monotonic() + 20
    while True:
        told = shell("server", "status", "--json").json
        if holds(told):
            return told
        assert time.monotonic() < end, told


def test_a_server_that_only_takes_in_leaves_the_work_to_a_worker(shell, taken_in):
    assert taken_in.poll() is None
    told = shell("server", "status", "--json").json
    assert told["generationWorker"]["status"] == "disabled"
    assert "no worker was heard of" in told["generationWorker"]["details"]["reason"]
    assert told["queueDepth"] > 0
    lanes = told["queueLanes"].values()
    assert sum(lane["depth"] for lane in lanes) == told["queueDepth"]
    assert "event " in shell("server", "status").out

    child, record = worker(shell, "--name", "w1")
    assert (record["id"], record["pid"]) == ("w1", child.pid)

    done = status_until(shell, lambda told: told["queueDepth"] == 0)
    assert done["generationWorker"]["status"] == "active"
    assert [one["name"] for one in done["generationWorker"]["details"]["workers"]] == [
        "w1"
    ]
    assert "worker w1: active" in shell("server", "status").out
    found = shell("search", "decimal comma", "--json").json
    assert found["memories"]

    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0
    left = shell("server", "status", "--json").json
    assert left["generationWorker"]["status"] == "disabled"


def test_a_second_worker_of_one_name_is_refused_and_one_of_another_is_not(shell):
    first, _ = worker(shell, "--name", "w1")

    second = shell("server", "worker", "--name", "w1", "--json")
    assert second.code == 1
    assert f"pid {first.pid}" in second.json["message"]
    assert "another name" in second.err

    other, _ = worker(shell, "--name", "w2")
    for child in (first, other):
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0


def test_the_name_of_a_killed_worker_is_free_at_once(shell):
    first, _ = worker(shell, "--name", "w1")
    first.kill()
    first.wait(20)

    again, record = worker(shell, "--name", "w1")

    assert record["pid"] == again.pid
    assert again.poll() is None


def test_a_burst_does_what_waits_and_ends(shell, taken_in):
    taken_in.send_signal(signal.SIGTERM)
    assert taken_in.wait(20) == 0

    done = shell("server", "worker", "--burst", "--json")
    assert done.code == 0
    assert done.json["worked"] > 0
    assert shell("server", "worker", "--burst").out == "Did 0 jobs.\n"


def test_a_worker_of_an_engine_that_is_not_there_does_not_start(shell):
    refused = shell("server", "worker", "--engine", "horse")
    assert refused.code == 78
    assert "horse" in refused.err


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 65, "é"])
def test_a_name_that_could_be_no_files_name_is_refused(tmp_path, name):
    with (
        pytest.raises(InvalidInputError, match="--name"),
        working.sole_worker(tmp_path, name),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_own_names_are_names(tmp_path):
    with working.sole_worker(tmp_path, working.own_name()):
        assert len(list((tmp_path / working.LOCKS).iterdir())) == 1
