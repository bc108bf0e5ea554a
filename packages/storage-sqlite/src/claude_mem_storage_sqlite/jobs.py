# SPDX-License-Identifier: Apache-2.0
"""The job ledger in SQLite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    CLOCKS_DIFFER_BY,
    MAX_LOST_LEASES,
    PREFIXES,
    UNSETTLED,
    Claim,
    Failure,
    GenerationJob,
    JobEvent,
    JobKind,
    JobQuery,
    JobStatus,
    Lane,
    SkipReason,
    WaitingSession,
    is_cancelled_already,
    waits_already,
)
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.jobs import JobLedger
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.rows import WITHIN, Rows, within

JOB_EVENTS = "generation_job_events"
JOBS = Rows(GenerationJob, "generation_jobs", as_json=())

_REASONS = (
    f"SELECT e.seq, e.reason FROM {JOB_EVENTS} e"
    " JOIN generation_jobs j ON j.seq = e.job WHERE j.id = ? AND e.reason NOT NULL"
)
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
    " WHERE j.skip_reason = 'turn_open'"
    " AND j.updated_at_epoch NOT BETWEEN :before AND :after ORDER BY j.seq"
)
# What was changed later than now knew a clock that has gone back since.
_OTHER_CLOCK = millis(CLOCKS_DIFFER_BY)
_DUE = (
    "status = 'queued' AND (available_at_epoch <= :now"
    f" OR updated_at_epoch > :now + {_OTHER_CLOCK})"
)
# The head alone does not tell: a job that an operator put in again stands before the
# one of its session that is being done. Few are being done, and their index has them.
_BUSY = (
    "(SELECT server_session_id FROM generation_jobs INDEXED BY generation_jobs_lease"
    " WHERE status = 'processing')"
)
_NEXT = f"""
    SELECT j.seq FROM generation_jobs j WHERE {_UNSETTLED} AND {_DUE}
      AND j.server_session_id NOT IN {_BUSY}
      AND NOT EXISTS (
        SELECT 1 FROM generation_jobs o WHERE o.{_UNSETTLED}
          AND o.server_session_id = j.server_session_id AND o.seq < j.seq)
    ORDER BY j.seq LIMIT 1
"""
_HEAD = f"""
    SELECT h.seq FROM (
      SELECT seq, status, available_at_epoch, updated_at_epoch FROM generation_jobs
      WHERE {_UNSETTLED} AND server_session_id = :session ORDER BY seq LIMIT 1) h
    WHERE {_DUE} AND :session NOT IN {_BUSY}
"""
# From session to session through the index: a session with a hundred thousand jobs
# costs as much as one with a single job.
_HEADS = f"""
    WITH RECURSIVE sessions(id) AS (
      SELECT min(server_session_id) FROM generation_jobs WHERE {_UNSETTLED}
      UNION ALL
      SELECT (SELECT min(server_session_id) FROM generation_jobs
        WHERE {_UNSETTLED} AND server_session_id > sessions.id)
      FROM sessions WHERE id IS NOT NULL)
    SELECT j.server_session_id, j.kind, min(j.available_at_epoch, :now) AS since
    FROM sessions JOIN generation_jobs j ON j.seq = (
      SELECT min(seq) FROM generation_jobs
      WHERE {_UNSETTLED} AND server_session_id = sessions.id)
    WHERE {_DUE} AND j.server_session_id NOT IN {_BUSY} ORDER BY j.seq
"""
_OLDEST = f"""
    SELECT created_at_epoch FROM generation_jobs
    WHERE {_UNSETTLED} AND status = 'queued' AND (:kind IS NULL OR kind = :kind)
    ORDER BY seq LIMIT 1
"""
_LOG = """
    SELECT e.event, e.attempt, e.claim, e.worker, e.reason, e.created_at_epoch
    FROM generation_jobs j JOIN generation_job_events e ON e.job = j.seq
    WHERE j.id = ? ORDER BY e.seq
