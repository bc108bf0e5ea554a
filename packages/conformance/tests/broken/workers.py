# SPDX-License-Identifier: Apache-2.0
"""Lists of workers that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.workers import WorkerContract
from claude_mem_core.reference.workers import InProcessWorkers

from broken.registry import breaks


@breaks(WorkerContract.test_workers_are_listed_by_when_they_were_heard_of, "workers")
class NobodyIsEverLate(InProcessWorkers):
    def list(self, *, since, until):
        return super().list(since=since, until=until * 2)


@breaks(WorkerContract.test_a_beat_takes_the_place_of_the_one_before, "workers")
class TheFirstRecordStays(InProcessWorkers):
    def beat(self, worker):
        known = self._state.workers.get(worker.id, worker)
        super().beat(known.changed(seen_at_epoch=worker.seen_at_epoch))


@breaks(WorkerContract.test_a_worker_leaves, "workers")
class TheUnknownCannotLeave(InProcessWorkers):
    def leave(self, worker_id):
        del self._state.workers[worker_id]


@breaks(WorkerContract.test_the_silent_are_forgotten, "workers")
class NobodyIsForgotten(InProcessWorkers):
    def prune(self, *, before):
        known = dict(self._state.workers)
        count = super().prune(before=before)
        self._state.workers.update(known)
        return count
