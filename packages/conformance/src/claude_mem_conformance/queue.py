# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D205 - a promise is quoted whole, and some are long
"""What a queue engine is held to. The clock is moved by hand, waiting is real."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from claude_mem_core.domain.generation_job import Claim, queued_job
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import ConflictError, StorageError
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import HandClock
from claude_mem_conformance.contract import Contract
from claude_mem_conformance.threads import AT_MOST, PATIENCE, in_thread

LONG = timedelta(hours=1)
"""Longer than any lease."""

MINUTE = timedelta(minutes=1)


class QueueContract(Contract):
    """A queue engine. The adapter's test gives the fixtures `storage` and `engine`.

    The engine is built on the fixtures `storage` and `system`. Where it looks for
    work by itself, the test makes it look at most once a minute, so that only a ring
    can wake it.
    """

    ports: ClassVar[tuple[type, ...]] = (ObservationQueueEngine,)

    @pytest.fixture
    def system(self) -> HandClock:
        """The clock that the engine is to read."""
        return HandClock()

    @pytest.fixture
    def queue(
        self, storage: Storage, engine: ObservationQueueEngine
    ) -> Iterator[ObservationQueueEngine]:
        """The engine, over a storage that has the sessions of `samples`."""
        samples.inhabit(storage)
        yield engine
        engine.close()

    def test_order(self, queue: ObservationQueueEngine, storage: Storage) -> None:
        """Order: the items of one session are claimed in the order they were put."""
        names = ["z", "a", "m", "b"]
        for name in names:
            queue.enqueue(samples.job_draft(name))
        for name in names:
            claim = _claimed(queue)
            assert claim.job.source_id == name
            _settle(storage, claim)

    def test_one_at_a_time(
        self, queue: ObservationQueueEngine, storage: Storage
    ) -> None:
        """One at a time: a session has at most one claim that is not settled."""
        for name in ("one", "two"):
            queue.enqueue(samples.job_draft(name))
        first = _claimed(queue)
        assert queue.claim() is None
        assert queue.claim(session_id="session") is None
        _settle(storage, first)
        assert _claimed(queue).job.source_id != first.job.source_id

    def test_no_doubles(self, queue: ObservationQueueEngine, storage: Storage) -> None:
        """No doubles: putting a key that is still unsettled changes nothing.

        Put work in the ledger and ring; False: its key is already unsettled.
        """
        assert queue.enqueue(samples.job_draft("one"))
        assert not queue.enqueue(samples.job_draft("one"))
        claim = _claimed(queue)
        assert not queue.enqueue(samples.job_draft("one"))
        _settle(storage, claim)
        assert queue.claim() is None
        assert queue.enqueue(samples.job_draft("one"))

    def test_no_loss(self, queue: ObservationQueueEngine, system: HandClock) -> None:
        """No loss: a claim that is never settled comes back when its lease ends."""
        queue.enqueue(samples.job_draft("one"))
        lost = _claimed(queue)
        assert queue.claim() is None
        system.move(LONG)
        again = _claimed(queue)
        assert again.job.id == lost.job.id
        assert again.token > lost.token

    def test_original_time(
        self, queue: ObservationQueueEngine, system: HandClock
    ) -> None:
        """Original time: a claim tells when its work was first put, however late it
        comes.
        """
        put = system.now()
        queue.enqueue(samples.job_draft("one"))
        system.move(LONG)
        queue.release(_claimed(queue))
        system.move(LONG)
        assert _claimed(queue).job.created_at_epoch == put

    def test_a_clock_that_goes_back(
        self, queue: ObservationQueueEngine, system: HandClock
    ) -> None:
        """A clock that goes back holds nothing up for longer than two leases.

        No loss: a claim that is never settled comes back when its lease ends.
        """
        queue.enqueue(samples.job_draft("one"))
        claim = _claimed(queue)
        lease = timedelta(milliseconds=claim.lease_until_epoch - system.now())
        system.move(-timedelta(days=3650))
        again = _claimed(queue)
        assert again.token > claim.token
        system.move(-lease)
        assert queue.claim() is None
        system.move(2 * lease)
        assert _claimed(queue).job.id == claim.job.id

    def test_a_stop_signal_ends_a_wait(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A stop signal ends a wait at once, and wins over work that is there."""
        stop = StopSignal()
        waiting = _waiting(queue, storage, monkeypatch, stop=stop)
        stop.set()
        assert waiting.result(PATIENCE) is None
        assert stop.listeners == 0
        queue.enqueue(samples.job_draft("one"))
        assert queue.claim(stop=stop) is None
        assert queue.claim(stop=StopSignal()) is not None

    def test_a_release_that_failed_is_made_up_for(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A release that failed is made up for with the next claim."""
        queue.enqueue(samples.job_draft("one"))
        claim = _claimed(queue)
        with _failing_once(storage, monkeypatch), pytest.raises(StorageError):
            queue.release(claim)
        again = _claimed(queue)
        assert again.job.id == claim.job.id
        assert again.job.lost_leases == 0
        _settle(storage, again)
        queue.enqueue(samples.job_draft("two"))
        assert _claimed(queue).job.source_id == "two"

    def test_closing_gives_back_what_is_held(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Closing gives back every claim that is held; one that cannot be given back
        keeps none of the others.

        Claim nothing more, end every wait and give back what is held.
        """
        elsewhere = {"project_id": "theirs", "server_session_id": "their-session"}
        queue.enqueue(samples.job_draft("one"))
        queue.enqueue(samples.job_draft("two", **samples.ELSEWHERE))
        queue.enqueue(samples.job_draft("three", team_id="strangers", **elsewhere))
        claims = [_claimed(queue) for _ in range(3)]
        with _failing_once(storage, monkeypatch):
            queue.close()
        with storage.read() as snapshot:
            counts = snapshot.jobs.counts()
        assert (counts.get("queued"), counts.get("processing")) == (2, 1)
        assert len(claims) == 3

    def test_a_claim_names_its_worker(
        self, queue: ObservationQueueEngine, storage: Storage
    ) -> None:
        """The next work of a session or of any; None when the wait brought none."""
        queue.enqueue(samples.job_draft("one"))
        claim = queue.claim(worker="the keeper")
        assert claim is not None
        with storage.read() as snapshot:
            job = snapshot.jobs.get(claim.job.id, scope=samples.OURS)
        assert job.worker == "the keeper"

    def test_lost_work_is_brought_back(
        self, queue: ObservationQueueEngine, system: HandClock
    ) -> None:
        """Work whose lease ended waits again; how much there was."""
        queue.enqueue(samples.job_draft("one"))
        _claimed(queue)
        assert queue.recover() == 0
        system.move(LONG)
        assert queue.recover() == 1
        assert queue.recover() == 0

    def test_a_healthy_start_has_no_problem(
        self, queue: ObservationQueueEngine
    ) -> None:
        """How the engine is; without a problem after a healthy start."""
        health = queue.health()
        assert health.problem is None
        assert health.engine

    def test_a_ring_wakes_a_waiting_claim(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        system: HandClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A ring wakes a waiting claim at once.

        Say that a session has work, after the transaction that put it there.
        """
        waiting = _waiting(queue, storage, monkeypatch)
        with storage.begin() as tx:
            tx.jobs.add(queued_job(samples.job_draft("one"), now=system.now()))
        queue.ring("session")
        claim = waiting.result(PATIENCE)
        assert claim is not None
        assert claim.job.source_id == "one"

    def test_putting_work_in_rings(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Put work in the ledger and ring; False: its key is already unsettled."""
        waiting = _waiting(queue, storage, monkeypatch)
        queue.enqueue(samples.job_draft("one"))
        claim = waiting.result(PATIENCE)
        assert claim is not None
        assert claim.job.source_id == "one"

    def test_an_empty_queue_answers_when_the_wait_is_over(
        self, queue: ObservationQueueEngine
    ) -> None:
        """An empty queue answers None when the wait is over."""
        started = time.monotonic()
        waiting = in_thread(lambda: queue.claim(wait=timedelta(seconds=0.2)))
        assert waiting.result(PATIENCE) is None
        assert time.monotonic() - started >= 0.2
        assert in_thread(queue.claim).result(PATIENCE) is None

    def test_closing_ends_every_wait(
        self,
        queue: ObservationQueueEngine,
        storage: Storage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Closing ends every wait, and closing twice is harmless."""
        waits = [_waiting(queue, storage, monkeypatch) for _ in range(2)]
        queue.close()
        assert [wait.result(PATIENCE) for wait in waits] == [None, None]
        queue.close()

    def test_a_closed_engine_claims_nothing(
        self, queue: ObservationQueueEngine
    ) -> None:
        """Claim nothing more, end every wait and give back what is held."""
        queue.enqueue(samples.job_draft("one"))
        queue.close()
        assert queue.claim() is None
        assert queue.depth() == 1

    def test_the_next_work_is_of_the_session_asked_for(
        self, queue: ObservationQueueEngine
    ) -> None:
        """The next work of a session or of any; None when the wait brought none."""
        queue.enqueue(samples.job_draft("one"))
        queue.enqueue(samples.job_draft("elsewhere", **samples.ELSEWHERE))
        claim = queue.claim(session_id="other-session")
        assert claim is not None
        assert claim.job.source_id == "elsewhere"
        assert queue.claim(session_id="absent") is None
        assert _claimed(queue).job.source_id == "one"

    def test_an_extended_claim_has_a_whole_lease(
        self, queue: ObservationQueueEngine, storage: Storage, system: HandClock
    ) -> None:
        """The same claim with a whole lease before it."""
        queue.enqueue(samples.job_draft("one"))
        claim = _claimed(queue)
        lease = claim.lease_until_epoch - system.now()
        system.move(timedelta(milliseconds=lease - 1))
        longer = queue.extend(claim)
        assert longer.lease_until_epoch == system.now() + lease
        assert (longer.job.id, longer.token) == (claim.job.id, claim.token)
        system.move(timedelta(milliseconds=lease - 1))
        assert queue.claim() is None
        _settle(storage, longer)

    def test_released_work_waits(
        self, queue: ObservationQueueEngine, system: HandClock
    ) -> None:
        """Let go of work that was not done; it waits `after` before it comes again."""
        queue.enqueue(samples.job_draft("one"))
        queue.release(_claimed(queue))
        queue.release(_claimed(queue), after=MINUTE)
        system.move(MINUTE - timedelta(milliseconds=1))
        assert queue.claim() is None
        system.move(timedelta(milliseconds=1))
        assert _claimed(queue).job.attempts == 0

    def test_a_reset_session_starts_over(
        self, queue: ObservationQueueEngine, storage: Storage
    ) -> None:
        """Processing work of a session waits again; how much there was."""
        for name in ("one", "two"):
            queue.enqueue(samples.job_draft(name))
        void = _claimed(queue)
        assert queue.reset("other-session") == 0
        assert queue.reset("session") == 1
        with pytest.raises(ConflictError):
            _settle(storage, void)
        assert _claimed(queue).job.id == void.job.id

    def test_a_cleared_session_has_no_work(self, queue: ObservationQueueEngine) -> None:
        """A session's unsettled work is cancelled; how much there was."""
        for name in ("one", "two"):
            queue.enqueue(samples.job_draft(name))
        queue.enqueue(samples.job_draft("elsewhere", **samples.ELSEWHERE))
        assert queue.clear("session") == 2
        assert _claimed(queue).job.source_id == "elsewhere"
        assert queue.claim() is None

    def test_depth_counts_what_is_unsettled(
        self, queue: ObservationQueueEngine, storage: Storage
    ) -> None:
        """How much work is unsettled, of one session or of all."""
        for name in ("done", "claimed", "waiting"):
            queue.enqueue(samples.job_draft(name))
        queue.enqueue(samples.job_draft("elsewhere", **samples.ELSEWHERE))
        done = queue.claim(session_id="session")
        assert done is not None
        _settle(storage, done)
        assert queue.claim(session_id="session") is not None
        assert queue.depth() == 3
        assert queue.depth("session") == 2
        assert queue.depth("absent") == 0


def _claimed(engine: ObservationQueueEngine) -> Claim:
    claim = engine.claim()
    assert claim is not None
    return claim


def _settle(storage: Storage, claim: Claim) -> None:
    with storage.begin() as tx:
        tx.jobs.settle(claim, now=claim.lease_until_epoch)


@contextmanager
def _failing_once(storage: Storage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A storage whose next write fails, and none after it."""
    begin = storage.begin
    left = [StorageError("the disk is gone for a moment")]

    def failing() -> AbstractContextManager[Any]:
        if left:
            raise left.pop()
        return begin()

    with patch.context() as failure:
        failure.setattr(storage, "begin", failing)
        yield


def _waiting(
    engine: ObservationQueueEngine,
    storage: Storage,
    patch: pytest.MonkeyPatch,
    *,
    stop: StopSignal | None = None,
) -> Future[Claim | None]:
    """A claim in a thread that has looked into the ledger once and found nothing."""
    looked = threading.Event()

    def watched(door: Callable[[], AbstractContextManager[Any]]) -> Callable[[], Any]:
        @contextmanager
        def opened() -> Iterator[Any]:
            with door() as records:
                yield records
            looked.set()

        return opened

    with patch.context() as watching:
        watching.setattr(storage, "read", watched(storage.read))
        watching.setattr(storage, "begin", watched(storage.begin))
        wait = timedelta(seconds=AT_MOST)
        future = in_thread(lambda: engine.claim(wait=wait, stop=stop))
        # An engine with a door of its own is not seen to look; a second is plenty.
        looked.wait(1.0)
    return future
