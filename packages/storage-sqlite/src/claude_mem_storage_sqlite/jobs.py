# SPDX-License-Identifier: Apache-2.0
"""The job ledger in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    MAX_LOST_LEASES,
    Claim,
    GenerationJob,
    JobStatus,
    SkipReason,
)
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.jobs import JobLedger
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import WITHIN, Rows, within

JOBS = Rows(GenerationJob, "generation_jobs", as_json=())

_UNSETTLED = "status IN ('queued', 'processing')"
_ONE = f"{JOBS.select} {WITHIN} WHERE r.id = :id"
_OF_SOURCE = (
    f"{JOBS.select} {WITHIN} WHERE r.source_id = :id AND r.kind = 'event'"
    " ORDER BY r.seq DESC LIMIT 1"
)
_NEWEST_OF_SESSIONS = (
    "SELECT max(seq) AS seq FROM generation_jobs GROUP BY server_session_id"
)
_IDLE = (
    "SELECT j.server_session_id, j.team_id, j.project_id"
    f" FROM ({_NEWEST_OF_SESSIONS}) n CROSS JOIN generation_jobs j ON j.seq = n.seq"
    " WHERE j.skip_reason = 'turn_open' AND j.updated_at_epoch < ? ORDER BY j.seq"
)
_NEXT = f"""
    SELECT j.seq FROM generation_jobs j
    WHERE j.{_UNSETTLED} AND j.status = 'queued' AND j.available_at_epoch <= :now
      AND (:session IS NULL OR j.server_session_id = :session)
      AND NOT EXISTS (
        SELECT 1 FROM generation_jobs o WHERE o.{_UNSETTLED}
          AND o.server_session_id = j.server_session_id AND o.seq < j.seq)
    ORDER BY j.seq LIMIT 1
"""
_HEAD = f"""
    SELECT h.seq FROM (
      SELECT seq, status, available_at_epoch FROM generation_jobs
      WHERE {_UNSETTLED} AND server_session_id = :session ORDER BY seq LIMIT 1) h
    WHERE h.status = 'queued' AND h.available_at_epoch <= :now
