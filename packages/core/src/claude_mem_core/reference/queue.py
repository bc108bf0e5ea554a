# SPDX-License-Identifier: Apache-2.0
"""A queue engine whose bell rings within one process."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from contextlib import nullcontext
from datetime import timedelta

from typing_extensions import override

from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import Claim, JobDraft, JobKind, queued_job
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import ClaudeMemError, ConflictError
from claude_mem_core.ports.queue import AT_ONCE, ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System

LEASE = timedelta(seconds=30)
POLL = timedelta(milliseconds=500)
"""How often a waiting claim looks by itself: a lease that ends, a retry that falls
due and another process's work ring no bell here."""

log = logging.getLogger(__name__)


class InProcessQueueEngine(ObservationQueueEngine):
    """Claims straight from the ledger; threads of this process wake each other."""

    name = "in-process"

    def __init__(
        self,
        storage: Storage,
        system: System,
        *,
        lease: timedelta = LEASE,
        poll: timedelta = POLL,
    ) -> None:
        self._storage = storage
        self._system = system
        self._lease = lease
        self._poll = poll
        self._closed = False
        self._begin()
        _ALL.add(self)

    def _begin(self) -> None:
        """Hold nothing: the claims of a process that forked this one off are its own.

        Neither is the bell's lock of any use that a thread left behind may hold.
        """
        self._bell = threading.Condition()
        self._rings = 0
        self._held: dict[str, Claim] = {}
        self._owed: dict[str, Claim] = {}

    @override
    def enqueue(self, item: JobDraft) -> bool:
        with self._storage.begin() as tx:
            added = tx.jobs.add(queued_job(item, now=self._system.now()))
        if added:
            self.ring(item.server_session_id, kind=item.kind)
        return added

    @override
    def ring(self, session_id: str, *, kind: JobKind = "event") -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    @override
    def claim(
        self,
        *,
        session_id: str | None = None,
        wait: timedelta = AT_ONCE,
        stop: StopSignal | None = None,
        worker: str | None = None,
    ) -> Claim | None:
        deadline = time.monotonic() + wait.total_seconds()
        with stop.telling(self._wake) if stop else nullcontext():
            while not (self._closed or (stop and stop.is_set)):
                heard = self._rings
                claim = self._claim_now(session_id, worker)
                left = deadline - time.monotonic()
                if claim is not None or left <= 0:
                    return claim
                self._listen(heard, min(left, self._poll.total_seconds()), stop)
        return None

    @override
    def extend(self, claim: Claim) -> Claim:
        with self._storage.begin() as tx:
            longer = tx.jobs.extend(claim, until=self._system.now() + self._millis())
        self._held[longer.job.id] = longer
        return longer

    @override
    def release(self, claim: Claim, *, after: timedelta = AT_ONCE) -> None:
        now = self._system.now()
        later = now + millis(after)
        self._owed[claim.job.id] = claim
        with self._storage.begin() as tx:
            tx.jobs.release(claim, now=now, available_at=later)
        self._forget(claim)
        self.ring(claim.job.server_session_id, kind=claim.job.kind)

    @override
    def reset(self, session_id: str) -> int:
        with self._storage.begin() as tx:
            count = tx.jobs.reset(session_id, now=self._system.now())
        self.ring(session_id)
        return count

    @override
    def clear(self, session_id: str) -> int:
        with self._storage.begin() as tx:
            return tx.jobs.clear(session_id, now=self._system.now())

    @override
    def depth(self, session_id: str | None = None) -> int:
        with self._storage.read() as snapshot:
            return snapshot.jobs.depth(session_id)

    @override
    def recover(self) -> int:
        with self._storage.begin() as tx:
            return self._bring_back(tx, self._system.now())

    @override
    def health(self) -> EngineHealth:
        return EngineHealth(engine=self.name)

    @override
    def close(self) -> None:
        with self._bell:
            self._closed = True
            self._bell.notify_all()
        while self._held:
            _, claim = self._held.popitem()
            self._give_back(claim)

    def _give_back(self, claim: Claim) -> None:
        """Release a claim; one that cannot be released comes back with its lease."""
        try:
            with self._storage.begin() as tx:
                _give_back(tx, claim, now=self._system.now())
        except ClaudeMemError as error:
            log.warning("job %s is not given back: %s", claim.job.id, error)

    def _millis(self) -> int:
        return millis(self._lease)

    def _latest(self, now: int) -> int:
        """When a lease that was given by the present clock ends at the latest.

        Twice its length, as the clocks of two machines may differ a little.
        """
        return now + 2 * self._millis()

    def _claim_now(self, session_id: str | None, worker: str | None) -> Claim | None:
        with self._storage.read() as snapshot:
            # An empty ledger is the usual case, and a read waits for no writer.
            if snapshot.jobs.depth(session_id) == 0:
                return None
        now, owed = self._system.now(), list(self._owed.values())
        with self._storage.begin() as tx:
            for one in owed:
                _give_back(tx, one, now=now)
            self._bring_back(tx, now)
            # It may have waited long for its turn.
            claim = None if self._closed else self._next(tx, now, session_id, worker)
        for one in owed:
            self._forget(one)
        if claim is None:
            return None
        self._hold(claim, now)
        if self._closed:
            # Closing gave back what was known then.
            self._give_back(claim)
            return None
        return claim

    def _next(
        self, tx: Transaction, now: int, session_id: str | None, worker: str | None
    ) -> Claim | None:
        return tx.jobs.claim(
            now=now,
            lease_until=now + self._millis(),
            session_id=session_id,
            worker=worker,
        )

    def _bring_back(self, tx: Transaction, now: int) -> int:
        return tx.jobs.recover(now=now, latest=self._latest(now))

    def _forget(self, claim: Claim) -> None:
        """Neither is it held any more, nor is its release still owed."""
        for claims in (self._owed, self._held):
            known = claims.get(claim.job.id)
            if known is not None and known.token == claim.token:
                # Another thread may have made up for the same release just now.
                claims.pop(claim.job.id, None)

    def _hold(self, claim: Claim, now: int) -> None:
        """Remember what is to be given back when the engine closes.

        Nobody says when a claim was settled: those whose lease is over are forgotten.
        """
        for known in list(self._held.values()):
            if known.lease_until_epoch <= now:
                self._held.pop(known.job.id, None)
        self._held[claim.job.id] = claim

    def _wake(self) -> None:
        with self._bell:
            self._bell.notify_all()

    def _listen(self, heard: int, seconds: float, stop: StopSignal | None) -> None:
        """Wait for a ring, unless one came since `heard` was read."""

        def is_over() -> bool:
            return bool(self._closed or self._rings != heard or (stop and stop.is_set))

        with self._bell:
            self._bell.wait_for(is_over, timeout=seconds)


def _give_back(tx: Transaction, claim: Claim, *, now: int) -> None:
    """Release a claim, unless it was settled or lost meanwhile."""
    try:
        tx.jobs.release(claim, now=now, available_at=now)
    except ConflictError:
        log.debug("job %s is not held any more", claim.job.id)


_ALL: weakref.WeakSet[InProcessQueueEngine] = weakref.WeakSet()


def _begin_in_child() -> None:
    for engine in tuple(_ALL):
        engine._begin()  # noqa: SLF001 - it is this module's


os.register_at_fork(after_in_child=_begin_in_child)
