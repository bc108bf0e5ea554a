# SPDX-License-Identifier: Apache-2.0
"""A worker outlives everything that happens to Redis, and says honestly that it is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.threads import until
from claude_mem_core.domain.generation_job import queued_job
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import ConflictError, QueueError
from claude_mem_queue_rq import worker as worker_module
from rq.defaults import RQ_KEY_PREFIX
from rq.utils import utcparse

SOON = 20.0
LIST = f"{RQ_KEY_PREFIX}:workers"
KEEPER = f"{RQ_KEY_PREFIX}:worker:keeper"


def is_listed(client):
    return client.sismember(LIST, KEEPER) and client.hexists(KEEPER, "last_heartbeat")


def kill(valkey):
    valkey.restart()


def empty(valkey):
    valkey.restart(keep=False)


def flush(valkey):
    valkey.flush()


@pytest.mark.parametrize("mishap", [kill, empty, flush])
def test_a_worker_goes_on_after(open_engine, valkey, working, monkeypatch, mishap):
    monkeypatch.setattr(worker_module, "BEAT_EVERY", 0.05)
    engine, drained = open_engine(valkey.url), []
    _, worker = working(engine, drained.append)
    engine.ring("before")
    until(lambda: drained == ["before"], SOON)
    mishap(valkey)
    engine.ring("after")
    until(lambda: drained == ["before", "after"], SOON)
    until(lambda: is_listed(valkey.client()), SOON)
    until(lambda: engine.health().problem is None, SOON)
    assert not worker.done()


def test_a_worker_waits_for_a_redis_that_is_away(open_engine, valkey, working):
    engine, drained = open_engine(valkey.url), []
    _, worker = working(engine, drained.append)
    engine.ring("before")
    until(lambda: drained == ["before"], SOON)
    valkey.kill()
    until(lambda: engine.health().problem, SOON)
    engine.ring("meanwhile")
    assert not worker.done()
    valkey.restart(keep=False)
    until(lambda: "meanwhile" in drained, SOON)
    until(lambda: engine.health().problem is None, SOON)


def test_a_worker_waits_for_a_redis_that_hangs(open_engine, valkey, working):
    engine, drained = open_engine(valkey.url), []
    _, worker = working(engine, drained.append)
    engine.ring("before")
    until(lambda: drained == ["before"], SOON)
    valkey.server.send_signal(signal.SIGSTOP)
    engine.ring("meanwhile")
    until(lambda: engine.health().problem, SOON)
    assert not worker.done()
    valkey.server.send_signal(signal.SIGCONT)
    until(lambda: "meanwhile" in drained, SOON)
    until(lambda: engine.health().problem is None, SOON)


def test_a_worker_stops_although_redis_is_away(open_engine, valkey, working):
    engine, drained = open_engine(valkey.url), []
    stop, worker = working(engine, drained.append)
    engine.ring("before")
    until(lambda: bool(drained), SOON)
    valkey.kill()
    stop.set()
    worker.result(SOON)


def test_a_redis_without_room_is_a_problem_until_it_has_some(
    open_engine, valkey, working
):
    engine, drained = open_engine(valkey.url), []
    working(engine, drained.append)
    engine.ring("before")
    until(lambda: drained == ["before"], SOON)
    valkey.client().config_set("maxmemory", 1)
    engine.ring("meanwhile")
    until(lambda: engine.health().problem, SOON)
    assert "maxmemory" in engine.health().problem
    valkey.client().config_set("maxmemory", 0)
    until(lambda: "meanwhile" in drained, SOON)
    until(lambda: engine.health().problem is None, SOON)


def test_a_worker_looks_at_what_waits_when_it_comes(engine, storage, client, working):
    with storage.begin() as tx:
        tx.jobs.add(queued_job(samples.job_draft("unheard"), now=0))
    drained = []
    working(engine, drained.append)
    until(lambda: drained == ["session"], SOON)
    assert client.exists(KEEPER)


def test_a_worker_looks_at_what_waits_when_redis_was_away(
    open_engine, valkey, storage, working
):
    engine, drained = open_engine(valkey.url), []
    working(engine, drained.append)
    engine.ring("before")
    until(lambda: drained == ["before"], SOON)
    valkey.kill()
    with storage.begin() as tx:
        tx.jobs.add(queued_job(samples.job_draft("unheard"), now=0))
    valkey.restart(keep=False)
    until(lambda: drained == ["before", "session"], SOON)


def test_the_lanes_are_looked_into_in_their_order(engine, client, working):
    kinds = ["reindex", "summary", "event-batch", "event"]
    for kind in kinds:
        engine.ring(kind, kind=kind)
    lanes = [f"{RQ_KEY_PREFIX}:queue:{kind}" for kind in kinds]
    until(lambda: all(client.llen(lane) for lane in lanes), SOON)
    drained = []
    working(engine, drained.append)
    until(lambda: len(drained) == len(kinds), SOON)
    assert drained == kinds[::-1]


def test_no_work_is_stranded_and_none_out_of_order_however_many_work(
    engine, storage, working
):
    done = {"session": [], "other-session": []}

    def drain(session_id):
        while claim := engine.claim(session_id=session_id):
            with storage.begin() as tx:
                tx.jobs.settle(claim, now=claim.lease_until_epoch)
                done[session_id].append(claim.job.source_id)

    for name in "abc":
        working(engine, drain, name=name)
    names = [f"{number:03d}" for number in range(150)]
    for name in names:
        engine.enqueue(samples.job_draft(name))
        engine.enqueue(samples.job_draft(f"other {name}", **samples.ELSEWHERE))
    until(lambda: engine.depth() == 0, SOON)
    assert done["session"] == names
    assert done["other-session"] == [f"other {name}" for name in names]


def test_a_name_is_one_live_workers(engine, client, working):
    working(engine, print)
    until(lambda: is_listed(client), SOON)
    with pytest.raises(ConflictError, match="'keeper'"):
        engine.run_worker(print, name="keeper", stop=StopSignal())
    assert is_listed(client)


def test_a_name_on_another_machine_is_taken_until_redis_forgets_it(
    engine, client, working
):
    client.hset(KEEPER, mapping={"hostname": "elsewhere", "pid": 1})
    with pytest.raises(ConflictError):
        engine.run_worker(print, name="keeper", stop=StopSignal())
    client.delete(KEEPER)
    working(engine, print)
    until(lambda: is_listed(client), SOON)


def test_the_name_of_a_killed_worker_is_free(engine, client, working):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = os.uname().nodename
    client.hset(KEEPER, mapping={"hostname": host, "pid": dead.pid})
    working(engine, print)
    until(lambda: is_listed(client), SOON)


def test_the_name_of_a_worker_that_had_our_number_is_free(engine, client, working):
    client.hset(KEEPER, mapping={"hostname": os.uname().nodename, "pid": os.getpid()})
    working(engine, print)
    until(lambda: is_listed(client), SOON)


def test_a_worker_that_ends_leaves_the_list_and_its_name(engine, client, working):
    stop, worker = working(engine, print)
    until(lambda: is_listed(client), SOON)
    stop.set()
    worker.result(SOON)
    assert not client.sismember(LIST, KEEPER)
    working(engine, print)
    until(lambda: is_listed(client), SOON)


def test_a_worker_cannot_start_without_redis(open_engine, valkey):
    engine = open_engine(valkey.url)
    valkey.kill()
    with pytest.raises(QueueError, match=r"127\.0\.0\.1"):
        engine.run_worker(print, name="keeper", stop=StopSignal())


def test_a_worker_is_heard_of_however_long_a_drain_takes(
    engine, client, working, monkeypatch
):
    monkeypatch.setattr(worker_module, "BEAT_EVERY", 0.05)
    begun, ended = threading.Event(), threading.Event()

    def drain(_):
        begun.set()
        ended.wait(SOON)

    working(engine, drain)
    engine.ring("session")
    assert begun.wait(SOON)
    before = utcparse(client.hget(KEEPER, "last_heartbeat").decode())
    until(
        lambda: utcparse(client.hget(KEEPER, "last_heartbeat").decode()) > before, SOON
    )
    assert 0 < client.ttl(KEEPER) <= 30
    ended.set()


def test_a_worker_that_is_killed_at_work_is_soon_forgotten(engine, client, working):
    begun, ended = threading.Event(), threading.Event()

    def drain(_):
        begun.set()
        ended.wait(SOON)

    working(engine, drain)
    engine.ring("session")
    assert begun.wait(SOON)
    assert 0 < client.ttl(KEEPER) <= 30
    ended.set()


def test_workers_beat_often_enough_to_be_counted():
    assert worker_module.BEAT_EVERY < 15
    assert 2 * worker_module.BEAT_EVERY < worker_module.FORGET_AFTER


def test_a_worker_heeds_no_order_that_comes_through_redis(engine, client, working):
    drained = []
    _, worker = working(engine, drained.append)
    until(lambda: is_listed(client), SOON)
    heard = client.publish(f"{RQ_KEY_PREFIX}:pubsub:keeper", '{"command": "shutdown"}')
    client.set(f"{RQ_KEY_PREFIX}:suspended", 1)
    engine.ring("session")
    until(lambda: drained == ["session"], SOON)
    assert heard == 0
    assert not worker.done()


def test_a_worker_leaves_the_signals_of_its_process_alone(engine, client, working):
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = [signal.getsignal(kind) for kind in kinds]
    drained = []
    working(engine, drained.append)
    engine.ring("session")
    until(lambda: drained == ["session"], SOON)
    assert [signal.getsignal(kind) for kind in kinds] == before
    assert client.exists(KEEPER)


def test_every_work_is_done_in_the_process_of_the_worker(engine, working):
    pids = []
    working(engine, lambda _: pids.append(os.getpid()))
    engine.ring("session")
    until(lambda: pids == [os.getpid()], SOON)


def test_a_failed_drain_is_the_workers_problem_until_one_succeeds(engine, working):
    fails = [True]

    def drain(_):
        if fails:
            raise OSError("secret of a session")

    _, worker = working(engine, drain)
    engine.ring("session")
    until(lambda: engine.health().problem, SOON)
    assert engine.health().problem == "draining a session failed: OSError"
    fails.clear()
    engine.ring("session")
    until(lambda: engine.health().problem is None, SOON)
    assert not worker.done()


def test_garbage_in_rqs_own_registries_does_not_end_a_worker(engine, client, working):
    client.zadd(f"{RQ_KEY_PREFIX}:wip:event", {"no composite key": 1, b"\xff": 1})
    client.set(f"{RQ_KEY_PREFIX}:failed:event", "no set")
    drained = []
    working(engine, drained.append)
    engine.ring("session")
    until(lambda: drained == ["session"], SOON)
    assert engine.health().problem is None
