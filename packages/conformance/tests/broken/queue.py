# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Queue engines that each break one promise."""

from __future__ import annotations

import threading
from datetime import timedelta

from claude_mem_conformance.queue import QueueContract
from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import queued_job
from claude_mem_core.errors import ConflictError, StorageError
from claude_mem_core.reference.queue import InProcessQueueEngine

from broken.jobs import ByName, ManyAtATime
from broken.registry import breaks

AT_ONCE = timedelta(0)


@breaks(QueueContract.test_order, "ledger")
class QueuesByName(ByName):
    pass


@breaks(QueueContract.test_one_at_a_time, "ledger")
class QueuesManyAtATime(ManyAtATime):
    pass


@breaks(QueueContract.test_no_doubles, "engine")
class EveryPutIsNew(InProcessQueueEngine):
    def enqueue(self, item):
        super().enqueue(item)
        return True


@breaks(QueueContract.test_no_loss, "engine")
class NothingComesBack(InProcessQueueEngine):
    def _bring_back(self, tx, now):
        return 0

    def recover(self):
        with self._storage.begin() as tx:
            return super()._bring_back(tx, self._system.now())


@breaks(QueueContract.test_a_ring_wakes_a_waiting_claim, "engine")
class RingsAreNotHeard(InProcessQueueEngine):
    def ring(self, session_id, *, kind="event"):
        pass

    def enqueue(self, item):
        added = super().enqueue(item)
        super().ring(item.server_session_id)
        return added


@breaks(QueueContract.test_putting_work_in_rings, "engine")
class PutsDoNotRing(InProcessQueueEngine):
    def enqueue(self, item):
        with self._storage.begin() as tx:
            return tx.jobs.add(queued_job(item, now=self._system.now()))


@breaks(QueueContract.test_an_empty_queue_answers_when_the_wait_is_over, "engine")
class ShortWaitsAreSkipped(InProcessQueueEngine):
    def claim(self, *, wait=AT_ONCE, **more):
        worth_it = wait if wait > timedelta(seconds=1) else AT_ONCE
        return super().claim(wait=worth_it, **more)


@breaks(QueueContract.test_closing_ends_every_wait, "engine")
class ClosingWakesNobody(InProcessQueueEngine):
    def close(self):
        bell, self._bell = self._bell, threading.Condition()
        super().close()
        self._bell = bell


@breaks(QueueContract.test_a_closed_engine_claims_nothing, "engine")
class ClosedEnginesClaim(InProcessQueueEngine):
    def claim(self, *, session_id=None, **more):
        if not self._closed:
            return super().claim(session_id=session_id, **more)
        self._closed = False
        try:
            return self._claim_now(session_id, None)
        finally:
            self._closed = True


@breaks(QueueContract.test_the_next_work_is_of_the_session_asked_for, "engine")
class IdleSessionsGetOthersWork(InProcessQueueEngine):
    def claim(self, *, session_id=None, **more):
        wanted = session_id if self.depth(session_id) else None
        return super().claim(session_id=wanted, **more)


@breaks(QueueContract.test_an_extended_claim_has_a_whole_lease, "engine")
class LeasesAddUp(InProcessQueueEngine):
    def extend(self, claim):
        until = claim.lease_until_epoch + self._millis()
        with self._storage.begin() as tx:
            return tx.jobs.extend(claim, until=until)


@breaks(QueueContract.test_released_work_waits, "engine")
class ReleasedWorkComesAtOnce(InProcessQueueEngine):
    def release(self, claim, *, after=AT_ONCE):
        super().release(claim)


@breaks(QueueContract.test_a_reset_session_starts_over, "engine")
class ResetTellsTheDepth(InProcessQueueEngine):
    def reset(self, session_id):
        super().reset(session_id)
        return self.depth(session_id)


@breaks(QueueContract.test_a_cleared_session_has_no_work, "engine")
class ClearTellsWhatIsLeft(InProcessQueueEngine):
    def clear(self, session_id):
        super().clear(session_id)
        return self.depth(session_id)


@breaks(QueueContract.test_depth_counts_what_is_unsettled, "engine")
class DepthIsOfAll(InProcessQueueEngine):
    def depth(self, session_id=None):
        return super().depth()


@breaks(QueueContract.test_original_time, "engine")
class ReleasedWorkIsNew(InProcessQueueEngine):
    def claim(self, **more):
        claim = super().claim(**more)
        new = claim and claim.job.changed(created_at_epoch=self._system.now())
        return claim and claim.changed(job=new)


@breaks(QueueContract.test_a_clock_that_goes_back, "engine")
class LeasesOfAnyClockCount(InProcessQueueEngine):
    def _latest(self, now):
        return now * 2


@breaks(QueueContract.test_a_stop_signal_ends_a_wait, "engine")
class WorkWinsOverAStop(InProcessQueueEngine):
    def claim(self, *, session_id=None, worker=None, **more):
        claim = super().claim(session_id=session_id, worker=worker, **more)
        return claim or (None if self._closed else self._claim_now(session_id, worker))


@breaks(QueueContract.test_a_release_that_failed_is_made_up_for, "engine")
class FailedReleasesAreForgotten(InProcessQueueEngine):
    def release(self, claim, *, after=AT_ONCE):
        try:
            super().release(claim, after=after)
        finally:
            self._owed.clear()


@breaks(QueueContract.test_closing_gives_back_what_is_held, "engine")
class TheFirstFailureEndsTheClosing(InProcessQueueEngine):
    def _give_back(self, claim):
        try:
            self.release(claim)
        except StorageError:
            self._held.clear()
        except ConflictError:
            pass


@breaks(QueueContract.test_a_claim_names_its_worker, "engine")
class NobodyClaims(InProcessQueueEngine):
    def claim(self, *, worker=None, **more):
        return super().claim(**more)


@breaks(QueueContract.test_lost_work_is_brought_back, "engine")
class RecoveryTellsTheDepth(InProcessQueueEngine):
    def recover(self):
        super().recover()
        return self.depth()


@breaks(QueueContract.test_a_healthy_start_has_no_problem, "engine")
class NeverWell(InProcessQueueEngine):
    def health(self):
        return EngineHealth(engine=self.name, problem="it is Monday")
