# SPDX-License-Identifier: Apache-2.0
"""Comparing what a transcript tells of a session with what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import TOOL_FAILURE, TOOL_USE, EventName
from claude_mem_core.domain.coverage import (
    COUNTED,
    SAID,
    Coverage,
    SeenEvent,
    coverage_of,
)
from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.keeping import NOTE, Keeping
from claude_mem_core.domain.transcript import is_from_transcript
from claude_mem_core.ports.storage import Snapshot

CALLS = frozenset({TOOL_USE, TOOL_FAILURE})
"""Two words for the end of a call: a transcript may know better how it ended."""

CALL = "call"


@dataclass(frozen=True, slots=True)
class Compared:
    """The kept event for each that was seen, None where there is none."""

    seen: Sequence[SeenEvent]
    kept: Sequence[EventName | None]

    @property
    def missing(self) -> tuple[int, ...]:
        """The places of those that are not kept."""
        return tuple(place for place, one in enumerate(self.kept) if one is None)

    def coverage(self, *, now: int) -> Coverage:
        """How much of the prompts and calls is kept."""
        pairs = zip(self.seen, self.kept, strict=True)
        kept = [one for seen, one in pairs if seen.event_type in COUNTED]
        filled = sum(1 for one in kept if one and is_from_transcript(one.metadata))
        missing = kept.count(None)
        live = len(kept) - filled - missing
        return coverage_of(live=live, filled=filled, missing=missing, now=now)


def compared(
    snapshot: Snapshot,
    session_id: str,
    seen: Sequence[SeenEvent],
    keeping: Keeping,
    *,
    scope: Scope,
) -> Compared:
    """Which event of a session each of these is: by its id, else by what it says.

    Among several that say the same it is the one that happened at nearly its time; an
    event is found once.
    """
    names = snapshot.events.names(session_id, scope=scope)
    known = _by_ids(names)
    kept = [known.get(_id_of(one)) for one in seen]
    found = {one.id for one in kept if one is not None}
    left = [one for one in names if one.id not in found and _is_said_only(one)]
    alike = _Alike(snapshot, left, keeping, scope)
    open_ = {
        place: one
        for place, one in enumerate(seen)
        if kept[place] is None and one.says is not None
    }
    for place, name in alike.pairs(open_):
        kept[place] = name
    return Compared(seen, kept)


_Key = tuple[str, str | None]


def _by_ids(names: Sequence[EventName]) -> Mapping[_Key, EventName]:
    known: dict[_Key, EventName] = {}
    for name in names:
        if name.source_event_id is not None:
            known.setdefault((name.event_type, name.source_event_id), name)
        if name.event_type in CALLS and name.tool_use_id is not None:
            known.setdefault((CALL, name.tool_use_id), name)
    return known


def _id_of(seen: SeenEvent) -> _Key:
    if seen.event_type in CALLS and seen.tool_use_id is not None:
        return CALL, seen.tool_use_id
    return seen.event_type, seen.source_event_id


def _is_said_only(name: EventName) -> bool:
    """Whether no transcript told of it, and a hook without an id of its own did."""
    if is_from_transcript(name.metadata):
        return False
    return name.event_type not in CALLS or name.tool_use_id is None


class _Alike:
    """The kept events that are only known by what they say."""

    def __init__(
        self,
        snapshot: Snapshot,
        names: Sequence[EventName],
        keeping: Keeping,
        scope: Scope,
    ) -> None:
        self._snapshot = snapshot
        self._names = {one.id: one for one in names}
        self._keeping = keeping
        self._scope = scope
        self._said: dict[str, JsonValue] = {}

    def pairs(self, seen: Mapping[int, SeenEvent]) -> Iterator[tuple[int, EventName]]:
        """Each that says the same as a kept one, with it; the nearest come first."""
        fit = sorted(
            (_apart(name, one), place, name.id)
            for place, one in seen.items()
            for name in self._fitting(one)
        )
        done = set[int]()
        for _, place, id_ in fit:
            if place not in done and id_ in self._names:
                done.add(place)
                yield place, self._names.pop(id_)

    def _fitting(self, seen: SeenEvent) -> Sequence[EventName]:
        says = elided(self._keeping.redactor.json(seen.says).value)
        return [one for one in self._of_kind(seen) if self._says(one, says)]

    def _of_kind(self, seen: SeenEvent) -> Sequence[EventName]:
        kinds = CALLS if seen.event_type in CALLS else {seen.event_type}
        return [one for one in self._names.values() if one.event_type in kinds]

    def _says(self, name: EventName, says: JsonValue) -> bool:
        note = name.metadata.get(NOTE)
        if isinstance(note, dict) and "withheld" in note:
            # What it said is not kept: it counts as anything.
            return True
        if name.id not in self._said:
            event = self._snapshot.events.get(name.id, scope=self._scope)
            self._said[name.id] = event.payload
        said = self._said[name.id]
        if not isinstance(said, dict) or not isinstance(says, dict):
            return False
        both = (key for key in SAID if key in said and key in says)
        return all(said[key] == says[key] for key in both)


def _apart(name: EventName, seen: SeenEvent) -> int:
    return abs(name.occurred_at_epoch - seen.occurred_at_epoch)
