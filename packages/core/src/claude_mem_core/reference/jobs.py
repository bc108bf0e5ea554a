# SPDX-License-Identifier: Apache-2.0
"""The job ledger in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    MAX_LOST_LEASES,
    PREFIXES,
    STATUS_AFTER,
    UNSETTLED,
    Claim,
    Failure,
    GenerationJob,
    JobEvent,
    JobKind,
    JobMove,
    JobQuery,
    JobStatus,
    Lane,
    SkipReason,
    WaitingSession,
    is_cancelled_already,
    is_due,
    waits_already,
)
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.jobs import JobLedger
from claude_mem_core.reference.projects import is_within
from claude_mem_core.reference.state import State


class InProcessJobs(JobLedger):
    """Jobs."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, job_id: str, *, scope: Scope) -> GenerationJob:
        job = self.find(job_id, scope=scope)
        if job is None:
            raise NotFoundError("job", job_id)
        return job

    @override
    def find(self, job_id: str, *, scope: Scope) -> GenerationJob | None:
        job = self._state.jobs.get(job_id)
        if job is None or not is_within(self._state, job.project_id, scope):
            return None
        return job

    @override
    def of_source(self, event_id: str, *, scope: Scope) -> GenerationJob | None:
        return self.find(self._state.event_jobs.get(event_id, ""), scope=scope)

    @override
    def list(self, query: JobQuery, *, scope: Scope) -> Sequence[GenerationJob]:
        newest = reversed(list(self._state.jobs.values()))
        found = [
            job
            for job in newest
            if is_within(self._state, job.project_id, scope) and _is_asked(job, query)
        ]
        return found[query.offset : query.offset + query.limit]

    @override
    def log(self, job_id: str, *, scope: Scope) -> Sequence[JobEvent]:
        job = self.get(job_id, scope=scope)
        return self._state.job_events.get(job.id, ())

    @override
    def depth(self, session_id: str | None = None) -> int:
        return sum(1 for _ in self._unsettled(session_id))

    @override
    def counts(self) -> Mapping[JobStatus, int]:
        return Counter(job.status for job in self._state.jobs.values())

    @override
    def lanes(self) -> Mapping[JobKind, Lane]:
        return {kind: self._lane(kind) for kind in PREFIXES}

    @override
    def waiting(self, *, now: int, limit: int) -> Sequence[WaitingSession]:
        found = [
            WaitingSession(head.server_session_id, head.kind)
            for head in self._heads(None)
            if is_due(head, now=now)
        ]
        return found[:limit]

    @override
    def due_since(self, *, now: int) -> int | None:
        due = (head for head in self._heads(None) if is_due(head, now=now))
        return min((min(job.available_at_epoch, now) for job in due), default=None)

    @override
    def leases(self, *, now: int) -> int:
        ends = (job.lease_until_epoch or 0 for job in self._unsettled())
        return sum(end > now for end in ends)

    @override
    def last_move(self) -> int | None:
        moves = (event for log in self._state.job_events.values() for event in log[1:])
        return max((event.created_at_epoch for event in moves), default=None)

    @override
    def oldest_waiting(self) -> int | None:
        waiting = (job for job in self._unsettled() if job.status == "queued")
        return min((job.created_at_epoch for job in waiting), default=None)

    @override
    def idle_sessions(self, *, before: int, after: int) -> Sequence[tuple[str, Scope]]:
        newest = {job.server_session_id: job for job in self._state.jobs.values()}
        return [
            (session_id, job.scope)
            for session_id, job in newest.items()
            if job.skip_reason == "turn_open"
            and not before <= job.updated_at_epoch <= after
        ]

    @override
    def retell(
        self, job_id: str, telling: Callable[[str], str], *, scope: Scope
    ) -> None:
        job = self.get(job_id, scope=scope)
        told = self._state.job_events.get(job.id, ())
        self._state.job_events[job.id] = tuple(
            one.changed(reason=one.reason and telling(one.reason)) for one in told
        )
        again = job.changed(last_error=job.last_error and telling(job.last_error))
        self._state.jobs[job.id] = again
        if job.id in self._state.unsettled:
            self._state.unsettled[job.id] = again

    @override
    def add(self, job: GenerationJob) -> bool:
        if any(other.dedupe_key == job.dedupe_key for other in self._unsettled()):
            return False
        # Out and in again: a settled job that is put once more goes to the end, and
        # its claims count on, so that a claim of its first life stays void.
        known = self._state.jobs.pop(job.id, job)
        self._state.job_events.pop(job.id, None)
        fresh = job.changed(claims=known.claims)
        self._put(fresh)
        self._tell(fresh, "queued", now=fresh.created_at_epoch)
        if job.kind == "event":
            self._state.event_jobs[job.source_id] = job.id
        return True

    @override
    def claim(
        self,
        *,
        now: int,
        lease_until: int,
        session_id: str | None = None,
        worker: str | None = None,
    ) -> Claim | None:
        for head in self._heads(session_id):
            if is_due(head, now=now):
                claimed = head.changed(
                    status="processing",
                    claims=head.claims + 1,
                    worker=worker,
                    lease_until_epoch=lease_until,
                    updated_at_epoch=now,
                )
                self._tell(claimed, "processing", now=now)
                return self._claim_on(claimed)
        return None

    @override
    def extend(self, claim: Claim, *, until: int) -> Claim:
        job = self._held(claim)
        return self._claim_on(job.changed(lease_until_epoch=until))

    @override
    def settle(self, claim: Claim, *, now: int, skip: SkipReason | None = None) -> None:
        job = self._held(claim).changed(skip_reason=skip)
        self._move(job, "completed", now=now, reason=skip)

    @override
    def release(self, claim: Claim, *, now: int, available_at: int) -> None:
        job = self._held(claim).changed(available_at_epoch=available_at)
        self._move(job, "queued", now=now)

    @override
    def fail(
        self, claim: Claim, *, now: int, failure: Failure, retry_at: int | None
    ) -> GenerationJob:
        job = self._held(claim)
        job = job.changed(
            attempts=job.attempts + 1,
            error_kind=failure.kind,
            last_error=failure.message,
        )
        if retry_at is None or job.attempts >= job.max_attempts:
            return self._move(job, "failed", now=now, reason=failure.message)
        later = job.changed(available_at_epoch=retry_at)
        return self._move(later, "retry_scheduled", now=now, reason=failure.message)

    @override
    def postpone(
        self, claim: Claim, *, now: int, failure: Failure, until: int
    ) -> GenerationJob:
        job = self._held(claim).changed(
            available_at_epoch=until,
            error_kind=failure.kind,
            last_error=failure.message,
        )
        return self._move(job, "queued", now=now)

    @override
    def recover(self, *, now: int, latest: int) -> int:
        lost = [job for job in self._unsettled() if _is_lost(job, now, latest)]
        for job in lost:
            times = job.lost_leases + ((job.lease_until_epoch or 0) <= now)
            tried = job.changed(lost_leases=times)
            if times >= MAX_LOST_LEASES:
                error = f"{times} workers went away while at it"
                given_up = tried.changed(last_error=error, error_kind="unrecoverable")
                self._move(given_up, "failed", now=now, reason=error)
            else:
                self._move(_due_by(tried, now), "queued", now=now)
        return len(lost)

    @override
    def reset(self, session_id: str, *, now: int) -> int:
        jobs = list(self._unsettled(session_id))
        claimed = [job for job in jobs if job.status == "processing"]
        for job in claimed:
            self._move(_due_by(job, now), "queued", now=now)
        return len(claimed)

    @override
    def clear(self, session_id: str, *, now: int) -> int:
        jobs = list(self._unsettled(session_id))
        for job in jobs:
            self._move(job, "cancelled", now=now)
        return len(jobs)

    @override
    def retry(
        self, job_id: str, *, scope: Scope, now: int, api_key_id: str | None = None
    ) -> GenerationJob:
        job = self.get(job_id, scope=scope)
        if waits_already(job):
            return job
        if any(other.dedupe_key == job.dedupe_key for other in self._unsettled()):
            raise ConflictError(f"the work of job {job_id!r} waits already")
        afresh = job.changed(
            attempts=0,
            lost_leases=0,
            retries=job.retries + 1,
            api_key_id=api_key_id,
            available_at_epoch=now,
        )
        moved = self._move(afresh, "queued", now=now)
        # It stands where it stood, before the jobs that were put after it.
        unsettled = {k: v for k, v in self._state.jobs.items() if v.status in UNSETTLED}
        self._state.unsettled = unsettled
        return moved

    @override
    def cancel(self, job_id: str, *, scope: Scope, now: int) -> GenerationJob:
        job = self.get(job_id, scope=scope)
        if is_cancelled_already(job):
            return job
        return self._move(job, "cancelled", now=now)

    def _unsettled(self, session_id: str | None = None) -> Iterator[GenerationJob]:
        for job in self._state.unsettled.values():
            if session_id in (None, job.server_session_id):
                yield job

    def _heads(self, session_id: str | None) -> Iterator[GenerationJob]:
        """The first job of each session of which none is being done."""
        jobs = list(self._unsettled(session_id))
        seen = {job.server_session_id for job in jobs if job.status == "processing"}
        for job in jobs:
            if job.server_session_id not in seen:
                seen.add(job.server_session_id)
                yield job

    def _held(self, claim: Claim) -> GenerationJob:
        job = self._state.jobs.get(claim.job.id)
        if job is None or job.status != "processing" or job.claims != claim.token:
            raise ConflictError(f"the claim on job {claim.job.id!r} does not count now")
        return job

    def _claim_on(self, job: GenerationJob) -> Claim:
        self._put(job)
        until = job.lease_until_epoch or 0
        return Claim(job=job, token=job.claims, lease_until_epoch=until)

    def _move(
        self, job: GenerationJob, move: JobMove, *, now: int, reason: str | None = None
    ) -> GenerationJob:
        status = STATUS_AFTER[move]
        moved = job.changed(status=status, lease_until_epoch=None, updated_at_epoch=now)
        self._put(moved)
        self._tell(moved, move, now=now, reason=reason)
        return moved

    def _tell(
        self, job: GenerationJob, move: JobMove, *, now: int, reason: str | None = None
    ) -> None:
        event = JobEvent(
            job_id=job.id,
            event=move,
            attempt=job.attempts,
            claim=job.claims,
            worker=job.worker,
            reason=reason,
            created_at_epoch=now,
        )
        told = self._state.job_events.get(job.id, ())
        self._state.job_events[job.id] = (*told, event)

    def _lane(self, kind: JobKind) -> Lane:
        ours = [job for job in self._state.jobs.values() if job.kind == kind]
        waiting = [job.created_at_epoch for job in ours if job.status == "queued"]
        return Lane(
            depth=sum(job.status in UNSETTLED for job in ours),
            oldest_waiting_epoch=min(waiting, default=None),
            failed=sum(job.status == "failed" for job in ours),
        )

    def _put(self, job: GenerationJob) -> None:
        self._state.jobs[job.id] = job
        if job.status in UNSETTLED:
            self._state.unsettled[job.id] = job
        else:
            self._state.unsettled.pop(job.id, None)


def _is_lost(job: GenerationJob, now: int, latest: int) -> bool:
    lease = job.lease_until_epoch
    ended = lease is not None and (lease <= now or lease > latest)
    return job.status == "processing" and ended


def _due_by(job: GenerationJob, now: int) -> GenerationJob:
    """It was due when it was claimed, whatever the clock said then."""
    return job.changed(available_at_epoch=min(job.available_at_epoch, now))


def _is_asked(job: GenerationJob, query: JobQuery) -> bool:
    return (
        query.project_id in (None, job.project_id)
        and query.status in (None, job.status)
        and query.kind in (None, job.kind)
        and query.source_type in (None, job.source_type)
        and job.created_at_epoch >= (query.since or 0)
    )
