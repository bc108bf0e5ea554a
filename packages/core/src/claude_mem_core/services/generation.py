# SPDX-License-Identifier: Apache-2.0
"""Generation: from a job of the ledger to memories, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.feedback import MemoryUse
from claude_mem_core.domain.generation_job import (
    LONGEST_ERROR,
    Claim,
    Failure,
    GenerationJob,
    retry_delay,
)
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import (
    ClaudeMemError,
    ConflictError,
    GeneratorError,
    GeneratorPausedError,
    QueueError,
    StorageError,
)
from claude_mem_core.ports.generator import (
    Generation,
    ModelCallError,
    ObservationGenerator,
)
from claude_mem_core.ports.queue import AT_ONCE, ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.access import still_counts
from claude_mem_core.services.audited import acting_as_system, record
from claude_mem_core.services.claims import Claims
from claude_mem_core.services.making import made_of, memories_of
from claude_mem_core.services.renewal import Renewal
from claude_mem_core.services.spending import write_down
from claude_mem_core.services.succession import Newcomer, introduced, keep
from claude_mem_core.services.tasks import Task, task_of
from claude_mem_core.services.uses import touched

PAUSE_AFTER_ERROR = timedelta(seconds=1)
REINDEXED_AT_ONCE = 500
"""Memories of one transaction: others can write between two of them."""

REVOKED = "the key that asked for it counts no more; retry it with another"
"""What a job fails with whose key was revoked meanwhile."""

log = logging.getLogger(__name__)


class Generator:
    """The worker's deeds: it turns claimed jobs into memories."""

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        generator: ObservationGenerator,
        system: System,
        keeping: Keeping = KEEPING,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._generator = generator
        self._system = system
        self._keeping = keeping

    def work(self, *, wait: timedelta = AT_ONCE) -> bool:
        """Do the next job; False when none came while waiting."""
        claim = self._queue.claim(wait=wait)
        if claim is None:
            return False
        self._attempt(claim)
        return True

    def drain(
        self,
        session_id: str | None = None,
        *,
        idle: timedelta = AT_ONCE,
        stop: StopSignal | None = None,
        worker: str | None = None,
    ) -> int:
        """Do every job that there is, of a session or of all; how many there were.

        Args:
            session_id: Whose jobs.
            idle: It ends when no job came for so long.
            stop: Ends it after the present job.
            worker: The name in which the jobs are claimed.
        """
        claims = Claims(
            self._queue,
            stop or StopSignal(),
            session_id=session_id,
            idle=idle,
            worker=worker,
        )
        done = 0
        for claim in claims.each():
            self._attempt(claim)
            done += 1
        return done

    def _attempt(self, claim: Claim) -> None:
        try:
            self._do(claim)
        except (StorageError, QueueError):
            # Not the job's fault: somebody else may have more luck with it.
            self._let_go(claim)
            raise
        except Exception as error:  # noqa: BLE001 - a generator may raise anything
            self._give_up(claim, error)

    def _let_go(self, claim: Claim) -> None:
        try:
            self._queue.release(claim, after=PAUSE_AFTER_ERROR)
        except ClaudeMemError as error:
            # It comes back when its lease ends.
            log.warning("job %s is not given back: %s", claim.job.id, error)

    def _do(self, claim: Claim) -> None:
        if not self._is_wanted(claim.job):
            self._refuse(claim)
            return
        if claim.job.kind == "reindex":
            with Renewal(self._queue, claim, now=self._system.now()):
                self._reindex(claim.job)
            self._keep(claim, Task("", 0, skip="reindexed"), Generation())
            return
        with self._storage.read() as snapshot:
            task = task_of(snapshot, claim.job, self._keeping)
            uses = touched(snapshot, task, scope=claim.job.scope, system=self._system)
        if task.skip is not None:
            self._keep(claim, task, Generation())
            return
        with Renewal(self._queue, claim, now=self._system.now()):
            made = made_of(self._generator, task)
        if not made.memories and made.skip is None:
            # A job that is completed has memories, or a reason why there are none.
            message = f"{self._generator.name} gave neither memories nor a reason"
            error = GeneratorError(message, kind="parse_error")
            raise ModelCallError(error, made.usage)
        self._keep(claim, task, made, uses)

    def _is_wanted(self, job: GenerationJob) -> bool:
        """Whether the key that asked for the work still counts."""
        if job.api_key_id is None:
            return True
        with self._storage.read() as snapshot:
            now = self._system.now()
            return still_counts(snapshot, job.api_key_id, scope=job.scope, now=now)

    def _refuse(self, claim: Claim) -> None:
        """Fail a job whose key was revoked, or ran out, since it asked for the work."""
        log.warning("job %s is refused: its key counts no more", claim.job.id)
        failure = Failure("unrecoverable", REVOKED)
        deed = AuditDeed(
            action="generation_job.revoked_key",
            project_id=claim.job.project_id,
            target_type="generation_job",
            target_id=claim.job.id,
        )
        with self._storage.begin() as tx:
            now = self._system.now()
            tx.jobs.fail(claim, now=now, failure=failure, retry_at=None)
            by = acting_as_system(claim.job.scope)
            record(tx, deed, by=by, system=self._system)

    def _reindex(self, job: GenerationJob) -> None:
        """Write anew what finds a project's memories, a page at a time."""
        after: str | None = None
        while True:
            with self._storage.begin() as tx:
                page = tx.memories.page(
                    job.project_id,
                    scope=job.scope,
                    after=after,
                    limit=REINDEXED_AT_ONCE,
                )
                for item in page:
                    tx.memories.reindex(item.id)
            if len(page) < REINDEXED_AT_ONCE:
                return
            after = page[-1].id

    def _keep(
        self,
        claim: Claim,
        task: Task,
        made: Generation,
        uses: Sequence[MemoryUse] = (),
    ) -> None:
        now, skip = self._system.now(), task.skip or made.skip
        newcomers = self._newcomers(claim.job, task, made)
        with self._storage.begin() as tx:
            self._write_down(tx, claim.job, made.usage)
            try:
                tx.jobs.settle(claim, now=now, skip=skip)
            except ConflictError as error:
                # The lease was lost meanwhile: whoever holds the job now writes it.
                log.warning("the result of job %s is dropped: %s", claim.job.id, error)
                return
            for use in uses:
                tx.packs.note(use)
            if newcomers:
                self._store(tx, claim.job, task, newcomers)

    def _newcomers(
        self, job: GenerationJob, task: Task, made: Generation
    ) -> Sequence[Newcomer]:
        if not made.memories:
            return []
        items = memories_of(
            self._generator, task, made, system=self._system, keeping=self._keeping
        )
        with self._storage.read() as snapshot:
            return introduced(snapshot, items, scope=job.scope)

    def _store(
        self,
        tx: Transaction,
        job: GenerationJob,
        task: Task,
        newcomers: Sequence[Newcomer],
    ) -> None:
        keep(tx, task.stem, newcomers, scope=job.scope)
        deed = AuditDeed(
            action="observation.created",
            project_id=job.project_id,
            target_type="generation_job",
            target_id=job.id,
            metadata={"count": len(newcomers)},
        )
        record(tx, deed, by=acting_as_system(job.scope), system=self._system)

    def _give_up(self, claim: Claim, error: Exception) -> None:
        log.warning("job %s failed: %s", claim.job.id, self._keeping.traced(error))
        with self._storage.begin() as tx:
            if isinstance(error, ModelCallError):
                self._write_down(tx, claim.job, error.usage)
            try:
                self._fail(tx, claim, error)
            except ConflictError as lost:
                log.warning("the failure of job %s is dropped: %s", claim.job.id, lost)

    def _write_down(
        self, tx: Transaction, job: GenerationJob, usage: Sequence[Usage]
    ) -> None:
        write_down(tx, usage, job.scope, system=self._system, job_id=job.id)

    def _fail(self, tx: Transaction, claim: Claim, error: Exception) -> None:
        told = self._keeping.told(error)[:LONGEST_ERROR]
        now, failure = self._system.now(), _failure_of(error, told)
        if isinstance(error, GeneratorPausedError):
            until = now + millis(error.lasts)
            tx.jobs.postpone(claim, now=now, failure=failure, until=until)
            return
        delay = retry_delay(claim.job, failure)
        retry_at = None if delay is None else now + millis(delay)
        tx.jobs.fail(claim, now=now, failure=failure, retry_at=retry_at)


def _failure_of(error: Exception, told: str) -> Failure:
    if isinstance(error, GeneratorError):
        return Failure(error.kind, told, error.retry_after)
    return Failure("unrecoverable", told)
