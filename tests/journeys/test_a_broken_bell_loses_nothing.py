# SPDX-License-Identifier: Apache-2.0
"""Redis is a bell: killed, emptied, away, full or fed with garbage it costs time only."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from clients import Client, Clients, events, new_project, wait_until_done
from evidence import UNFINISHED, faults, most_at_once, rows
from hostile import QUEUE, feed
from machine import COMMAND, Machine
from size import SIZE
from valkey import Valkey
from workers import Worker, dismiss, hire

pytestmark = [pytest.mark.sized, pytest.mark.timeout(1800)]

SESSIONS, TURNS, EVENTS_OF_A_TURN = 8, SIZE.bell_turns, 6
HANDS = 2
DRAINED_WITHIN = 60.0
"""Seconds after the bell is back until nothing is left to do."""

MEMORIES_OF_TURNS = "SELECT count(*) FROM memory_items WHERE kind = 'observation'"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A bell that can be broken."""
    server = Valkey.start(tmp_path / "valkey")
    yield server
    server.stop()


@pytest.fixture
def site(machine: Machine, valkey: Valkey) -> Machine:
    """A machine with a server and workers that hear that bell."""
    machine.env["CLAUDE_MEM_QUEUE_ENGINE"] = "rq"
    machine.env["CLAUDE_MEM_REDIS_URL"] = valkey.url
    machine.start()
    return machine


@pytest.fixture
def hands(site: Machine) -> list[Worker]:
    """Workers that are at work."""
    return [hire(site, f"w{number}") for number in range(HANDS)]


def test_a_bell_that_is_killed_again_and_again(
    site: Machine, valkey: Valkey, hands: list[Worker], seed: int
):
    chance = random.Random(seed)

    def kill() -> None:
        time.sleep(chance.uniform(0.05, 0.3))
        valkey.kill()
        time.sleep(chance.uniform(0, 0.2))
        valkey.restart()

    _while_events_come(site, hands, kill, SIZE.redis_kills)


def test_a_bell_that_is_emptied_again_and_again(
    site: Machine, valkey: Valkey, hands: list[Worker], seed: int
):
    chance = random.Random(seed)

    def flush() -> None:
        time.sleep(chance.uniform(0.05, 0.5))
        valkey.flush()

    _while_events_come(site, hands, flush, SIZE.redis_losses)


def test_a_bell_that_comes_back_with_nothing(
    site: Machine, valkey: Valkey, hands: list[Worker], seed: int
):
    chance = random.Random(seed)

    def forget() -> None:
        time.sleep(chance.uniform(0.05, 0.5))
        valkey.restart(keep=False)

    _while_events_come(site, hands, forget, SIZE.redis_losses)


def test_a_bell_that_is_away_while_events_come_in(
    site: Machine, valkey: Valkey, hands: list[Worker]
):
    def be_away() -> None:
        valkey.kill()
        _await(lambda: "queue" in _issues(site))
        assert _send_one(site)
        time.sleep(SIZE.redis_down_seconds)
        assert "queue" in _issues(site)
        valkey.restart()
        _await(lambda: _issues(site) == [])

    _while_events_come(site, hands, be_away, 1)


def test_a_bell_that_is_full(site: Machine, valkey: Valkey, hands: list[Worker]):
    client = valkey.client()

    def be_full() -> None:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 200_000)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            _fill(client)
        assert _send_one(site)
        _await(lambda: "queue" in _issues(site))
        client.config_set("maxmemory", 0)
        _await(lambda: _issues(site) == [])

    _while_events_come(site, hands, be_full, 1)


def test_a_bell_that_is_fed_with_garbage(
    site: Machine, valkey: Valkey, hands: list[Worker], seed: int, tmp_path: Path
):
    marker = tmp_path / "somebody was here"
    chance, client = random.Random(seed), valkey.client()

    def be_fed() -> None:
        feed(client, SIZE.hostile_jobs, marker=marker, chance=chance)
        # Each is looked at before it is refused, and that takes its time.
        _await(lambda: client.llen(QUEUE) == 0, seconds=SIZE.hostile_jobs / 10)

    _while_events_come(site, hands, be_fed, 1)

    assert not marker.exists()


