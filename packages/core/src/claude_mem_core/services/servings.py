# SPDX-License-Identifier: Apache-2.0
"""Servings: which memories were given to whom, told to the audit log in batches."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import (
    CLOSED,
    OPENED,
    UNRECORDED,
    AuditDeed,
    AuditEntry,
)
from claude_mem_core.domain.denials import Denial, Denials
from claude_mem_core.domain.index import IndexEntry
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import ClaudeMemError, StorageReadOnlyError
from claude_mem_core.ports.storage import Storage
from claude_mem_core.services.audited import Audited, server

MOST_IDS = 50
"""Memories that a row names; it counts all of them."""

MOST_WAITING = 10_000
"""Rows that wait to be written: beyond them servings are counted, not told."""

AT_ONCE = 1_000
"""Rows of one batch: who writes meanwhile waits for no more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """What was done, by whom and when."""

    deed: AuditDeed
    by: Principal
    at: int


@dataclass(slots=True)
class _Run:
    """What this process has written so far: its id, and how many batches."""

    id: str
    batches: int = 0


class Servings:
    """What was served, and what was refused, on its way into the audit log.

    Nobody waits for it: what is noted is written within a second where the runtime is
    started, and at the process's end. A process that serves writes a row that opens
    its run, numbers its batches, and writes one that closes it: when it is killed, the
    last row is missing, and so the log says that it does not have everything. What
    cannot be written is tried again; on a store that is read-only it is counted.
    """

    def __init__(self, storage: Storage, audited: Audited) -> None:
        self._storage = storage
        self._audited = audited
        self._waiting: deque[_Row] = deque()
        self._denials = Denials()
        self._counting = threading.Lock()
        self._turn = threading.Lock()
        self._untold = 0
        self._run: _Run | None = None
        self._problem: str | None = None
        self._is_server = False
        self.unrecorded = 0
        """Servings of this process that no row tells of."""

    def note(
        self,
        action: str,
        items: Iterable[MemoryRecord | IndexEntry],
        *,
        by: Principal,
        project_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Take notice that memories were served; nothing is stored yet.

        There is a row for each project, as who sees one project sees its rows.

        Args:
            action: How they were asked for.
            items: The memories.
            by: Who got them.
            project_id: The project that was asked, for when it had none.
            request_id: The request.
        """
        now, ids = self._audited.system.now(), _by_project(items)
        more: JsonObject = {"requestId": request_id} if request_id else {}
        for project, its in (ids or {project_id: []}).items():
            deed = AuditDeed(
                action=action,
                project_id=project,
                metadata={"count": len(its), "ids": its[:MOST_IDS], **more},
            )
            self._put(_Row(deed, by, now))

    def deny(self, denial: Denial) -> None:
        """Take notice that a request was refused."""
        with self._counting:
            self._denials.add(denial, now=self._audited.system.now())

    def write_down(self, *, opens: bool = False, closes: bool = False) -> int:
        """Write what waits, batch by batch; how many rows that were.

        Args:
            opens: Open the run though nothing was served yet.
            closes: Close it: nothing will be served any more.
        """
        with self._turn:
            self._take_denials(all_=closes)
            written = 0
            self._is_server = self._is_server or opens
            try:
                if self._untold or (opens and self._run is None):
                    self._write([])
                while batch := self._taken():
                    self._write(batch)
                    written += len(batch)
                if closes and self._run is not None:
                    self._close(self._run)
                self._problem = None
            except ClaudeMemError as error:
                if isinstance(error, StorageReadOnlyError):
                    self._count_waiting()
                self._tell(error)
        return written

    def _put(self, row: _Row) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(row)
            return
        self._lose(1)

    def _lose(self, count: int) -> None:
        with self._counting:
            self.unrecorded += count
            self._untold += count

    def _take_denials(self, *, all_: bool) -> None:
        now = self._audited.system.now()
        with self._counting:
            due = all_ or self._denials.is_due(now=now)
            denied = list(self._denials.taken()) if due else []
        for deed, by in denied:
            self._put(_Row(deed, by or server(), now))

    def _count_waiting(self) -> None:
        while batch := self._taken():
            self._lose(len(batch))

    def _taken(self) -> Sequence[_Row]:
        count = min(AT_ONCE, len(self._waiting))
        return [self._waiting.popleft() for _ in range(count)]

    def _write(self, batch: Sequence[_Row]) -> None:
        """Write a batch, and the row that opens the run before the first one.

        Raises:
            ClaudeMemError: It could not be written, and waits again.
        """
        run, untold = self._run or _Run(self._audited.system.new_id()), self._untold
        try:
            with self._storage.begin() as tx:
                self._audited.append(tx, list(self._entries(run, batch, untold)))
        except ClaudeMemError:
            self._waiting.extendleft(reversed(batch))
            raise
        run.batches += 1 if batch or untold else 0
        self._run = run
        with self._counting:
            self._untold -= untold

    def _entries(
        self, run: _Run, batch: Sequence[_Row], untold: int
    ) -> Iterator[AuditEntry]:
        here: JsonObject = {"run": run.id, "batch": run.batches + 1}
        if self._run is None:
            yield self._own(OPENED, {"run": run.id, "server": self._is_server})
        if untold:
            yield self._own(UNRECORDED, {**here, "count": untold})
        for row in batch:
            told = row.deed.model_copy(
                update={"metadata": {**row.deed.metadata, **here}}
            )
            yield self._audited.entry(told, by=row.by, at=row.at)

    def _close(self, run: _Run) -> None:
        told: JsonObject = {"run": run.id, "batches": run.batches}
        with self._storage.begin() as tx:
            self._audited.append(tx, [self._own(CLOSED, told)])
        self._run = None

    def _own(self, action: str, told: JsonObject) -> AuditEntry:
        deed = AuditDeed(action=action, metadata=told)
        return self._audited.entry(deed, by=server(), at=self._audited.system.now())

    def _tell(self, error: ClaudeMemError) -> None:
        """Say in the log that it cannot be written, once as long as it stays so."""
        if str(error) != self._problem:
            log.warning("servings wait for the audit log: %s", error)
        self._problem = str(error)


def _by_project(
    items: Iterable[MemoryRecord | IndexEntry],
) -> dict[str | None, list[JsonValue]]:
    ids: defaultdict[str | None, list[JsonValue]] = defaultdict(list)
    for one in items:
        ids[one.project_id].append(one.id)
    return ids
