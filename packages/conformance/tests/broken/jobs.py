# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Job ledgers that each break one promise."""

from __future__ import annotations

from collections import Counter

from claude_mem_conformance.jobs import JobContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    UNSETTLED,
    Lane,
    WaitingSession,
    is_due,
)
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
    def idle_sessions(self, *, before, after):
        return [
            (job.server_session_id, job.scope)
            for job in self._state.jobs.values()
            if job.skip_reason == "turn_open"
            and not before <= job.updated_at_epoch <= after
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


class OtherHeadsForClaims(InProcessJobs):
    """Looks at the sessions' heads in its own way when it claims, and only then."""

    def claim(self, *, now, **more):
        self._now = now
        claim = super().claim(now=now, **more)
        self._now = None
        return claim

    def _heads(self, session_id):
        if getattr(self, "_now", None) is None:
            return super()._heads(session_id)
        heads = {}
        for job in filter(self._counts, self._unsettled(session_id)):
            heads.setdefault(job.server_session_id, job)
        return iter(heads.values())


@breaks(JobContract.test_one_at_a_time, "jobs")
class ManyAtATime(OtherHeadsForClaims):
    def _counts(self, job):
        return job.status == "queued"


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
    def recover(self, *, now, latest):
        before = list(self._unsettled())
        count = super().recover(now=now, latest=latest)
        back = [job for job in before if self._state.jobs[job.id] != job]
        for job in back[1:]:
            self._put(job)
        return min(count, 1)


@breaks(JobContract.test_a_waiting_head_holds_its_session, "jobs")
class AWaitingHeadIsOvertaken(OtherHeadsForClaims):
    def _counts(self, job):
        return job.status == "processing" or is_due(job, now=self._now)


@breaks(JobContract.test_a_failed_head_frees_its_session, "jobs")
class AFailedHeadStays(InProcessJobs):
    def _heads(self, session_id):
        jobs = list(self._state.jobs.values())
        for head in super()._heads(session_id):
            ours = [j for j in jobs if j.server_session_id == head.server_session_id]
            place = ours.index(head)
            if place == 0 or ours[place - 1].status != "failed":
                yield head


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
    def recover(self, *, now, latest):
        before = list(self._unsettled())
        count = super().recover(now=now, latest=latest)
        for job in before:
            after = self._state.jobs[job.id]
            if after.lost_leases > job.lost_leases:
                self._put(after.changed(attempts=after.attempts + 1))
        return count


@breaks(JobContract.test_a_failure_costs_an_attempt, "jobs")
class AttemptsNeverEnd(InProcessJobs):
    def fail(self, claim, *, retry_at, **more):
        job = self._held(claim)
        if retry_at is not None:
            self._put(job.changed(max_attempts=job.attempts + 2))
        return super().fail(claim, retry_at=retry_at, **more)


@breaks(JobContract.test_the_next_job_is_of_the_session_asked_for, "jobs")
class AnIdleSessionGetsOthersWork(InProcessJobs):
    def claim(self, *, session_id=None, **more):
        wanted = session_id if self.depth(session_id) else None
        return super().claim(session_id=wanted, **more)


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


@breaks(JobContract.test_a_postponed_job_waits_and_tells_why, "jobs")
class APostponementCosts(InProcessJobs):
    def postpone(self, claim, **more):
        job = super().postpone(claim, **more)
        return self._put(job.changed(attempts=job.attempts + 1)) or job


@breaks(JobContract.test_a_failure_is_told, "jobs")
class ErrorsAreLost(InProcessJobs):
    def fail(self, claim, **more):
        job = super().fail(claim, **more).changed(last_error="failed")
        self._put(job)
        return job


@breaks(JobContract.test_recovering_counts, "jobs")
class RecoveryDoesNotCount(InProcessJobs):
    def recover(self, *, now, latest):
        return 0 * super().recover(now=now, latest=latest)


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


@breaks(JobContract.test_the_jobs_that_a_query_asks_for, "jobs")
class EveryStateIsListed(InProcessJobs):
    def list(self, query, *, scope):
        return super().list(query.changed(status=None), scope=scope)


@breaks(JobContract.test_no_list_shows_a_job_outside_the_scope, "jobs")
class OperatorsSeeAll(InProcessJobs):
    def list(self, query, *, scope):
        return super().list(query, scope=Scope(scope.team_id))


@breaks(JobContract.test_a_log_tells_every_move, "jobs")
class TheLogForgetsWho(InProcessJobs):
    def log(self, job_id, *, scope):
        return [one.changed(worker=None) for one in super().log(job_id, scope=scope)]


@breaks(JobContract.test_the_log_tells_of_losses_and_ends, "jobs")
class TheLogForgetsCancelling(InProcessJobs):
    def log(self, job_id, *, scope):
        told = super().log(job_id, scope=scope)
        return [one for one in told if one.event != "cancelled"]


@breaks(JobContract.test_each_kind_has_its_lane, "jobs")
class EmptyLanesAreLeftOut(InProcessJobs):
    def lanes(self):
        lanes = super().lanes()
        return {kind: lane for kind, lane in lanes.items() if lane != Lane()}


@breaks(JobContract.test_the_sessions_that_wait, "jobs")
class HeldSessionsWaitToo(InProcessJobs):
    def waiting(self, *, now, limit):
        heads = (job for job in self._heads(None) if job.status == "queued")
        return [WaitingSession(j.server_session_id, j.kind) for j in heads][:limit]


@breaks(JobContract.test_since_when_work_is_due, "jobs")
class WhatIsBehindTheHeadIsDue(InProcessJobs):
    def due_since(self, *, now):
        since = super().due_since(now=now)
        jobs = [j.available_at_epoch for j in self._unsettled() if j.status == "queued"]
        return since and min(now, *jobs)


@breaks(JobContract.test_when_a_job_moved_last, "jobs")
class PuttingInIsAMove(InProcessJobs):
    def last_move(self):
        put = [job.created_at_epoch for job in self._state.jobs.values()]
        return max([super().last_move() or 0, *put], default=None)


@breaks(JobContract.test_a_clock_that_goes_back_holds_no_job_up, "jobs")
class WaitsForTheOldClock(InProcessJobs):
    def claim(self, *, now, **more):
        claim = super().claim(now=now, **more)
        if claim and claim.job.available_at_epoch > now:
            raise ConflictError("not yet")
        return claim


@breaks(JobContract.test_a_lease_of_another_clock_has_ended, "jobs")
class LeasesOfAnotherClockLast(InProcessJobs):
    def recover(self, *, now, latest):
        return super().recover(now=now, latest=now * 2)


@breaks(JobContract.test_an_ended_job_stays_as_it_ended, "jobs")
class FailedJobsCanBeCancelled(InProcessJobs):
    def cancel(self, job_id, *, scope, now):
        job = self.get(job_id, scope=scope)
        if job.status == "failed":
            return self._move(job, "cancelled", now=now)
        return super().cancel(job_id, scope=scope, now=now)


@breaks(JobContract.test_a_job_is_put_in_again, "jobs")
class RetriesKeepTheirAttempts(InProcessJobs):
    def retry(self, job_id, *, scope, **more):
        before = self.get(job_id, scope=scope)
        job = super().retry(job_id, scope=scope, **more)
        if job != before:
            job = job.changed(attempts=before.attempts, retries=before.retries)
            self._put(job)
        return job


@breaks(JobContract.test_what_waits_already_is_not_put_in_again, "jobs")
class RetriesMakeDoubles(InProcessJobs):
    def retry(self, job_id, *, scope, now, api_key_id=None):
        job = self.get(job_id, scope=scope)
        if job.status != "cancelled":
            more = {"now": now, "api_key_id": api_key_id}
            return super().retry(job_id, scope=scope, **more)
        again = job.changed(
            retries=job.retries + 1, available_at_epoch=now, api_key_id=api_key_id
        )
        return self._move(again, "queued", now=now)


@breaks(JobContract.test_a_job_is_cancelled, "jobs")
class ClaimedJobsAreNotCancelled(InProcessJobs):
    def cancel(self, job_id, *, scope, now):
        job = self.get(job_id, scope=scope)
        if job.status == "processing":
            return job
        return super().cancel(job_id, scope=scope, now=now)


@breaks(JobContract.test_a_clock_that_differs_a_little_does_not_shorten_a_delay, "jobs")
class AnyLaterClockIsAnother(InProcessJobs):
    def claim(self, *, now, **more):
        for head in self._heads(None):
            if head.status == "queued" and head.updated_at_epoch > now:
                self._put(head.changed(available_at_epoch=now))
        return super().claim(now=now, **more)


@breaks(JobContract.test_the_leases_that_last_are_counted, "jobs")
class EndedLeasesLast(InProcessJobs):
    def leases(self, *, now):
        return super().leases(now=0)


@breaks(JobContract.test_one_at_a_time_when_an_earlier_one_is_put_in_again, "jobs")
class WhatIsPutInAgainGoesAhead(InProcessJobs):
    def _heads(self, session_id):
        seen = set()
        for job in self._unsettled(session_id):
            if job.server_session_id not in seen:
                seen.add(job.server_session_id)
                yield job


@breaks(JobContract.test_a_failure_is_told_anew, "jobs")
class LogsKeepWhatWasTold(InProcessJobs):
    def retell(self, job_id, telling, *, scope):
        told = dict(self._state.job_events)
        super().retell(job_id, telling, scope=scope)
        self._state.job_events = told
