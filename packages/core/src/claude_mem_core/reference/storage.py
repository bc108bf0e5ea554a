# SPDX-License-Identifier: Apache-2.0
"""A storage in this process's memory: gone when the process is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from typing_extensions import override

from claude_mem_core.domain.team import local_team
from claude_mem_core.errors import StorageError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.reference.access import (
    InProcessAuditLog,
    InProcessKeys,
    InProcessTeams,
)
from claude_mem_core.reference.events import InProcessEvents
from claude_mem_core.reference.jobs import InProcessJobs
from claude_mem_core.reference.lexical import LexicalIndexes
from claude_mem_core.reference.memories import InProcessMemories
from claude_mem_core.reference.model_calls import InProcessModelCalls
from claude_mem_core.reference.packs import InProcessPacks
from claude_mem_core.reference.projects import InProcessProjects
from claude_mem_core.reference.sessions import InProcessSessions
from claude_mem_core.reference.state import State
from claude_mem_core.reference.usage import InProcessUsage
from claude_mem_core.reference.vectors import InProcessVectors
from claude_mem_core.reference.workers import InProcessWorkers


class InProcessStorage(Storage):
    """Records in dictionaries; one writer at a time, readers on what was committed."""

    def __init__(self, system: System) -> None:
        team = local_team(now=system.now())
        self._state = State(teams={team.id: team})
        self._indexes = LexicalIndexes()
        self._turn = threading.Lock()
        self._closed = False

    @override
    def begin(self) -> AbstractContextManager[Transaction]:
        return self._begin()

    @override
    def read(self) -> AbstractContextManager[Snapshot]:
        return self._read()

    @override
    def close(self) -> None:
        self._closed = True

    @override
    def notices(self) -> Sequence[str]:
        return ()

    @override
    def shed(self) -> None:
        # What was replaced is gone with the state that held it; words of memories
        # that are no more are in no index that is kept.
        self._require_open()
        with self._turn:
            self._indexes = LexicalIndexes()

    @contextmanager
    def _begin(self) -> Iterator[Transaction]:
        with self._turn:
            self._require_open()
            draft = self._state.copy()
            yield _Records(draft, self._indexes)
            self._state = draft

    @contextmanager
    def _read(self) -> Iterator[Snapshot]:
        self._require_open()
        yield _Records(self._state, self._indexes)

    def _require_open(self) -> None:
        if self._closed:
            raise StorageError("the storage is closed")


class _Records(Transaction, Snapshot):
    """One state, table by table."""

    def __init__(self, state: State, indexes: LexicalIndexes) -> None:
        self._teams = InProcessTeams(state)
        self._keys = InProcessKeys(state)
        self._projects = InProcessProjects(state)
        self._sessions = InProcessSessions(state)
        self._events = InProcessEvents(state)
        self._memories = InProcessMemories(state, indexes)
        self._vectors = InProcessVectors(state)
        self._jobs = InProcessJobs(state)
        self._workers = InProcessWorkers(state)
        self._model_calls = InProcessModelCalls(state)
        self._packs = InProcessPacks(state)
        self._usage = InProcessUsage(state)
        self._audit = InProcessAuditLog(state)

    @property
    @override
    def teams(self) -> InProcessTeams:
        return self._teams

    @property
    @override
    def keys(self) -> InProcessKeys:
        return self._keys

    @property
    @override
    def projects(self) -> InProcessProjects:
        return self._projects

    @property
    @override
    def sessions(self) -> InProcessSessions:
        return self._sessions

    @property
    @override
    def events(self) -> InProcessEvents:
        return self._events

    @property
    @override
    def memories(self) -> InProcessMemories:
        return self._memories

    @property
    @override
    def vectors(self) -> InProcessVectors:
        return self._vectors

    @property
    @override
    def jobs(self) -> InProcessJobs:
        return self._jobs

    @property
    @override
    def workers(self) -> InProcessWorkers:
        return self._workers

    @property
    @override
    def model_calls(self) -> InProcessModelCalls:
        return self._model_calls

    @property
    @override
    def packs(self) -> InProcessPacks:
        return self._packs

    @property
    @override
    def usage(self) -> InProcessUsage:
        return self._usage

    @property
    @override
    def audit(self) -> InProcessAuditLog:
        return self._audit
