# SPDX-License-Identifier: Apache-2.0
"""Jobs, as an operator sees them: looked at, put in again, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.generation_job import (
    GenerationJob,
    JobDraft,
    JobEvent,
    JobQuery,
    dedupe_key,
    queued_job,
)
from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import record
from claude_mem_core.services.borders import require_project


@dataclass(frozen=True, slots=True)
class JobStory:
    """A job, and every move that it made."""

    job: GenerationJob
    events: Sequence[JobEvent]


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

    def of_team(
        self, team_id: str, query: JobQuery, *, by: Principal
    ) -> Sequence[GenerationJob]:
        """The jobs of the caller's own team; any other looks as if it did not exist."""
        if team_id != by.team_id:
            raise NotFoundError("team", team_id)
        return self.list(query, by=by)

    def get(self, job_id: str, *, by: Principal) -> JobStory:
        """The job with this id, and its log."""
        with self._storage.read() as snapshot:
            job = snapshot.jobs.get(job_id, scope=by.scope)
            return JobStory(job, snapshot.jobs.log(job_id, scope=by.scope))

    def retry(self, job_id: str, *, by: Principal) -> Moved:
        """A failed or cancelled job waits again; one that waits already stays so.

        Raises:
            ConflictError: It is being done, or was completed.
        """
        with self._storage.begin() as tx:
            before = tx.jobs.get(job_id, scope=by.scope)
            job = tx.jobs.retry(job_id, scope=by.scope, now=self._system.now())
            moved = self._moved(tx, "generation_job.retry", before, job, by=by)
        self._queue.ring(job.server_session_id, kind=job.kind)
        return moved

    def cancel(self, job_id: str, *, by: Principal) -> Moved:
        """An unsettled job is cancelled: whoever works on it writes nothing.

        Raises:
            ConflictError: It was completed, or has failed.
        """
        with self._storage.begin() as tx:
            before = tx.jobs.get(job_id, scope=by.scope)
            job = tx.jobs.cancel(job_id, scope=by.scope, now=self._system.now())
            moved = self._moved(tx, "generation_job.cancel", before, job, by=by)
        # The next job of its session may go on now.
        self._queue.ring(job.server_session_id, kind=job.kind)
        return moved

    def reindex(self, project_id: str, *, by: Principal) -> GenerationJob:
        """The job that writes what finds a project's memories anew.

        Asked for twice, it is one job until it is done.
        """
        now = self._system.now()
        with self._storage.begin() as tx:
            require_project(tx, project_id, by=by)
            job = queued_job(_reindexing(project_id, by=by), now=now)
            if tx.jobs.add(job):
                self._record(tx, "generation_job.reindex", job, by=by)
            job = tx.jobs.get(job.id, scope=by.scope)
        self._queue.ring(job.server_session_id, kind=job.kind)
        return job

    def _moved(
        self,
        tx: Transaction,
        action: str,
        before: GenerationJob,
        after: GenerationJob,
        *,
        by: Principal,
    ) -> Moved:
        if before == after:
            return Moved(after, already=True)
        self._record(tx, action, after, by=by)
        return Moved(after, already=False)

    def _record(
        self, tx: Transaction, action: str, job: GenerationJob, *, by: Principal
    ) -> None:
        deed = AuditDeed(
            action=action,
            project_id=job.project_id,
            target_type="generation_job",
            target_id=job.id,
        )
        record(tx, deed, by=by, system=self._system)


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
    )
