# SPDX-License-Identifier: Apache-2.0
"""The list of workers in this process."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.ports.workers import WorkerRegistry
from claude_mem_core.reference.state import State


class InProcessWorkers(WorkerRegistry):
    """Workers."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def list(self, *, since: int, until: int) -> Sequence[WorkerRecord]:
        workers = self._state.workers
        known = [workers[name] for name in sorted(workers)]
        return [one for one in known if since <= one.seen_at_epoch <= until]

    @override
    def beat(self, worker: WorkerRecord) -> None:
        self._state.workers[worker.id] = worker

    @override
    def leave(self, worker_id: str) -> None:
        self._state.workers.pop(worker_id, None)

    @override
    def prune(self, *, before: int) -> int:
        workers = self._state.workers
        gone = [one.id for one in workers.values() if one.seen_at_epoch < before]
        for name in gone:
            del workers[name]
        return len(gone)