"""
_HELD = "WHERE id = :id AND status = 'processing' AND claims = :token"
_LET_GO = "lease_until_epoch = NULL, updated_at_epoch = :now"


class SqliteJobs(JobLedger):
    """Jobs."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, job_id: str, *, scope: Scope) -> GenerationJob:
        job = self.find(job_id, scope=scope)
        if job is None:
            raise NotFoundError("job", job_id)
        return job

    @override
    def find(self, job_id: str, *, scope: Scope) -> GenerationJob | None:
        row = self._db.one(_ONE, within(scope, id=job_id))
        return JOBS.value(row) if row else None

    @override
    def of_source(self, event_id: str, *, scope: Scope) -> GenerationJob | None:
        row = self._db.one(_OF_SOURCE, within(scope, id=event_id))
        return JOBS.value(row) if row else None

    @override
    def depth(self, session_id: str | None = None) -> int:
        if session_id is None:
            sql = f"SELECT sum(jobs) FROM job_counts WHERE {_UNSETTLED}"
            return self._db.number(sql)
        sql = f"SELECT count(*) FROM generation_jobs WHERE {_UNSETTLED}"
        return self._db.number(f"{sql} AND server_session_id = ?", [session_id])

    @override
    def counts(self) -> Mapping[JobStatus, int]:
        return dict(self._db.all("SELECT status, jobs FROM job_counts WHERE jobs > 0"))

    @override
    def oldest_waiting(self) -> int | None:
        sql = f"SELECT min(created_at_epoch) FROM generation_jobs WHERE {_UNSETTLED}"
        row = self._db.one(f"{sql} AND status = 'queued'")
        return row[0] if row else None

    @override
    def idle_sessions(self, *, before: int) -> Sequence[tuple[str, Scope]]:
        rows = self._db.all(_IDLE, [before])
        return [(session, Scope(team, project)) for session, team, project in rows]

    @override
    def add(self, job: GenerationJob) -> bool:
        try:
            self._db.run(JOBS.insert, JOBS.row(job))
        except ConflictError:
            return self._add_again(job)
        return True

    @override
    def claim(
        self, *, now: int, lease_until: int, session_id: str | None = None
    ) -> Claim | None:
        row = self._db.one(
            "UPDATE generation_jobs SET status = 'processing', claims = claims + 1,"
            " lease_until_epoch = :until, updated_at_epoch = :now"
            f" WHERE seq = ({_HEAD if session_id else _NEXT})"
            f" RETURNING {JOBS.returned}",
            {"now": now, "until": lease_until, "session": session_id},
        )
        return _claim_on(JOBS.value(row)) if row else None

    @override
    def extend(self, claim: Claim, *, until: int) -> Claim:
        return _claim_on(self._change(claim, "lease_until_epoch = :until", until=until))

    @override
    def settle(self, claim: Claim, *, now: int, skip: SkipReason | None = None) -> None:
        changes = f"status = 'completed', skip_reason = :skip, {_LET_GO}"
        self._change(claim, changes, now=now, skip=skip)

    @override
    def release(self, claim: Claim, *, now: int, available_at: int) -> None:
        changes = f"status = 'queued', available_at_epoch = :later, {_LET_GO}"
        self._change(claim, changes, now=now, later=available_at)

    @override
    def fail(
        self, claim: Claim, *, now: int, error: str, retry_at: int | None
    ) -> GenerationJob:
        ends = ":retry IS NULL OR attempts + 1 >= max_attempts"
        changes = (
            f"status = iif({ends}, 'failed', 'queued'),"
            f" available_at_epoch = iif({ends}, available_at_epoch, :retry),"
            f" attempts = attempts + 1, last_error = :error, {_LET_GO}"
        )
        return self._change(claim, changes, now=now, error=error, retry=retry_at)

    @override
    def recover(self, *, now: int) -> int:
        times = "(lost_leases + 1)"
        done = self._db.run(
            "UPDATE generation_jobs SET"
            f" status = iif({times} >= :most, 'failed', 'queued'),"
            f" last_error = iif({times} >= :most,"
            f" {times} || ' workers went away while at it', NULL),"
            f" lost_leases = {times}, {_LET_GO}"
            " WHERE status = 'processing' AND lease_until_epoch <= :now",
            {"now": now, "most": MAX_LOST_LEASES},
        )
        return done.rowcount

    @override
    def reset(self, session_id: str, *, now: int) -> int:
        done = self._db.run(
            f"UPDATE generation_jobs SET status = 'queued', {_LET_GO}"
            f" WHERE {_UNSETTLED} AND status = 'processing'"
            " AND server_session_id = :session",
            {"now": now, "session": session_id},
        )
        return done.rowcount

    @override
    def clear(self, session_id: str, *, now: int) -> int:
        done = self._db.run(
            f"UPDATE generation_jobs SET status = 'cancelled', {_LET_GO}"
            f" WHERE {_UNSETTLED} AND server_session_id = :session",
            {"now": now, "session": session_id},
        )
        return done.rowcount

    def _add_again(self, job: GenerationJob) -> bool:
        sql = f"SELECT 1 FROM generation_jobs WHERE {_UNSETTLED} AND dedupe_key = ?"
        if self._db.one(sql, [job.dedupe_key]):
            return False
        # Out and in again: a settled job that is put once more goes to the end, and
        # its claims count on, so that a claim of its first life stays void.
        out = "DELETE FROM generation_jobs WHERE id = ? RETURNING claims"
        known = self._db.one(out, [job.id])
        again = job.changed(claims=known[0]) if known else job
        self._db.run(JOBS.insert, JOBS.row(again))
        return True

    def _change(self, claim: Claim, changes: str, **values: object) -> GenerationJob:
        row = self._db.one(
            f"UPDATE generation_jobs SET {changes} {_HELD} RETURNING {JOBS.returned}",
            {"id": claim.job.id, "token": claim.token, **values},
        )
        if row is None:
            raise ConflictError(f"the claim on job {claim.job.id!r} does not count now")
        return JOBS.value(row)


def _claim_on(job: GenerationJob) -> Claim:
    until = job.lease_until_epoch or 0
    return Claim(job=job, token=job.claims, lease_until_epoch=until)