"""
_HELD = "WHERE id = :id AND status = 'processing' AND claims = :token"
_LET_GO = "lease_until_epoch = NULL, updated_at_epoch = :now"
# It was due when it was claimed, whatever the clock said then.
_DUE_BY_NOW = "available_at_epoch = min(available_at_epoch, :now)"


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
    def list(self, query: JobQuery, *, scope: Scope) -> Sequence[GenerationJob]:
        sql = f"{JOBS.select} {WITHIN} WHERE {_asked(query)}"
        values = query.model_dump(include={*_FILTERS, "since", "limit", "offset"})
        order = "ORDER BY r.seq DESC LIMIT :limit OFFSET :offset"
        rows = self._db.all(f"{sql} {order}", within(scope, **_renamed(values)))
        return [JOBS.value(row) for row in rows]

    @override
    def log(self, job_id: str, *, scope: Scope) -> Sequence[JobEvent]:
        job = self.get(job_id, scope=scope)
        names = ("event", "attempt", "claim", "worker", "reason", "created_at_epoch")
        rows = self._db.all(_LOG, [job_id])
        moves = [
            JobEvent(job_id=job_id, **dict(zip(names, row, strict=True)))
            for row in rows
        ]
        return [_put_in(job, moves), *moves]

    @override
    def depth(self, session_id: str | None = None) -> int:
        if session_id is None:
            sql = f"SELECT sum(jobs) FROM job_counts WHERE {_UNSETTLED}"
            return self._db.number(sql)
        sql = f"SELECT count(*) FROM generation_jobs WHERE {_UNSETTLED}"
        return self._db.number(f"{sql} AND server_session_id = ?", [session_id])

    @override
    def counts(self) -> Mapping[JobStatus, int]:
        sql = "SELECT status, sum(jobs) FROM job_counts GROUP BY status"
        return {status: jobs for status, jobs in self._db.all(sql) if jobs}

    @override
    def lanes(self) -> Mapping[JobKind, Lane]:
        counts: dict[tuple[str, str], int] = {
            (kind, status): jobs
            for kind, status, jobs in self._db.all("SELECT * FROM job_counts")
        }
        return {kind: self._lane(kind, counts) for kind in PREFIXES}

    def _lane(self, kind: JobKind, counts: Mapping[tuple[str, str], int]) -> Lane:
        waiting = counts.get((kind, "queued"), 0)
        return Lane(
            depth=waiting + counts.get((kind, "processing"), 0),
            oldest_waiting_epoch=self._oldest(kind) if waiting else None,
            failed=counts.get((kind, "failed"), 0),
        )

    def _oldest(self, kind: JobKind | None) -> int | None:
        row = self._db.one(_OLDEST, {"kind": kind})
        return row[0] if row else None

    @override
    def waiting(self, *, now: int, limit: int) -> Sequence[WaitingSession]:
        rows = self._db.all(f"{_HEADS} LIMIT :most", {"now": now, "most": limit})
        return [WaitingSession(session, kind) for session, kind, _ in rows]

    @override
    def due_since(self, *, now: int) -> int | None:
        row = self._db.one(f"SELECT min(since) FROM ({_HEADS})", {"now": now})
        return row[0] if row else None

    @override
    def leases(self, *, now: int) -> int:
        sql = "SELECT count(*) FROM generation_jobs WHERE status = 'processing'"
        return self._db.number(f"{sql} AND lease_until_epoch > ?", [now])

    @override
    def last_move(self) -> int | None:
        newest = "SELECT max(seq) FROM generation_job_events"
        sql = (
            f"SELECT created_at_epoch FROM generation_job_events WHERE seq = ({newest})"
        )
        row = self._db.one(sql)
        return row[0] if row else None

    @override
    def oldest_waiting(self) -> int | None:
        return self._oldest(None)

    @override
    def idle_sessions(self, *, before: int, after: int) -> Sequence[tuple[str, Scope]]:
        rows = self._db.all(_IDLE, {"before": before, "after": after})
        return [(session, Scope(team, project)) for session, team, project in rows]

    @override
    def retell(
        self, job_id: str, telling: Callable[[str], str], *, scope: Scope
    ) -> None:
        job = self.get(job_id, scope=scope)
        if job.last_error is not None:
            told = [telling(job.last_error), job.id]
            self._db.run("UPDATE generation_jobs SET last_error = ? WHERE id = ?", told)
        for seq, reason in self._db.all(_REASONS, [job.id]):
            again = [telling(reason), seq]
            self._db.run(f"UPDATE {JOB_EVENTS} SET reason = ? WHERE seq = ?", again)

    @override
    def add(self, job: GenerationJob) -> bool:
        try:
            self._db.run(JOBS.insert, JOBS.row(job))
        except ConflictError:
            return self._add_again(job)
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
        asked = {"now": now, "until": lease_until, "worker": worker}
        if session_id is not None:
            asked["session"] = session_id
        row = self._db.one(
            "UPDATE generation_jobs SET status = 'processing', claims = claims + 1,"
            " worker = :worker, lease_until_epoch = :until, updated_at_epoch = :now"
            f" WHERE seq = ({_HEAD if session_id is not None else _NEXT})"
            f" RETURNING {JOBS.returned}",
            asked,
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
        self, claim: Claim, *, now: int, failure: Failure, retry_at: int | None
    ) -> GenerationJob:
        ends = ":retry IS NULL OR attempts + 1 >= max_attempts"
        changes = (
            f"status = iif({ends}, 'failed', 'queued'),"
            f" available_at_epoch = iif({ends}, available_at_epoch, :retry),"
            " attempts = attempts + 1, last_error = :error, error_kind = :kind,"
            f" {_LET_GO}"
        )
        told = {"error": failure.message, "kind": failure.kind}
        return self._change(claim, changes, now=now, retry=retry_at, **told)

    @override
    def postpone(
        self, claim: Claim, *, now: int, failure: Failure, until: int
    ) -> GenerationJob:
        changes = (
            "status = 'queued', available_at_epoch = :until,"
            f" last_error = :error, error_kind = :kind, {_LET_GO}"
        )
        told = {"error": failure.message, "kind": failure.kind}
        return self._change(claim, changes, now=now, until=until, **told)

    @override
    def recover(self, *, now: int, latest: int) -> int:
        times = "(lost_leases + (lease_until_epoch <= :now))"
        gone = f"{times} >= :most"
        done = self._db.run(
            "UPDATE generation_jobs SET"
            f" status = iif({gone}, 'failed', 'queued'),"
            f" last_error = iif({gone},"
            f" {times} || ' workers went away while at it', last_error),"
            f" error_kind = iif({gone}, 'unrecoverable', error_kind),"
            f" lost_leases = {times}, {_DUE_BY_NOW}, {_LET_GO}"
            " WHERE status = 'processing'"
            " AND (lease_until_epoch <= :now OR lease_until_epoch > :latest)",
            {"now": now, "latest": latest, "most": MAX_LOST_LEASES},
        )
        return done.rowcount

    @override
    def reset(self, session_id: str, *, now: int) -> int:
        done = self._db.run(
            f"UPDATE generation_jobs SET status = 'queued', {_DUE_BY_NOW}, {_LET_GO}"
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

    @override
    def retry(
        self, job_id: str, *, scope: Scope, now: int, api_key_id: str | None = None
    ) -> GenerationJob:
        job = self.get(job_id, scope=scope)
        if waits_already(job):
            return job
        changes = (
            "status = 'queued', attempts = 0, lost_leases = 0, retries = retries + 1,"
            f" available_at_epoch = :now, api_key_id = :key, {_LET_GO}"
        )
        try:
            return self._by_hand(job_id, changes, now=now, key=api_key_id)
        except ConflictError as error:
            message = f"the work of job {job_id!r} waits already"
            raise ConflictError(message) from error

    @override
    def cancel(self, job_id: str, *, scope: Scope, now: int) -> GenerationJob:
        job = self.get(job_id, scope=scope)
        if is_cancelled_already(job):
            return job
        return self._by_hand(job_id, f"status = 'cancelled', {_LET_GO}", now=now)

    def _by_hand(
        self, job_id: str, changes: str, *, now: int, key: str | None = None
    ) -> GenerationJob:
        row = self._db.one(
            f"UPDATE generation_jobs SET {changes} WHERE id = :id"
            f" RETURNING {JOBS.returned}",
            {"id": job_id, "now": now, "key": key},
        )
        if row is None:
            raise NotFoundError("job", job_id)
        return JOBS.value(row)

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


_FILTERS = ("project_id", "status", "kind", "source_type")


def _asked(query: JobQuery) -> str:
    """The conditions of a query; a state is spelled out, so that its index counts."""
    conditions = ["r.created_at_epoch >= ifnull(:since, 0)"]
    conditions += [
        f"r.{name} = :of_{name}" for name in _FILTERS if getattr(query, name)
    ]
    if query.status == "failed":
        conditions.append("r.status = 'failed'")
    elif query.status in UNSETTLED:
        conditions.append(f"r.{_UNSETTLED}")
    return " AND ".join(conditions)


def _renamed(values: Mapping[str, object]) -> Mapping[str, object]:
    """The filters' values under names that no parameter of a scope has."""
    return {f"of_{k}" if k in _FILTERS else k: v for k, v in values.items()}


def _put_in(job: GenerationJob, moves: Sequence[JobEvent]) -> JobEvent:
    """The first entry of a log, which the job's own row tells: it is not written."""
    first = moves[0] if moves else None
    claims = first.claim if first else job.claims
    return JobEvent(
        job_id=job.id,
        event="queued",
        attempt=0,
        claim=claims - 1 if first and first.event == "processing" else claims,
        created_at_epoch=job.created_at_epoch,
    )
