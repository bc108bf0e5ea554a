# SPDX-License-Identifier: Apache-2.0
"""Uses: what was told is seen to be of use when it is read, or worked on."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.extraction.evidence import evidence_of
from claude_mem_core.domain.feedback import MemoryUse
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.uses import (
    MOST_TOLD,
    WITHIN,
    Answer,
    Sight,
    Telling,
    Touch,
    Trace,
    answers,
    sights_of,
)
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.ports.generator import Turn
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.tasks import Task

MOST_WAITING = 10_000
"""Readings that wait to be looked at; beyond them the oldest are dropped: they are
hints, and a reader must not fill the memory of the process."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A memory that was read in full, and whose it is."""

    team_id: str
    project_id: str
    sight: Sight


class Uses:
    """The readings of memories, and the tellings that they answer.

    Who reads waits for nothing: what was read is looked at, and written down where it
    answers a pack, before the next pack of this process, every few seconds, and at the
    process's end. A killed process loses some seconds of these hints.
    """

    def __init__(self, storage: Storage, system: System) -> None:
        self._storage = storage
        self._system = system
        self._waiting: deque[_Reading] = deque(maxlen=MOST_WAITING)
        self._turn = threading.Lock()

    def read(self, items: Iterable[MemoryItem], *, by: Principal) -> None:
        """Take notice that memories were read in full; nothing is stored yet."""
        now = self._system.now()
        self._waiting.extend(
            _Reading(by.team_id, item.project_id, Sight(item.id, now)) for item in items
        )

    def write_down(self) -> int:
        """Write down which packs the readings answer; how many uses that were.

        Where it cannot be done the log says so, and they are lost.
        """
        with self._turn:
            # One taker at a time: there is none when another has taken the last.
            readings = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not readings:
                return 0
            try:
                return self._written(readings)
            except ClaudeMemError as error:
                log.warning("%d readings were not noted: %s", len(readings), error)
                return 0

    def _written(self, readings: Sequence[_Reading]) -> int:
        sights: defaultdict[tuple[str, str], list[Sight]] = defaultdict(list)
        for one in readings:
            sights[one.team_id, one.project_id].append(one.sight)
        with self._storage.read() as snapshot:
            uses = [
                use
                for whose, own in sights.items()
                for use in self._fetched(snapshot, own, *whose)
            ]
        if uses:
            with self._storage.begin() as tx:
                for use in uses:
                    tx.packs.note(use)
        return len(uses)

    def _fetched(
        self,
        snapshot: Snapshot,
        sights: Sequence[Sight],
        team_id: str,
        project_id: str,
    ) -> Sequence[MemoryUse]:
        scope, moments = Scope(team_id, project_id), [one.at for one in sights]
        told = _told(snapshot, "fetched", moments, scope, project_id)
        found = answers("fetched", sights, told)
        return _uses("fetched", found, system=self._system)


def touched(
    snapshot: Snapshot, task: Task, *, scope: Scope, system: System
) -> Sequence[MemoryUse]:
    """The uses that a turn shows: it touched files of what its session was told.

    A pack that was told to no session in particular was told to all of its project.
    """
    turn = task.work
    if not isinstance(turn, Turn):
        return []
    moments = [event.occurred_at_epoch for event in turn.events]
    told = [
        one
        for one in _told(snapshot, "touched", moments, scope, turn.project.id)
        if one.server_session_id in (None, turn.session.id)
    ]
    if not told:
        # Most turns of a history: no event is looked into.
        return []
    sights = sights_of(_touches(turn), _files(snapshot, told, scope=scope))
    found = answers("touched", sights, told)
    return _uses("touched", found, system=system)


def _told(
    snapshot: Snapshot,
    kind: Trace,
    moments: Sequence[int],
    scope: Scope,
    project_id: str,
) -> Sequence[Telling]:
    """What the deeds of these moments may answer."""
    since, until = max(0, min(moments) - millis(WITHIN[kind])), max(moments)
    return snapshot.packs.told_between(
        since, until, project_id, scope=scope, limit=MOST_TOLD
    )


def _files(
    snapshot: Snapshot, told: Sequence[Telling], *, scope: Scope
) -> Mapping[str, Iterable[str]]:
    ids = list(dict.fromkeys(one.memory_id for one in told))
    items = snapshot.memories.get_many(ids, scope=scope)
    return {one.id: {*one.files_read, *one.files_modified} for one in items}


def _touches(turn: Turn) -> Iterator[Touch]:
    """The files that calls read or changed, in the order of the events."""
    shown = evidence_of(turn.events)
    for use in sorted((*shown.reads, *shown.writes), key=lambda one: one.at):
        at = turn.events[use.at].occurred_at_epoch
        for line in use.files:
            yield Touch(line.text, at)


def _uses(
    kind: Trace, found: Iterable[Answer], *, system: System
) -> Sequence[MemoryUse]:
    now = system.now()
    return [
        MemoryUse(
            id=system.new_id(),
            memory_item_id=one.telling.memory_id,
            project_id=one.telling.project_id,
            pack_id=one.telling.pack_id,
            server_session_id=one.telling.server_session_id,
            kind=kind,
            # A client's clock may be ahead of ours: no use lies in the future.
            created_at_epoch=min(one.at, now),
        )
        for one in found
    ]
