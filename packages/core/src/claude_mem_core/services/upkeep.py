# SPDX-License-Identifier: Apache-2.0
"""Upkeep: what keeps the ledger moving, whoever works and whatever was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.value import millis
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import acting_as_system
from claude_mem_core.services.work import job_for, put_once

EVERY = timedelta(seconds=10)
MOST_RINGS = 500
"""Sessions that one round rings for: the others' turn comes with the next."""

FORGET_WORKERS_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round found.

    Attributes:
        recovered: Jobs whose worker had gone away.
        closed: Turns that nobody had ended.
        rung: Sessions whose work waited.
    """

    recovered: int
    closed: int
    rung: int


class Upkeep:
    """The deeds that a process does at its start and every ten seconds."""

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        system: System,
        *,
        idle_turn: timedelta,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._system = system
        self._idle_turn = idle_turn

    def once(self) -> Kept:
        """One round: leases that ended, turns that nobody ended, work that waits."""
        recovered, closed = self.recover(), self.close_idle_turns()
        self._prune_workers()
        return Kept(recovered, closed, self.ring_waiting())

    def recover(self) -> int:
        """Bring back the jobs of workers that went away; how many there were."""
        return self._queue.recover()

    def close_idle_turns(self) -> int:
        """Put in the work of turns that nobody ended; how many there were."""
        before = self._ago(self._idle_turn)
        # As long after now as before it: such a turn was touched by another clock.
        after = self._system.now() + millis(self._idle_turn)
        with self._storage.read() as snapshot:
            idle = snapshot.jobs.idle_sessions(before=before, after=after)
        for session_id, scope in idle:
            self._close_turn(session_id, scope)
        return len(idle)

    def ring_waiting(self) -> int:
        """Ring once more for every session whose work waits; how many there were."""
        with self._storage.read() as snapshot:
            now = self._system.now()
            waiting = snapshot.jobs.waiting(now=now, limit=MOST_RINGS)
        if len(waiting) <= self._queue.health().rings:
            # As many rings wait as sessions do: more would only be in their way.
            return 0
        for one in waiting:
            self._queue.ring(one.session_id, kind=one.kind)
        return len(waiting)

    def _prune_workers(self) -> None:
        old = self._ago(FORGET_WORKERS_AFTER)
        with self._storage.read() as snapshot:
            if not snapshot.workers.list(since=0, until=old):
                return
        with self._storage.begin() as tx:
            tx.workers.prune(before=old + 1)

    def _close_turn(self, session_id: str, scope: Scope) -> None:
        by = acting_as_system(scope)
        with self._storage.begin() as tx:
            session = tx.sessions.get(session_id, scope=scope)
            last = tx.events.last(session_id, scope=scope)
            if last is not None:
                now = self._system.now()
                job = job_for("event-batch", session, last[0], by=by, now=now)
                put_once(tx, job, by=by)
        self._queue.ring(session_id, kind="event-batch")

    def _ago(self, span: timedelta) -> int:
        return max(0, self._system.now() - millis(span))
