# SPDX-License-Identifier: Apache-2.0
"""Status: whether the work goes on, and how much of it waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_mem_core.domain.generation_job import JobStatus
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of the ledger.

    Attributes:
        queue_depth: Jobs that are queued or being worked on.
        jobs: How many jobs there are in each state.
        oldest_waiting_epoch: When the oldest queued job was put in.
    """

    queue_depth: int
    jobs: Mapping[JobStatus, int]
    oldest_waiting_epoch: int | None


class Status:
    """What the process can say of itself, free of content and secrets."""

    def __init__(
        self, storage: Storage, queue: ObservationQueueEngine, generator: str
    ) -> None:
        self._storage = storage
        self._queue = queue
        self.generator = generator

    def progress(self) -> Progress:
        """How far the work is; a `StorageError` when the store does not answer."""
        with self._storage.read() as snapshot:
            return Progress(
                queue_depth=self._queue.depth(),
                jobs=dict(snapshot.jobs.counts()),
                oldest_waiting_epoch=snapshot.jobs.oldest_waiting(),
            )

    def repairs(self) -> tuple[str, ...]:
        """What the store had to repair when it was opened, a sentence each."""
        return tuple(self._storage.notices())
