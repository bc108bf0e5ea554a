# SPDX-License-Identifier: Apache-2.0
"""What the workers are held to that a queue engine brings itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import ClassVar, Protocol

import pytest
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.ports.queue import ObservationQueueEngine, OwnWorkers
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import HandClock
from claude_mem_conformance.contract import Contract
from claude_mem_conformance.threads import in_thread, until

SOON = 5.0
"""Seconds that a worker may take to hear a ring or a signal."""


class EngineWithWorkers(ObservationQueueEngine, OwnWorkers, Protocol):
    """An engine that has the ability."""


class OwnWorkersContract(Contract):
    """An engine's own workers. The adapter's test gives `storage` and `engine`."""

    ports: ClassVar[tuple[type, ...]] = (OwnWorkers,)

    @pytest.fixture
    def system(self) -> HandClock:
        """The clock that the engine is to read."""
        return HandClock()

    @pytest.fixture
    def queue(
        self, storage: Storage, engine: EngineWithWorkers
    ) -> Iterator[EngineWithWorkers]:
        """The engine, over a storage that has the sessions of `samples`."""
        samples.inhabit(storage)
        yield engine
        engine.close()

    def test_a_worker_drains_what_is_rung(
        self, queue: EngineWithWorkers, storage: Storage
    ) -> None:
        """A worker drains a session that is rung, and looks again after it let go.

        Be a worker until `stop` is given: call `drain` for each session rung.
        """
        done: list[str] = []

        def drain(session_id: str) -> None:
            while claim := queue.claim(session_id=session_id):
                with storage.begin() as tx:
                    tx.jobs.settle(claim, now=claim.lease_until_epoch)
                done.append(claim.job.source_id)
            if done == ["first", "second"]:
                # Nothing was left, and the session is not let go yet.
                queue.enqueue(samples.job_draft("third"))

        with _worker(queue, drain):
            for name in ("first", "second"):
                queue.enqueue(samples.job_draft(name))
            until(lambda: len(done) == 3, SOON)
        assert done == ["first", "second", "third"]
        assert queue.depth() == 0

    def test_a_worker_stops(self, queue: EngineWithWorkers) -> None:
        """A stop signal ends a worker when its session is let go."""
        drained: list[str] = []
        with _worker(queue, drained.append) as (stop, worker):
            queue.ring("session")
            until(lambda: bool(drained), SOON)
            stop.set()
            worker.result(SOON)
        assert drained[0] == "session"


@contextmanager
def _worker(
    queue: EngineWithWorkers, drain: Callable[[str], object]
) -> Iterator[tuple[StopSignal, Future[None]]]:
    stop = StopSignal()
    worker = in_thread(lambda: queue.run_worker(drain, name="the keeper", stop=stop))
    try:
        yield stop, worker
    finally:
        stop.set()
        with suppress(TimeoutError):
            worker.result(SOON)