def test_a_server_without_its_bell_does_not_start_and_says_what_to_do(
    machine: Machine, valkey: Valkey
):
    machine.env["CLAUDE_MEM_QUEUE_ENGINE"] = "rq"
    machine.env["CLAUDE_MEM_REDIS_URL"] = valkey.url
    valkey.kill()

    for words in (["server", "start"], ["server", "worker"]):
        refused = machine.run(*words, check=False)
        assert refused.returncode == 69
        (line,) = [one for one in refused.stderr.splitlines() if "Error" in one]
        assert f"127.0.0.1:{valkey.port}" in line
        assert "CLAUDE_MEM_QUEUE_ENGINE=sqlite" in line


def test_rqs_own_worker_makes_memories_of_what_a_server_takes_in(
    site: Machine, valkey: Valkey
):
    lanes = ["event", "event-batch", "summary", "reindex"]
    classes = ["--job-class", "claude_mem_queue_rq.jobs.SessionJob"]
    classes += ["--queue-class", "claude_mem_queue_rq.jobs.SessionQueue"]
    site.env["RQ_KEY_PREFIX"] = "claude-mem"
    options = ["--url", valkey.url, "--serializer", "json", "--worker-ttl", "30"]
    rq = str(Path(COMMAND).with_name("rq"))
    worker = site.spawn("worker", *options, *classes, *lanes, command=rq)
    _await(lambda: _issues(site) == [])
    clients = _clients(site)
    with clients.at_work():
        pass
    wait_until_done(site, seconds=DRAINED_WITHIN)
    dismiss(worker)
    assert site.stop() == 0

    assert faults(site, clients.acknowledged) == []
    assert rows(site, UNFINISHED) == []
    assert rows(site, MEMORIES_OF_TURNS) == [(SESSIONS * TURNS,)]


def _while_events_come(
    site: Machine, hands: list[Worker], harm: Callable[[], None], times: int
) -> None:
    """Do the bell some harm while events come in, and see that nothing came of it."""
    clients = _clients(site)
    with clients.at_work():
        for _ in range(times):
            harm()
    wait_until_done(site, seconds=DRAINED_WITHIN)
    for worker in hands:
        dismiss(worker)
    assert site.stop() == 0

    assert clients.refused == []
    assert len(clients.acknowledged) == SESSIONS * TURNS * EVENTS_OF_A_TURN
    assert faults(site, clients.acknowledged) == []
    assert rows(site, UNFINISHED) == []
    assert rows(site, MEMORIES_OF_TURNS) == [(SESSIONS * TURNS,)]
    assert most_at_once(site) >= HANDS


def _clients(site: Machine) -> Clients:
    project_id = new_project(site)
    names = [f"s{number}" for number in range(SESSIONS)]
    return Clients(site, [events(one, TURNS, project_id=project_id) for one in names])


def _send_one(site: Machine) -> bool:
    """Whether an event of another project is acknowledged."""
    project_id = new_project(site, "another")
    client = Client(site)
    batch = [next(events("extra", 1, project_id=project_id))]
    try:
        return client.send(batch, until=threading.Event())
    finally:
        client.close()


def _fill(client: redis.Redis) -> None:
    """Put ballast in until nothing more is taken."""
    for number in range(1_000):
        client.set(f"ballast-{number}", "x" * 10_000)


def _issues(site: Machine) -> list[str]:
    """What `/readyz` finds wanting."""
    _, answer = site.call("GET", "/readyz")
    return [issue["field"] for issue in answer.get("issues", ())]


@contextmanager
def _patience(seconds: float) -> Iterator[Callable[[], None]]:
    end = time.monotonic() + seconds

    def check() -> None:
        assert time.monotonic() < end, f"it does not hold after {seconds:g} s"
        time.sleep(0.05)

    yield check


def _await(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    with _patience(seconds) as check:
        while not holds():
            check()
