# SPDX-License-Identifier: Apache-2.0
"""Workers of their own processes: who is there, as the store remembers it."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.value import millis
from claude_mem_core.domain.worker import SILENT_AFTER, WorkerRecord
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System

_SILENT = millis(SILENT_AFTER)


class Workers:
    """The list of workers, kept in the store that they work on."""

    def __init__(self, storage: Storage, system: System) -> None:
        self._storage = storage
        self._system = system

    def enter(self, worker: WorkerRecord) -> None:
        """Put a worker on the list.

        Two on one machine are told apart there; the list tells those of different
        machines apart.

        Raises:
            ConflictError: One of this name is at work on another machine.
        """
        with self._storage.begin() as tx:
            for known in present(tx, now=self._system.now()):
                if known.id == worker.id and known.host != worker.host:
                    raise ConflictError(
                        f"a worker {worker.id!r} is at work on {known.host} "
                        f"(pid {known.pid}); give this one another name"
                    )
            tx.workers.beat(worker)

    def beat(self, worker: WorkerRecord) -> None:
        """Say that a worker is still there, and how it is."""
        with self._storage.begin() as tx:
            tx.workers.beat(worker.changed(seen_at_epoch=self._system.now()))

    def leave(self, worker: WorkerRecord) -> None:
        """Take a worker off the list."""
        with self._storage.begin() as tx:
            tx.workers.leave(worker.id)

    def present(self) -> Sequence[WorkerRecord]:
        """Those who were heard of in the last twenty seconds, by their names."""
        with self._storage.read() as snapshot:
            return present(snapshot, now=self._system.now())


def present(records: Snapshot | Transaction, *, now: int) -> Sequence[WorkerRecord]:
    """Those of the records who were heard of in the last twenty seconds."""
    since, until = max(0, now - _SILENT), now + _SILENT
    return records.workers.list(since=since, until=until)
