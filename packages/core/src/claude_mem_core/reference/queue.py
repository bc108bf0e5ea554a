# SPDX-License-Identifier: Apache-2.0
"""A queue engine whose bell rings within one process."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from typing_extensions import override

from claude_mem_core.domain.generation_job import Claim, JobDraft, queued_job
from claude_mem_core.ports.queue import AT_ONCE, ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System

LEASE = timedelta(seconds=30)
POLL = timedelta(milliseconds=500)
"""How often a waiting claim looks by itself: a lease that ends, a retry that falls
due and another process's work ring no bell here."""


class InProcessQueueEngine(ObservationQueueEngine):
    """Claims straight from the ledger; threads of this process wake each other."""

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
        self._bell = threading.Condition()
        self._rings = 0
        self._closed = False

    @override
    def enqueue(self, item: JobDraft) -> bool:
        with self._storage.begin() as tx:
            added = tx.jobs.add(queued_job(item, now=self._system.now()))
        if added:
            self.ring(item.server_session_id)
        return added

    @override
    def ring(self, session_id: str) -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    @override
    def claim(
        self, *, session_id: str | None = None, wait: timedelta = AT_ONCE
    ) -> Claim | None:
        deadline = time.monotonic() + wait.total_seconds()
        while not self._closed:
            heard = self._rings
            claim = self._claim_now(session_id)
            left = deadline - time.monotonic()
            if claim is not None or left <= 0:
                return claim
            self._listen(heard, min(left, self._poll.total_seconds()))
        return None

    @override
    def extend(self, claim: Claim) -> Claim:
        with self._storage.begin() as tx:
            return tx.jobs.extend(claim, until=self._system.now() + self._lease_millis)

    @override
    def release(self, claim: Claim, *, after: timedelta = AT_ONCE) -> None:
        now = self._system.now()
        later = now + after // timedelta(milliseconds=1)
        with self._storage.begin() as tx:
            tx.jobs.release(claim, now=now, available_at=later)
        self.ring(claim.job.server_session_id)

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
    def close(self) -> None:
        with self._bell:
            self._closed = True
            self._bell.notify_all()

    @property
    def _lease_millis(self) -> int:
        return self._lease // timedelta(milliseconds=1)

    def _claim_now(self, session_id: str | None) -> Claim | None:
        with self._storage.read() as snapshot:
            # An empty ledger is the usual case, and a read waits for no writer.
            if snapshot.jobs.depth(session_id) == 0:
                return None
        now = self._system.now()
        with self._storage.begin() as tx:
            tx.jobs.recover(now=now)
            return tx.jobs.claim(
                now=now, lease_until=now + self._lease_millis, session_id=session_id
            )

    def _listen(self, heard: int, seconds: float) -> None:
        """Wait for a ring, unless one came since `heard` was read."""
        with self._bell:
            self._bell.wait_for(
                lambda: self._closed or self._rings != heard, timeout=seconds
            )
