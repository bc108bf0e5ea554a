# SPDX-License-Identifier: Apache-2.0
"""The job ledger in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    MAX_LOST_LEASES,
    UNSETTLED,
    Claim,
    GenerationJob,
    JobStatus,
    SkipReason,
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
    def depth(self, session_id: str | None = None) -> int:
        return sum(1 for _ in self._unsettled(session_id))

    @override
    def counts(self) -> Mapping[JobStatus, int]:
        return Counter(job.status for job in self._state.jobs.values())

    @override
    def oldest_waiting(self) -> int | None:
        waiting = (job for job in self._unsettled() if job.status == "queued")
        return min((job.created_at_epoch for job in waiting), default=None)

    @override
    def idle_sessions(self, *, before: int) -> Sequence[tuple[str, Scope]]:
        newest = {job.server_session_id: job for job in self._state.jobs.values()}
        return [
            (session_id, job.scope)
            for session_id, job in newest.items()
            if job.skip_reason == "turn_open" and job.updated_at_epoch < before
        ]

    @override
    def add(self, job: GenerationJob) -> bool:
        if any(other.dedupe_key == job.dedupe_key for other in self._unsettled()):
            return False
        # Out and in again: a settled job that is put once more goes to the end, and
        # its claims count on, so that a claim of its first life stays void.
        known = self._state.jobs.pop(job.id, job)
        self._put(job.changed(claims=known.claims))
        if job.kind == "event":
            self._state.event_jobs[job.source_id] = job.id
        return True

    @override
    def claim(
        self, *, now: int, lease_until: int, session_id: str | None = None
    ) -> Claim | None:
        for head in self._heads(session_id):
            if head.status == "queued" and head.available_at_epoch <= now:
                claimed = head.changed(
                    status="processing",
                    claims=head.claims + 1,
                    lease_until_epoch=lease_until,
                    updated_at_epoch=now,
                )
                return self._claim_on(claimed)
        return None

    @override
    def extend(self, claim: Claim, *, until: int) -> Claim:
        job = self._held(claim)
        return self._claim_on(job.changed(lease_until_epoch=until))

    @override
    def settle(self, claim: Claim, *, now: int, skip: SkipReason | None = None) -> None:
        self._end(self._held(claim), now=now, status="completed", skip_reason=skip)

    @override
    def release(self, claim: Claim, *, now: int, available_at: int) -> None:
        job = self._held(claim)
        self._end(job, now=now, status="queued", available_at_epoch=available_at)

    @override
    def fail(
        self, claim: Claim, *, now: int, error: str, retry_at: int | None
    ) -> GenerationJob:
        job = self._held(claim)
        spent: dict[str, object] = {"attempts": job.attempts + 1, "last_error": error}
        if retry_at is None or job.attempts + 1 >= job.max_attempts:
            return self._end(job, now=now, status="failed", **spent)
        spent["available_at_epoch"] = retry_at
        return self._end(job, now=now, status="queued", **spent)

    @override
    def recover(self, *, now: int) -> int:
        lost = [job for job in self._unsettled() if _is_lost(job, now)]
        for job in lost:
            times = job.lost_leases + 1
            gone = times >= MAX_LOST_LEASES
            status: JobStatus = "failed" if gone else "queued"
            error = f"{times} workers went away while at it" if gone else None
            self._end(job, now=now, status=status, lost_leases=times, last_error=error)
        return len(lost)

    @override
    def reset(self, session_id: str, *, now: int) -> int:
        jobs = list(self._unsettled(session_id))
        claimed = [job for job in jobs if job.status == "processing"]
        for job in claimed:
            self._end(job, now=now, status="queued")
        return len(claimed)

    @override
    def clear(self, session_id: str, *, now: int) -> int:
        jobs = list(self._unsettled(session_id))
        for job in jobs:
            self._end(job, now=now, status="cancelled")
        return len(jobs)

    def _unsettled(self, session_id: str | None = None) -> Iterator[GenerationJob]:
        for job in self._state.unsettled.values():
            if session_id in (None, job.server_session_id):
                yield job

    def _heads(self, session_id: str | None) -> Iterator[GenerationJob]:
        seen = set()
        for job in self._unsettled(session_id):
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

    def _end(self, job: GenerationJob, *, now: int, **changes: object) -> GenerationJob:
        ended = job.changed(lease_until_epoch=None, updated_at_epoch=now, **changes)
        self._put(ended)
        return ended

    def _put(self, job: GenerationJob) -> None:
        self._state.jobs[job.id] = job
        if job.status in UNSETTLED:
            self._state.unsettled[job.id] = job
        else:
            self._state.unsettled.pop(job.id, None)


def _is_lost(job: GenerationJob, now: int) -> bool:
    lease = job.lease_until_epoch
    return job.status == "processing" and lease is not None and lease <= now
