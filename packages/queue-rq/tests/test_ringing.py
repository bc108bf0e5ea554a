# SPDX-License-Identifier: Apache-2.0
"""A ring costs nobody a wait, tells Redis an id and nothing else, and is not lost."""

from __future__ import annotations

import json
import os
import threading
import zlib

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.threads import until
from claude_mem_core.domain.generation_job import queued_job
from claude_mem_queue_rq import lanes, ringer
from claude_mem_queue_rq.lanes import LANES, ring_id
from claude_mem_queue_rq.ringer import Ringer
from rq.defaults import RQ_KEY_PREFIX

SOON = 20.0


def waiting(client, lane="event"):
    return client.lrange(f"{RQ_KEY_PREFIX}:queue:{lane}", 0, -1)


def job(client, job_id):
    return client.hgetall(f"{RQ_KEY_PREFIX}:job:{job_id.decode()}")


@pytest.mark.parametrize("kind", LANES)
def test_a_ring_waits_in_the_lane_of_its_kind(engine, client, kind):
    engine.ring("session", kind=kind)
    until(lambda: len(waiting(client, kind)) == 1, SOON)
    assert [len(waiting(client, lane)) for lane in LANES].count(0) == len(LANES) - 1


def test_all_that_a_ring_tells_redis_is_the_id_of_its_session(engine, client):
    engine.ring("session")
    until(lambda: waiting(client), SOON)
    (job_id,) = waiting(client)
    told = job(client, job_id)
    call = json.loads(zlib.decompress(told.pop(b"data")))
    assert call == ["claude_mem_queue_rq.jobs.drain", None, ["session"], {}]
    assert told.pop(b"description") == job_id
    assert {name for name, value in told.items() if value} == {
        b"created_at", b"enqueued_at", b"failure_ttl", b"origin", b"result_ttl",
        b"status", b"timeout", b"ttl",
    }  # fmt: skip


def test_a_ring_is_soon_forgotten_by_redis(engine, client):
    engine.ring("session")
    until(lambda: waiting(client), SOON)
    (job_id,) = waiting(client)
    told = job(client, job_id)
    assert 0 < client.ttl(f"{RQ_KEY_PREFIX}:job:{job_id.decode()}") <= 60
    assert (told[b"result_ttl"], told[b"failure_ttl"]) == (b"0", b"60")


def test_an_id_has_what_rq_allows_and_does_not_come_twice():
    ids = {ring_id("session", nonce) for nonce in "ab"} | {ring_id("other", "a")}
    assert len(ids) == 3
    assert all(one.startswith("ses_") and one[4:].isalnum() for one in ids)


def test_a_ring_between_the_last_look_of_a_drain_and_the_end_of_its_job_is_heard(
    engine, storage, client, working
):
    looked, rung = threading.Event(), threading.Event()
    done = []

    def drain(session_id):
        while claim := engine.claim(session_id=session_id):
            with storage.begin() as tx:
                tx.jobs.settle(claim, now=claim.lease_until_epoch)
            done.append(claim.job.source_id)
        looked.set()
        rung.wait(SOON)

    working(engine, drain)
    until(lambda: client.exists(f"{RQ_KEY_PREFIX}:worker:keeper"), SOON)
    engine.enqueue(samples.job_draft("first"))
    assert looked.wait(SOON)
    while_it_was_at_work = samples.job_draft("second")
    engine.enqueue(while_it_was_at_work)
    until(lambda: waiting(client), SOON)
    rung.set()
    until(lambda: done == ["first", "second"], SOON)


def test_a_full_lane_takes_no_more(engine, client, monkeypatch):
    monkeypatch.setattr(lanes, "MOST_RINGS", 3)
    for number in range(9):
        engine.ring(f"session-{number}")
    engine.ring("session", kind="summary")
    until(lambda: waiting(client, "summary"), SOON)
    assert len(waiting(client)) == 3


def test_whoever_rings_does_not_wait_for_redis():
    hung, handed = threading.Event(), []

    def put(rings):
        hung.wait(SOON)
        handed.extend(rings)

    ringing = Ringer(put, str)
    for session in "abcabc":
        ringing.add(("event", session))
    assert handed == []
    hung.set()
    ringing.close()
    assert {session for _, session in handed} == set("abc")


def test_what_waits_for_redis_is_kept_once(open_engine, valkey):
    engine = open_engine(valkey.url)
    valkey.kill()
    for _ in range(50):
        engine.ring("one")
        engine.ring("other")
    until(lambda: engine.health().problem, SOON)
    valkey.restart()
    until(lambda: engine.health().problem is None, SOON)
    until(lambda: len(waiting(valkey.client())) >= 2, SOON)
    assert len(waiting(valkey.client())) <= 4


def test_what_could_not_be_handed_over_is_tried_again_first():
    handed, fails = [], [True]

    def put(rings):
        if fails:
            fails.pop()
            raise OSError("away")
        handed.extend(rings)

    ringing = Ringer(put, str)
    ringing.add(("event", "first"))
    until(lambda: ringing.problem == "away", SOON)
    ringing.add(("event", "second"))
    until(lambda: len(handed) == 2, SOON)
    assert [session for _, session in handed] == ["first", "second"]
    assert ringing.problem is None
    ringing.close()


def test_what_is_kept_for_redis_has_a_bound(monkeypatch):
    monkeypatch.setattr(ringer, "MOST_HELD", 5)
    handed, tries = [], []
    trying, is_back = threading.Event(), threading.Event()

    def put(rings):
        tries.append(rings)
        trying.wait(SOON)
        if not is_back.is_set():
            raise OSError("away")
        handed.extend(rings)

    ringing = Ringer(put, str)
    ringing.add(("event", "first"))
    until(lambda: bool(tries), SOON)
    for number in range(100):
        ringing.add(("event", f"while it tries {number}"))
    trying.set()
    until(lambda: ringing.problem, SOON)
    for number in range(100):
        ringing.add(("event", f"later {number}"))
    is_back.set()
    ringing.close()
    assert len(handed) == 5
    assert handed[0] == ("event", "first")


def test_closing_hands_over_what_is_held(open_engine, client, shared_url):
    engine = open_engine(shared_url)
    for number in range(250):
        engine.ring(f"session-{number}")
    engine.close()
    assert len(waiting(client)) == 250


def test_a_closed_engine_rings_for_nobody(open_engine, client, shared_url):
    engine = open_engine(shared_url)
    engine.close()
    engine.ring("session")
    engine.close()
    assert waiting(client) == []


def test_a_forked_process_rings_by_itself(engine, client):
    engine.ring("before")
    until(lambda: len(waiting(client)) == 1, SOON)
    child = os.fork()
    if child == 0:
        try:
            engine.ring("of the child")
            engine.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert len(waiting(client)) == 2
    engine.ring("after")
    until(lambda: len(waiting(client)) == 3, SOON)


def test_work_without_a_bell_stands_in_the_ledger(open_engine, valkey, storage):
    engine = open_engine(valkey.url)
    valkey.kill()
    assert engine.enqueue(samples.job_draft("one"))
    assert engine.depth() == 1
    with storage.begin() as tx:
        assert not tx.jobs.add(queued_job(samples.job_draft("one"), now=0))
