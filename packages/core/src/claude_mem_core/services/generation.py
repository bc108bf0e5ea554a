# SPDX-License-Identifier: Apache-2.0
"""Generation: from a job of the ledger to memories, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from threading import Event

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.generation_job import Claim, GenerationJob
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft
from claude_mem_core.errors import (
    ConflictError,
    GeneratorError,
    QueueError,
    StorageError,
)
from claude_mem_core.ports.generator import (
    FinishedSession,
    Generation,
    ObservationGenerator,
    Turn,
)
from claude_mem_core.ports.queue import AT_ONCE, ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import record
from claude_mem_core.services.memories import remembered
from claude_mem_core.services.renewal import Renewal
from claude_mem_core.services.tasks import Task, task_of
from claude_mem_core.services.work import job_for, put_once

RETRY_AFTER = timedelta(seconds=5)
PAUSE_AFTER_ERROR = timedelta(seconds=1)
LOOK_AROUND_EVERY = timedelta(seconds=10)
LONGEST_ERROR = 500
"""Characters of an error's message that the ledger keeps."""

log = logging.getLogger(__name__)


class Generator:
    """The worker's deeds: it turns claimed jobs into memories."""

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        generator: ObservationGenerator,
        system: System,
        *,
        idle_turn: timedelta,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._generator = generator
        self._system = system
        self._idle_turn = idle_turn

    def work(self, *, wait: timedelta = AT_ONCE) -> bool:
        """Do the next job; False when none came while waiting."""
        claim = self._queue.claim(wait=wait)
        if claim is None:
            return False
        try:
            self._do(claim)
        except (StorageError, QueueError):
            # Not the job's fault: it comes back when its lease ends.
            raise
        except Exception as error:  # noqa: BLE001 - a generator may raise anything
            self._give_up(claim, error)
        return True

    def drain(self) -> int:
        """Do every job that there is; how many there were."""
        done = 0
        while self.work():
            done += 1
        return done

    def close_idle_turns(self) -> int:
        """Put in the work of turns that nobody ended; how many there were."""
        before = self._system.now() - int(self._idle_turn.total_seconds() * 1000)
        with self._storage.read() as snapshot:
            idle = snapshot.jobs.idle_sessions(before=before)
        for session_id, scope in idle:
            self._close_turn(session_id, scope)
        return len(idle)

    def recover(self) -> int:
        """Bring back the jobs of workers that went away; how many there were."""
        with self._storage.begin() as tx:
            return tx.jobs.recover(now=self._system.now())

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; an error is logged and never ends the loop."""
        looked = None
        while not stop.is_set():
            try:
                now = self._system.now()
                if looked is None or abs(now - looked) >= _millis(LOOK_AROUND_EVERY):
                    looked = now
                    self.recover()
                    self.close_idle_turns()
                self.work(wait=timedelta(seconds=1))
            except Exception:
                log.exception("the generation worker met an error and goes on")
                stop.wait(PAUSE_AFTER_ERROR.total_seconds())

    def _close_turn(self, session_id: str, scope: Scope) -> None:
        by = _worker(scope)
        with self._storage.begin() as tx:
            session = tx.sessions.get(session_id, scope=scope)
            last = tx.events.last(session_id, scope=scope)
            if last is not None:
                now = self._system.now()
                job = job_for("event-batch", session, last[0], by=by, now=now)
                put_once(tx, job, by=by)
        self._queue.ring(session_id)

    def _do(self, claim: Claim) -> None:
        with self._storage.read() as snapshot:
            task = task_of(snapshot, claim.job)
        if task.skip is not None:
            self._keep(claim, task, Generation())
            return
        with Renewal(self._queue, claim, now=self._system.now()):
            made = self._made(task.work)
        self._keep(claim, task, made)

    def _made(self, work: Turn | FinishedSession | None) -> Generation:
        if isinstance(work, Turn):
            return self._generator.observe(work)
        if isinstance(work, FinishedSession):
            return self._generator.summarise(work)
        return Generation()

    def _keep(self, claim: Claim, task: Task, made: Generation) -> None:
        now, skip = self._system.now(), task.skip or made.skip
        with self._storage.begin() as tx:
            try:
                tx.jobs.settle(claim, now=now, skip=skip)
            except ConflictError as error:
                # The lease was lost meanwhile: whoever holds the job now writes it.
                log.warning("the result of job %s is dropped: %s", claim.job.id, error)
                return
            if made.memories:
                self._store(tx, claim.job, task, made.memories)

    def _store(
        self,
        tx: Transaction,
        job: GenerationJob,
        task: Task,
        drafts: Sequence[MemoryItemDraft],
    ) -> None:
        scope = job.scope
        for index, draft in enumerate(drafts):
            item = self._item(draft, happened=task.happened)
            _put(tx, item, key=f"{task.stem}:{index}", scope=scope)
        _drop_rest(tx, task.stem, len(drafts), scope=scope)
        deed = AuditDeed(
            action="observation.created",
            project_id=job.project_id,
            target_type="generation_job",
            target_id=job.id,
            metadata={"count": len(drafts)},
        )
        record(tx, deed, by=_worker(scope), system=self._system)

    def _item(self, draft: MemoryItemDraft, *, happened: int) -> MemoryItem:
        metadata = {"generator": self._generator.name, **draft.metadata}
        return remembered(
            draft.changed(metadata=metadata),
            system=self._system,
            created=happened,
        )

    def _give_up(self, claim: Claim, error: Exception) -> None:
        log.warning("job %s failed: %s", claim.job.id, error, exc_info=error)
        now = self._system.now()
        again = isinstance(error, GeneratorError) and error.retryable
        retry_at = now + _millis(RETRY_AFTER) if again else None
        try:
            with self._storage.begin() as tx:
                told = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
                tx.jobs.fail(claim, now=now, error=told, retry_at=retry_at)
        except ConflictError as lost:
            log.warning("the failure of job %s is dropped: %s", claim.job.id, lost)


def _put(tx: Transaction, item: MemoryItem, *, key: str, scope: Scope) -> None:
    known = tx.memories.find(key, scope=scope)
    if known is None:
        tx.memories.add(item, key=key)
        return
    sources = [source.changed(memory_item_id=known.id) for source in item.sources]
    tx.memories.replace(item.changed(id=known.id, sources=tuple(sources)))


def _drop_rest(tx: Transaction, stem: str, kept: int, *, scope: Scope) -> None:
    for index in count(kept):
        known = tx.memories.find(f"{stem}:{index}", scope=scope)
        if known is None:
            return
        tx.memories.remove(known.id)


def _worker(scope: Scope) -> Principal:
    return Principal(
        team_id=scope.team_id, project_id=scope.project_id, actor_type="system"
    )


def _millis(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
