# SPDX-License-Identifier: Apache-2.0
"""Whoever can write to Redis can wake a worker, and make it do nothing else."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from claude_mem_conformance.threads import until
from claude_mem_core.errors import StorageError
from claude_mem_queue_rq.jobs import FUNCTION, SessionJob, SessionQueue
from rq.defaults import RQ_KEY_PREFIX
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.registry import clean_registries

SOON = 20.0
SAID = "what an agent said in confidence"


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def call(function, *args, instance=None, **kwargs):
    return zlib.compress(json.dumps([function, instance, args, kwargs]).encode())


def hostile_data(marker):
    touch = f"touch {marker}"
    return {
        "a pickle bomb": pickle.dumps(Bomb(marker)),
        "a packed pickle bomb": zlib.compress(pickle.dumps(Bomb(marker))),
        "the shell": call("os.system", touch),
        "a method": call("system", touch, instance="os"),
        "an unknown function": call("nobody.knows.this"),
        "our module's import": call("claude_mem_queue_rq.jobs.os.system", touch),
        "an argument too many": call(FUNCTION, "session", touch),
        "no argument": call(FUNCTION),
        "a number": call(FUNCTION, 7),
        "a list": call(FUNCTION, ["session"]),
        "a long id": call(FUNCTION, "x" * 257),
        "an empty id": call(FUNCTION, ""),
        "an id with a line's end": call(FUNCTION, "session\nINFO all is well"),
        "keywords": call(FUNCTION, "session", touch=1),
        "no call": zlib.compress(b"7"),
        "deep nesting": zlib.compress(b"[" * 4000),
        "a packed giant": zlib.compress(b"[" + b" " * 10_000_000 + b"]"),
        "a plain giant": b" " * 1_000_000,
        "nothing": b"",
    }


@pytest.fixture
def push(client):
    """Puts a hash into Redis as a job, and rings for it."""

    def push_(fields, job_id="hostile", lane="event"):
        client.hset(f"{RQ_KEY_PREFIX}:job:{job_id}", mapping=fields)
        client.rpush(f"{RQ_KEY_PREFIX}:queue:{lane}", job_id)

    return push_


@pytest.fixture
def fill(client, push, tmp_path):
    """Fills a lane with everything that is hostile; the file that none may make."""
    marker = tmp_path / "marker"
    draw = random.Random(7)
    for number, data in enumerate(hostile_data(marker).values()):
        push({"data": data, "origin": "event"}, job_id=f"hostile-{number}")
    for number in range(200):
        fields = {draw.randbytes(5): draw.randbytes(20) for _ in range(4)}
        push(fields, job_id=f"garbage-{number}")
    push({"data": call(FUNCTION, "session"), "status": "no such"}, job_id="status")
    push({"data": call(FUNCTION, "session"), "created_at": "never"}, job_id="date")
    client.set(f"{RQ_KEY_PREFIX}:job:text", "no hash")
    queue = f"{RQ_KEY_PREFIX}:queue:event"
    client.rpush(queue, "text", "absent", "no:id at all", b"\xff\xfe", "")
    return marker


def test_a_worker_passes_over_whatever_is_none_of_ours(engine, client, fill, working):
    drained = []
    _, worker = working(engine, drained.append)
    until(lambda: client.llen(f"{RQ_KEY_PREFIX}:queue:event") == 0, SOON)
    engine.ring("ours")
    until(lambda: drained == ["ours"], SOON)
    assert not worker.done()
    assert engine.health().problem is None
    assert not fill.exists()


@pytest.mark.parametrize("name", hostile_data(""))
def test_such_a_job_does_not_exist_for_us(client, push, tmp_path, name):
    marker = tmp_path / "marker"
    push({"data": hostile_data(marker)[name]})
    with pytest.raises(NoSuchJobError):
        SessionJob.fetch("hostile", connection=client)
    assert SessionJob.fetch_many(["hostile"], connection=client) == [None]
    assert not marker.exists()


def test_of_a_job_that_is_ours_only_the_session_counts(engine, push, tmp_path, working):
    marker, drained = tmp_path / "marker", []
    push({
        "data": call(FUNCTION, "session"), "origin": "event", "status": "queued",
        "success_callback_name": "os.system", "failure_callback_name": "os.system",
        "stopped_callback_name": "os.system", "timeout": "1", "retries_left": "9",
        "repeats_left": "9", "repeat_intervals": "[0]", "rate_limit_key": "mine",
        "rate_limit_concurrency": "1", "dependency_ids": '["mine"]', "ttl": "9999999",
        "result_ttl": "-1", "failure_ttl": "-1", "description": f"touch {marker}",
        "meta": pickle.dumps(Bomb(marker)), "result": pickle.dumps(Bomb(marker)),
        "webhooks": json.dumps([{"url": "http://127.0.0.1:9/", "job_status": "finished"}]),
    })  # fmt: skip
    working(engine, drained.append)
    until(lambda: drained == ["session"], SOON)
    engine.ring("next")
    until(lambda: drained == ["session", "next"], SOON)
    assert not marker.exists()


def test_a_job_has_no_callbacks_whatever_it_says(client, push):
    push({
        "data": call(FUNCTION, "session"), "success_callback_name": "os.system",
        "failure_callback_name": "os.system", "stopped_callback_name": "os.system",
        "webhooks": json.dumps([{"url": "http://127.0.0.1:9/", "job_status": "failed"}]),
    })  # fmt: skip
    job = SessionJob.fetch("hostile", connection=client)
    assert (job.success_callback, job.failure_callback) == (None, None)
    assert job.stopped_callback is None
    assert job.webhooks == []
    assert job.description == job.id


def test_a_job_is_json_whatever_the_worker_was_told(client, tmp_path):
    marker = tmp_path / "marker"
    job = SessionJob("ours", connection=client, serializer="pickle")
    job.data = pickle.dumps((FUNCTION, None, (Bomb(marker),), {}))
    with pytest.raises(DeserializationError):
        _ = job.func_name
    with pytest.raises(Exception, match="refused"):
        job.perform()
    assert not marker.exists()


def test_what_rq_sweeps_up_is_read_as_json_too(client, push, tmp_path):
    marker = tmp_path / "marker"
    ours = {"data": call(FUNCTION, "session"), "origin": "event", "status": "started"}
    push(ours, job_id="abandoned")
    bomb = {"dependency_ids": '["abandoned"]', "meta": pickle.dumps(Bomb(marker))}
    push({**ours, **bomb, "status": "deferred"})
    client.zadd(f"{RQ_KEY_PREFIX}:wip:event", {"abandoned:execution": 1})
    client.sadd(f"{RQ_KEY_PREFIX}:job:abandoned:dependents", "hostile")
    clean_registries(SessionQueue("event", connection=client, serializer="pickle"))
    assert client.zrange(f"{RQ_KEY_PREFIX}:failed:event", 0, -1) == [b"abandoned"]
    assert not marker.exists()


def test_a_job_that_is_changed_after_it_was_read_is_refused(client, push):
    push({"data": call(FUNCTION, "session")})
    job = SessionJob.fetch("hostile", connection=client)
    job.data = json.dumps(["os.getcwd", None, [], {}]).encode()
    with pytest.raises(Exception, match="refused"):
        job.perform()
    with pytest.raises(Exception, match="refused"):
        _ = job.func


def test_what_draining_failed_with_is_told_by_its_class_alone(engine, client, working):
    failed = []

    def drain(session_id):
        failed.append(session_id)
        raise StorageError(f"{SAID} does not fit")

    working(engine, drain)
    engine.ring("session")
    failed_jobs = f"{RQ_KEY_PREFIX}:failed:event"
    until(lambda: client.zcard(failed_jobs) == 1, SOON)
    (job_id,) = client.zrange(failed_jobs, 0, -1)
    result = SessionJob.fetch(job_id.decode(), connection=client).latest_result()
    assert failed == ["session"]
    assert "DrainError: StorageError" in result.exc_string
    assert SAID not in result.exc_string
    assert SAID.encode() not in everything(client)
    assert 0 < client.ttl(f"{RQ_KEY_PREFIX}:job:{job_id.decode()}") <= 60
    assert "StorageError" in engine.health().problem


def everything(client):
    """All that is in Redis, as one text."""
    read = {
        b"hash": client.hgetall, b"set": client.smembers, b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }  # fmt: skip
    told = []
    for key in client.scan_iter(f"{RQ_KEY_PREFIX}:*"):
        value = read[client.type(key)](key)
        told += [key, repr(value).encode()]
        if isinstance(value, dict):
            told += [_plain(one) for one in value.values()]
    return b"\n".join(told)


def _plain(data):
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


@pytest.fixture
def rq_worker(shared_url, tmp_path):
    """Runs RQ's own worker until there is nothing left; its exit status and its log."""

    def run():
        command = [
            str(Path(sys.executable).with_name("rq")), "worker", "--burst",
            "--url", shared_url, "--serializer", "json",
            "--job-class", "claude_mem_queue_rq.jobs.SessionJob",
            "--queue-class", "claude_mem_queue_rq.jobs.SessionQueue",
            "event", "event-batch", "summary", "reindex",
        ]  # fmt: skip
        env = {
            "PATH": os.defpath, "HOME": str(tmp_path), "RQ_KEY_PREFIX": RQ_KEY_PREFIX,
            "CLAUDE_MEM_QUEUE_REDIS_PREFIX": RQ_KEY_PREFIX,
            "CLAUDE_MEM_DATA_DIR": str(tmp_path / "data"),
            "CLAUDE_MEM_STORAGE_ENGINE": "in-process",
            "CLAUDE_MEM_QUEUE_ENGINE": "rq", "CLAUDE_MEM_REDIS_URL": shared_url,
        }  # fmt: skip
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=False, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_rqs_own_worker_passes_over_whatever_is_none_of_ours(
    engine, client, fill, rq_worker
):
    engine.ring("ours")
    queue = f"{RQ_KEY_PREFIX}:queue:event"
    until(lambda: client.lindex(queue, -1).startswith(b"ses_"), SOON)
    status, log = rq_worker()
    assert status == 0, log
    assert log.count("Job OK") == 1, log
    assert client.llen(queue) == 0
    assert not fill.exists()
