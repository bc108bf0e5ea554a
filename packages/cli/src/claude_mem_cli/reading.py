# SPDX-License-Identifier: Apache-2.0
"""Reading a transcript with its helpers', session by session."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from claude_mem_core.domain.coverage import SeenEvent, seen_event
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.domain.transcript import Heard, Problem

from claude_mem_cli.homes import session_of
from claude_mem_cli.transcripts import Found

LARGEST_KEPT = 32 * 1024 * 1024
"""Bytes of a transcript whose events stay in memory; a larger one is read again."""

QUIET = 15 * 60 * 1000
"""Milliseconds without an event after which nobody writes a transcript any more."""

STEP = 200
"""Events between two words on how far it is."""

Name = tuple[str, str | None, str | None, int]
"""What an event is known by: type, tool call, own id, time."""


@dataclass(slots=True)
class SessionTold:
    """What a transcript tells of one session.

    Attributes:
        root_path: The folder that it began in.
        seen: All its events, in order.
        last_at: When the last of them happened.
        is_over: Nobody goes on with it.
    """

    root_path: str | None = None
    seen: list[SeenEvent] = field(default_factory=list)
    last_at: int = 0
    is_over: bool = True


@dataclass(frozen=True, slots=True)
class _Said:
    heard: Heard
    is_rest: bool


class Reading:
    """A transcript, read once to know its events, and again to send some of them.

    Attributes:
        sessions: What it tells of each; an event of no session is in none.
        problems: The lines at fault.
        mended: Characters that no store keeps, and that became U+FFFD.

    Args:
        found: The transcript.
        now: The moment, in epoch milliseconds.
        step: Told now and then how many bytes were read.
    """

    def __init__(self, found: Found, *, now: int, step: Callable[[int], None]) -> None:
        self._found = found
        self._step = step
        self.sessions: dict[SessionKey, SessionTold] = {}
        self.problems: list[Problem] = []
        self.mended = 0
        self._kept: list[_Said] | None = [] if found.size <= LARGEST_KEPT else None
        self._read(now)

    def events(self) -> Iterator[Heard]:
        """Its events in the order in which they happened.

        The last words of a session that goes on are not among them: more may follow.
        """
        said = self._all([]) if self._kept is None else iter(self._kept)
        for one in said:
            if not one.is_rest or self._is_final(one.heard):
                yield one.heard

    def _read(self, now: int) -> None:
        rest = []
        for one in self._all(self.problems):
            self.mended += one.heard.mended
            if self._kept is not None:
                self._kept.append(one)
            if one.is_rest:
                rest.append(one.heard)
            else:
                self._note(one.heard)
        for told in self.sessions.values():
            told.is_over = not self._found.at_home or now - told.last_at > QUIET
        for heard in filter(self._is_final, rest):
            self._note(heard)

    def _note(self, heard: Heard) -> None:
        session = session_of(heard.event)
        if session is None:
            return
        told = self.sessions.setdefault(session, SessionTold())
        told.root_path = told.root_path or heard.event.root_path
        told.seen.append(seen_event(heard))
        told.last_at = max(told.last_at, heard.event.occurred_at_epoch)

    def _is_final(self, heard: Heard) -> bool:
        """Whether what ends a transcript ends its session."""
        session = session_of(heard.event)
        told = self.sessions.get(session) if session else None
        return told is None or told.is_over

    def _all(self, problems: list[Problem]) -> Iterator[_Said]:
        """All that the files say, each in its own order, beside each other in time."""
        read = dict.fromkeys(self._found.files, 0)
        streams = [self._of(path, problems, read) for path in self._found.files]
        merged = heapq.merge(
            *streams, key=lambda one: one.heard.event.occurred_at_epoch
        )
        for count, one in enumerate(merged):
            if count % STEP == 0:
                self._step(sum(read.values()))
            yield one
        self._step(self._found.size)

    def _of(
        self, path: Path, problems: list[Problem], read: dict[Path, int]
    ) -> Iterator[_Said]:
        transcript = self._found.format.open(path)
        for one in transcript.read():
            read[path] = transcript.position
            if isinstance(one, Problem):
                problems.append(one)
            else:
                yield _Said(one, is_rest=False)
        for heard in transcript.rest():
            yield _Said(heard, is_rest=True)


def name_of(seen: SeenEvent) -> Name:
    """What an event that was seen is known by."""
    return (
        seen.event_type,
        seen.tool_use_id,
        seen.source_event_id,
        seen.occurred_at_epoch,
    )


def name_of_heard(heard: Heard) -> Name:
    """The same of an event that was read again."""
    event = heard.event
    return (
        event.event_type,
        event.tool_use_id,
        event.source_event_id,
        event.occurred_at_epoch,
    )
