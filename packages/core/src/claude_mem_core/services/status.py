# SPDX-License-Identifier: Apache-2.0
"""Status: whether the work goes on, and how much of it waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import (
    CLOCKS_DIFFER_BY,
    JobKind,
    JobStatus,
    Lane,
)
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.domain.value import millis
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.ports.generator import AsksProvider, ObservationGenerator
from claude_mem_core.ports.jobs import JobReader
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.workers import present

STUCK_AFTER = timedelta(minutes=2)
"""How long work may be due while no job moves: a backlog that shrinks is no fault."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of the ledger.

    Attributes:
        queue_depth: Jobs that are queued or being worked on.
        jobs: How many jobs there are in each state.
        lanes: The work of each kind.
        oldest_waiting_epoch: When the oldest queued job was put in.
        workers: The workers of their own processes that were heard of just now.
        is_stuck: Work is due, nobody is at any, and for two minutes no job has moved.
    """

    queue_depth: int
    jobs: Mapping[JobStatus, int]
    lanes: Mapping[JobKind, Lane]
    oldest_waiting_epoch: int | None
    workers: Sequence[WorkerRecord]
    is_stuck: bool


class Status:
    """What the process can say of itself, free of content and secrets."""

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        system: System,
        *,
        generator: ObservationGenerator,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._system = system
        self._generator = generator

    def progress(self) -> Progress:
        """How far the work is; a `StorageError` when the store does not answer."""
        now = self._system.now()
        with self._storage.read() as snapshot:
            jobs = snapshot.jobs
            return Progress(
                queue_depth=jobs.depth(),
                jobs=dict(jobs.counts()),
                lanes=dict(jobs.lanes()),
                oldest_waiting_epoch=jobs.oldest_waiting(),
                workers=tuple(present(snapshot, now=now)),
                is_stuck=_is_stuck(jobs, now=now),
            )

    def coverage(self) -> CoverageTotals:
        """How much is kept of all sessions that were compared with a transcript.

        Raises:
            StorageError: The store does not answer.
        """
        with self._storage.read() as snapshot:
            return snapshot.sessions.covered(since=0)

    @property
    def generator(self) -> str:
        """The name of what makes memories."""
        return self._generator.name

    def provider(self) -> ProviderHealth | None:
        """How the provider is that the generator asks; None when it asks nobody."""
        if isinstance(self._generator, AsksProvider):
            return self._generator.health()
        return None

    def queue(self) -> EngineHealth:
        """How the queue engine's bell is."""
        return self._queue.health()

    def require_writable(self) -> None:
        """Nothing, if a write could begin now; a `StorageError` tells why not."""
        with self._storage.begin():
            pass

    def repairs(self) -> tuple[str, ...]:
        """What the store had to repair when it was opened, a sentence each."""
        return tuple(self._storage.notices())


def _is_stuck(jobs: JobReader, *, now: int) -> bool:
    long_ago = now - millis(STUCK_AFTER)
    soon = now + millis(CLOCKS_DIFFER_BY)
    if long_ago <= (jobs.last_move() or 0) <= soon or jobs.leases(now=now):
        # Anybody may ask, and to look for what is due costs a look at every session.
        return False
    due_since = jobs.due_since(now=now)
    return due_since is not None and due_since < long_ago
