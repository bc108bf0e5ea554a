# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Job ledgers that each break one promise."""

from __future__ import annotations

from collections import Counter

from claude_mem_conformance.jobs import JobContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import UNSETTLED
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.reference.jobs import InProcessJobs

from broken.registry import breaks


@breaks(JobContract.test_outside_the_scope_there_is_no_job, "jobs")
class OfSourceForgetsTheProjectLimit(InProcessJobs):
    def of_source(self, event_id, *, scope):
        return super().of_source(event_id, scope=Scope(scope.team_id))


@breaks(JobContract.test_a_job_is_had_by_its_id, "jobs")
class LimitedKeysGetNoJob(InProcessJobs):
    def get(self, job_id, *, scope):
        if scope.project_id:
            raise NotFoundError("job", job_id)
        return super().get(job_id, scope=scope)


@breaks(JobContract.test_a_job_is_found_by_its_id, "jobs")
class FoundJobsDiffer(InProcessJobs):
    def find(self, job_id, *, scope):
        job = super().find(job_id, scope=scope)
        return job and job.changed(updated_at_epoch=0)

    def get(self, job_id, *, scope):
        super().get(job_id, scope=scope)
        return InProcessJobs.find(self, job_id, scope=scope)

    def of_source(self, event_id, *, scope):
        job = super().of_source(event_id, scope=scope)
        return job and self.get(job.id, scope=scope)


@breaks(JobContract.test_an_event_knows_its_job, "jobs")
class EventsKnowTheirSummary(InProcessJobs):
    def add(self, job):
        self._state.event_jobs[job.source_id] = job.id
        return super().add(job)


@breaks(JobContract.test_depth_counts_what_is_unsettled, "jobs")
class DepthForgetsTheClaimed(InProcessJobs):
    def depth(self, session_id=None):
        return sum(job.status == "queued" for job in self._unsettled(session_id))


@breaks(JobContract.test_jobs_are_counted_by_state, "jobs")
class EmptyStatesAreCounted(InProcessJobs):
    def counts(self):
        return Counter({**super().counts(), "failed": 0})


@breaks(JobContract.test_the_oldest_waiting_job_is_known, "jobs")
class ClaimedJobsWaitToo(InProcessJobs):
    def oldest_waiting(self):
        epochs = (job.created_at_epoch for job in self._unsettled())
        return min(epochs, default=None)


@breaks(JobContract.test_idle_sessions_have_an_open_turn, "jobs")
class ClosedTurnsStayOpen(InProcessJobs):
    def idle_sessions(self, *, before):
        return [
            (job.server_session_id, job.scope)
            for job in self._state.jobs.values()
            if job.skip_reason == "turn_open" and job.updated_at_epoch < before
        ]


@breaks(JobContract.test_order, "jobs")
class ByName(InProcessJobs):
    def _unsettled(self, session_id=None):
        found = super()._unsettled(session_id)
        return iter(sorted(found, key=lambda job: job.source_id))


@breaks(JobContract.test_order_after_a_second_time, "jobs")
class OnceFirstAlwaysFirst(InProcessJobs):
    def add(self, job):
        places = {id_: place for place, id_ in enumerate(self._state.jobs)}
        added = super().add(job)
        jobs = self._state.jobs
        last = len(jobs)
        order = sorted(jobs, key=lambda id_: places.get(id_, last))
        self._state.jobs = {id_: jobs[id_] for id_ in order}
        return added

    def _unsettled(self, session_id=None):
        for job in self._state.jobs.values():
            ours = session_id in (None, job.server_session_id)
            if ours and job.status in UNSETTLED:
                yield job


@breaks(JobContract.test_one_at_a_time, "jobs")
class ManyAtATime(InProcessJobs):
    def _heads(self, session_id):
        waiting = (one for one in self._unsettled(session_id) if one.status == "queued")
        seen = set()
        for job in waiting:
            if job.server_session_id not in seen:
                seen.add(job.server_session_id)
                yield job


@breaks(JobContract.test_no_doubles, "jobs")
class ClaimedKeysAreFree(InProcessJobs):
    def add(self, job):
        for other in list(self._unsettled()):
            same = other.dedupe_key == job.dedupe_key
            if same and other.status == "processing":
                self._put(other.changed(status="completed"))
        return super().add(job)


@breaks(JobContract.test_no_loss, "jobs")
class OneComesBackAtATime(InProcessJobs):
    def recover(self, *, now):
        before = list(self._unsettled())
        count = super().recover(now=now)
        back = [job for job in before if self._state.jobs[job.id] != job]
        for job in back[1:]:
            self._put(job)
        return min(count, 1)


