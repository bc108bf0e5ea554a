# SPDX-License-Identifier: Apache-2.0
"""Jobs, as an operator sees them: looked at, put in again, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.generation_job import (
    UNSETTLED,
    GenerationJob,
    JobDraft,
    JobEvent,
    JobQuery,
    dedupe_key,
    queued_job,
)
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.jobs import JobLedger
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import record
from claude_mem_core.services.borders import require_project

LOOK_EVERY = timedelta(milliseconds=100)
"""How long somebody who waits for a job rests between two looks at it."""


@dataclass(frozen=True, slots=True)
class JobStory:
    """A job, every move that it made, and the calls of a model it took."""

    job: GenerationJob
    events: Sequence[JobEvent]
    calls: Sequence[ModelCall] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A job after an operator acted on it.

    Attributes:
        already: It was where it should go; nothing was changed.
    """

    job: GenerationJob
    already: bool


class Jobs:
    """The jobs of the caller's projects."""

    def __init__(
        self, storage: Storage, queue: ObservationQueueEngine, system: System
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._system = system

    def list(self, query: JobQuery, *, by: Principal) -> Sequence[GenerationJob]:
        """The jobs that a query asks for, newest first."""
        with self._storage.read() as snapshot:
            if query.project_id is not None:
                _require_own_project(snapshot.projects.get, query.project_id, by=by)
            return snapshot.jobs.list(query, scope=by.scope)

    def get(self, job_id: str, *, by: Principal) -> JobStory:
        """The job with this id, its log, and what it took."""
        with self._storage.read() as snapshot:
            job = snapshot.jobs.get(job_id, scope=by.scope)
            return JobStory(
                job,
                snapshot.jobs.log(job_id, scope=by.scope),
                snapshot.model_calls.of_job(job_id, scope=by.scope),
            )

    def ended(
        self, job_id: str, *, by: Principal, within: timedelta, stop: StopSignal
    ) -> GenerationJob:
        """The job once it has ended, or as it is when nobody waits any longer.

        Args:
            job_id: The job.
            by: The caller.
            within: How long to wait at most.
            stop: Ends the waiting at once.
        """
        job = self.get(job_id, by=by).job
        for _ in range(within // LOOK_EVERY):
            if job.status not in UNSETTLED or stop.wait(LOOK_EVERY):
                break
            job = self.get(job_id, by=by).job
        return job

    def retry(
        self, job_id: str, *, by: Principal, request_id: str | None = None
    ) -> Moved:
        """A failed or cancelled job waits again; one that waits already stays so.

        Args:
            job_id: The job.
            by: The caller.
            request_id: The request that asked for it, for the audit entry.

        Raises:
            ConflictError: It is being done, or was completed.
        """
        asked = _Asked("generation_job.retry", by, request_id)
        key = by.key_id
        return self._moved(
            job_id, asked, lambda jobs: partial(jobs.retry, api_key_id=key)
        )

    def cancel(
        self, job_id: str, *, by: Principal, request_id: str | None = None
    ) -> Moved:
        """An unsettled job is cancelled: whoever works on it writes nothing.

        Args:
            job_id: The job.
            by: The caller.
            request_id: The request that asked for it, for the audit entry.

        Raises:
            ConflictError: It was completed, or has failed.
        """
        asked = _Asked("generation_job.cancel", by, request_id)
        return self._moved(job_id, asked, lambda jobs: jobs.cancel)

    def reindex(
        self, project_id: str, *, by: Principal, request_id: str | None = None
    ) -> GenerationJob:
        """The job that writes what finds a project's memories anew.

        Asked for twice, it is one job until it is done.
        """
        now = self._system.now()
        with self._storage.begin() as tx:
            require_project(tx, project_id, by=by)
            job = queued_job(_reindexing(project_id, by=by), now=now)
            if tx.jobs.add(job):
                asked = _Asked("generation_job.reindex", by, request_id)
                self._record(tx, asked, job)
            job = tx.jobs.get(job.id, scope=by.scope)
        self._queue.ring(job.server_session_id, kind=job.kind)
        return job

    def _moved(
        self,
        job_id: str,
        asked: _Asked,
        deed: Callable[[JobLedger], Callable[..., GenerationJob]],
    ) -> Moved:
        scope = asked.by.scope
        with self._storage.begin() as tx:
            before = tx.jobs.get(job_id, scope=scope)
            job = deed(tx.jobs)(job_id, scope=scope, now=self._system.now())
            if job != before:
                self._record(tx, asked, job)
        # It may be done now, or the next job of its session.
        self._queue.ring(job.server_session_id, kind=job.kind)
        return Moved(job, already=job == before)

    def _record(self, tx: Transaction, asked: _Asked, job: GenerationJob) -> None:
        deed = AuditDeed(
            action=asked.action,
            project_id=job.project_id,
            target_type="generation_job",
            target_id=job.id,
            metadata={"requestId": asked.request_id} if asked.request_id else {},
        )
        record(tx, deed, by=asked.by, system=self._system)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an operator asked for, who it was, and in which request."""

    action: str
    by: Principal
    request_id: str | None


def _require_own_project(
    get: Callable[..., object], project_id: str, *, by: Principal
) -> None:
    """Refuse a project that is not the caller's, as if there was none."""
    if by.project_id not in (None, project_id):
        raise NotFoundError("project", project_id)
    get(project_id, scope=by.scope)


def _reindexing(project_id: str, *, by: Principal) -> JobDraft:
    return JobDraft(
        kind="reindex",
        team_id=by.team_id,
        project_id=project_id,
        # It belongs to no session: the project is its own line of work.
        server_session_id=project_id,
        source_id=project_id,
        dedupe_key=dedupe_key("reindex", project_id),
        api_key_id=by.key_id,
    )
