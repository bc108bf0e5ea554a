# SPDX-License-Identifier: Apache-2.0
"""The port to the canonical records."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from claude_mem_core.ports.access import (
    AuditLog,
    KeyReader,
    KeyRepository,
    TeamReader,
    TeamRepository,
)
from claude_mem_core.ports.events import EventReader, EventRepository
from claude_mem_core.ports.jobs import JobLedger, JobReader
from claude_mem_core.ports.memories import MemoryReader, MemoryRepository
from claude_mem_core.ports.model_calls import ModelCallBook, ModelCallReader
from claude_mem_core.ports.packs import PackBook, PackReader
from claude_mem_core.ports.projects import ProjectReader, ProjectRepository
from claude_mem_core.ports.sessions import SessionReader, SessionRepository
from claude_mem_core.ports.usage import UsageBook, UsageReader
from claude_mem_core.ports.vectors import VectorReader, VectorRepository
from claude_mem_core.ports.workers import WorkerReader, WorkerRegistry


class Snapshot(Protocol):
    """The records at one moment: what others write meanwhile does not show."""

    @property
    @abstractmethod
    def teams(self) -> TeamReader:
        """Teams and members."""

    @property
    @abstractmethod
    def keys(self) -> KeyReader:
        """Keys."""

    @property
    @abstractmethod
    def projects(self) -> ProjectReader:
        """Projects."""

    @property
    @abstractmethod
    def sessions(self) -> SessionReader:
        """Sessions."""

    @property
    @abstractmethod
    def events(self) -> EventReader:
        """Events."""

    @property
    @abstractmethod
    def memories(self) -> MemoryReader:
        """Memories."""

    @property
    @abstractmethod
    def vectors(self) -> VectorReader:
        """Vectors of memories."""

    @property
    @abstractmethod
    def jobs(self) -> JobReader:
        """Generation jobs."""

    @property
    @abstractmethod
    def workers(self) -> WorkerReader:
        """Workers."""

    @property
    @abstractmethod
    def model_calls(self) -> ModelCallReader:
        """Calls of models."""

    @property
    @abstractmethod
    def packs(self) -> PackReader:
        """Receipts of context packs."""

    @property
    @abstractmethod
    def usage(self) -> UsageReader:
        """What teams used."""


class Transaction(Protocol):
    """The records while they are written.

    * reads see the block's own writes.
    """

    @property
    @abstractmethod
    def teams(self) -> TeamRepository:
        """Teams and members."""

    @property
    @abstractmethod
    def keys(self) -> KeyRepository:
        """Keys."""

    @property
    @abstractmethod
    def projects(self) -> ProjectRepository:
        """Projects."""

    @property
    @abstractmethod
    def sessions(self) -> SessionRepository:
        """Sessions."""

    @property
    @abstractmethod
    def events(self) -> EventRepository:
        """Events."""

    @property
    @abstractmethod
    def memories(self) -> MemoryRepository:
        """Memories."""

    @property
    @abstractmethod
    def vectors(self) -> VectorRepository:
        """Vectors of memories."""

    @property
    @abstractmethod
    def jobs(self) -> JobLedger:
        """Generation jobs."""

    @property
    @abstractmethod
    def workers(self) -> WorkerRegistry:
        """Workers."""

    @property
    @abstractmethod
    def model_calls(self) -> ModelCallBook:
        """Calls of models."""

    @property
    @abstractmethod
    def packs(self) -> PackBook:
        """Receipts of context packs."""

    @property
    @abstractmethod
    def usage(self) -> UsageBook:
        """What teams used."""

    @property
    @abstractmethod
    def audit(self) -> AuditLog:
        """The audit log."""


class Storage(Protocol):
    """The canonical records.

    Every storage promises, and the conformance kit checks:

    * all or nothing: a block that raises leaves no trace of its writes;
    * kept: what a finished ``begin`` block wrote is there for every later reader;
    * durable: it is there after the storage was closed and opened again, where the
      storage is one that lasts;
    * writers take turns: two threads that read and write in blocks lose no update;
    * a reader sees one moment, and none of what is not committed;
    * it is safe to use from many threads;
    * a fresh storage holds the team ``local``;
    * closing twice is harmless.
    """

    @abstractmethod
    def begin(self) -> AbstractContextManager[Transaction]:
        """A write: committed on a clean exit, else rolled back.

        Blocks do not nest.
        """

    @abstractmethod
    def read(self) -> AbstractContextManager[Snapshot]:
        """A read; it never waits for a writer."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything; a block that is begun later is a `StorageError`."""

    @abstractmethod
    def notices(self) -> Sequence[str]:
        """What opening had to repair, a sentence each; empty after a healthy start."""

    @abstractmethod
    def shed(self) -> None:
        """What was replaced or removed is in none of the store's files any more.

        Raises:
            StorageError: A reader holds it fast; it can be asked again.
        """