@breaks(JobContract.test_a_waiting_head_holds_its_session, "jobs")
class AWaitingHeadIsOvertaken(InProcessJobs):
    def claim(self, *, now, lease_until, session_id=None):
        self._now = now
        return super().claim(now=now, lease_until=lease_until, session_id=session_id)

    def _heads(self, session_id):
        due = {}
        for job in self._unsettled(session_id):
            if job.available_at_epoch <= self._now:
                due.setdefault(job.server_session_id, job)
        return iter(due.values())


@breaks(JobContract.test_a_failed_head_frees_its_session, "jobs")
class AFailedHeadStays(InProcessJobs):
    def _put(self, job):
        super()._put(job)
        if job.status == "failed":
            others = self._state.unsettled
            self._state.unsettled = {job.id: job, **others}


@breaks(JobContract.test_fencing, "jobs")
class AnyClaimWillDo(InProcessJobs):
    def _held(self, claim):
        job = self._state.jobs[claim.job.id]
        if job.status != "processing":
            raise ConflictError("not claimed")
        return job


@breaks(JobContract.test_fencing_once_it_is_settled, "jobs")
class SettledJobsAreStillHeld(InProcessJobs):
    def _held(self, claim):
        job = self._state.jobs[claim.job.id]
        return job if job.status == "completed" else super()._held(claim)


@breaks(JobContract.test_fencing_when_it_is_put_again, "jobs")
class TokensStartOver(InProcessJobs):
    def add(self, job):
        added = super().add(job)
        if added:
            self._put(job)
        return added


@breaks(JobContract.test_a_lost_lease_costs_no_attempt, "jobs")
class ALostLeaseCosts(InProcessJobs):
    def recover(self, *, now):
        before = list(self._unsettled())
        count = super().recover(now=now)
        for job in before:
            after = self._state.jobs[job.id]
            if after.lost_leases > job.lost_leases:
                self._put(after.changed(attempts=after.attempts + 1))
        return count


@breaks(JobContract.test_a_failure_costs_an_attempt, "jobs")
class AttemptsNeverEnd(InProcessJobs):
    def fail(self, claim, *, now, error, retry_at):
        job = self._held(claim)
        if retry_at is not None:
            self._put(job.changed(max_attempts=job.attempts + 2))
        return super().fail(claim, now=now, error=error, retry_at=retry_at)


@breaks(JobContract.test_the_next_job_is_of_the_session_asked_for, "jobs")
class AnIdleSessionGetsOthersWork(InProcessJobs):
    def claim(self, *, now, lease_until, session_id=None):
        wanted = session_id if self.depth(session_id) else None
        return super().claim(now=now, lease_until=lease_until, session_id=wanted)


@breaks(JobContract.test_an_extended_lease_lasts, "jobs")
class LeasesAreExtendedOnPaper(InProcessJobs):
    def extend(self, claim, *, until):
        self._held(claim)
        return claim.changed(lease_until_epoch=until)


@breaks(JobContract.test_a_settled_job_is_completed, "jobs")
class ReasonsAreLost(InProcessJobs):
    def settle(self, claim, *, now, skip=None):
        kept = skip if skip == "turn_open" else None
        super().settle(claim, now=now, skip=kept)


@breaks(JobContract.test_a_released_job_waits, "jobs")
class AReleaseCosts(InProcessJobs):
    def release(self, claim, *, now, available_at):
        super().release(claim, now=now, available_at=available_at)
        job = self._state.jobs[claim.job.id]
        self._put(job.changed(attempts=job.attempts + 1))


@breaks(JobContract.test_a_failure_is_told, "jobs")
class ErrorsAreLost(InProcessJobs):
    def fail(self, claim, *, now, error, retry_at):
        return super().fail(claim, now=now, error="failed", retry_at=retry_at)


@breaks(JobContract.test_recovering_counts, "jobs")
class RecoveryDoesNotCount(InProcessJobs):
    def recover(self, *, now):
        return 0 * super().recover(now=now)


@breaks(JobContract.test_a_reset_session_starts_over, "jobs")
class ResetCountsAll(InProcessJobs):
    def reset(self, session_id, *, now):
        super().reset(session_id, now=now)
        return self.depth(session_id)


@breaks(JobContract.test_a_cleared_session_has_no_work, "jobs")
class EverySessionIsCleared(InProcessJobs):
    def clear(self, session_id, *, now):
        count = super().clear(session_id, now=now)
        for job in list(self._unsettled()):
            super().clear(job.server_session_id, now=now)
        return count
