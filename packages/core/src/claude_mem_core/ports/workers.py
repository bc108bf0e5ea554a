# SPDX-License-Identifier: Apache-2.0
"""The port to the list of workers: who works on this store, and since when unheard."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.worker import WorkerRecord


class WorkerReader(Protocol):
    """Workers, to read."""

    @abstractmethod
    def list(self, *, since: int, until: int) -> Sequence[WorkerRecord]:
        """The workers that were last heard of between two epochs, by their names.

        Both bounds are among them. The second keeps those out that were heard of
        before the clock went back.
        """


class WorkerRegistry(WorkerReader, Protocol):
    """Workers."""

    @abstractmethod
    def beat(self, worker: WorkerRecord) -> None:
        """Keep a worker's record in the place of the one with its name."""

    @abstractmethod
    def leave(self, worker_id: str) -> None:
        """Forget a worker; one that is unknown is no error."""

    @abstractmethod
    def prune(self, *, before: int) -> int:
        """Forget the workers unheard of since an epoch; how many there were."""
