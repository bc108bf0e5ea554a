# SPDX-License-Identifier: Apache-2.0
"""A real Valkey for every test, and nothing in it at the start of each.

`CLAUDE_MEM_TEST_REDIS_URL` names a server that is running. It is not ours to empty:
there the tests keep to a prefix of their own and take out what is under it.
"""

from __future__ import annotations

import os
import uuid

import redis

URL = os.environ.get("CLAUDE_MEM_TEST_REDIS_URL")
PREFIX = f"claude-mem-test-{uuid.uuid4().hex}" if URL else "claude-mem"
os.environ["RQ_KEY_PREFIX"] = PREFIX

import pytest  # noqa: E402 - RQ reads its prefix when it is imported
from claude_mem_conformance import samples  # noqa: E402
from claude_mem_conformance.threads import in_thread  # noqa: E402
from claude_mem_core.domain.stop_signal import StopSignal  # noqa: E402
from claude_mem_core.reference.storage import InProcessStorage  # noqa: E402
from claude_mem_core.system import RealSystem  # noqa: E402
from claude_mem_queue_rq.addresses import Address  # noqa: E402
from claude_mem_queue_rq.queue import RqQueueEngine  # noqa: E402
from valkey import Valkey  # noqa: E402

SOON = 20.0
"""Seconds that a thread may take to end on a busy machine."""


@pytest.fixture(scope="session")
def shared_url(tmp_path_factory):
    """A server that no test kills."""
    if URL:
        yield URL
        return
    valkey = Valkey.start(tmp_path_factory.mktemp("shared") / "valkey")
    yield valkey.url
    valkey.stop()


@pytest.fixture
def client(shared_url):
    """A client of the shared server, which is emptied of what is ours."""
    with redis.Redis.from_url(shared_url) as client:
        for key in client.scan_iter(f"{PREFIX}:*"):
            client.delete(key)
        yield client


@pytest.fixture
def address(shared_url, client):  # noqa: ARG001 - it empties the server
    return Address(shared_url)


@pytest.fixture
def valkey(tmp_path):
    """A server of the test's own, to be killed."""
    valkey = Valkey.start(tmp_path / "valkey")
    yield valkey
    valkey.stop()


@pytest.fixture
def system():
    return RealSystem()


@pytest.fixture
def storage(system):
    storage = InProcessStorage(system)
    samples.inhabit(storage)
    return storage


@pytest.fixture
def open_engine(storage, system):
    """Opens engines on the storage; what it opened is closed at the end."""
    opened = []

    def open_(url, **more):
        opened.append(RqQueueEngine(storage, system, Address(url), **more))
        return opened[-1]

    yield open_
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine, address):
    return open_engine(address.url)


@pytest.fixture
def working():
    """Starts workers in threads; those that still work at the end are stopped."""
    signals, workers = [], []

    def start(engine, drain, name="keeper"):
        stop = StopSignal()
        worker = in_thread(lambda: engine.run_worker(drain, name=name, stop=stop))
        signals.append(stop)
        workers.append(worker)
        return stop, worker

    yield start
    for stop in signals:
        stop.set()
    for worker in workers:
        worker.exception(SOON)


@pytest.fixture
def listed(client):
    """What RQ's list says of a worker."""
    return lambda name: client.hgetall(f"{PREFIX}:worker:{name}")
