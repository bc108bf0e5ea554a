# SPDX-License-Identifier: Apache-2.0
"""Taking in files: payloads become events, and each file's end ends its sessions."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from claude_mem_core.domain.agent_event import AgentEventCapture, AgentEventDraft
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.domain.transcript import Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.errors import ConfigurationError, InvalidInputError
from claude_mem_core.git_facts import facts_of
from claude_mem_core.launch import installed_plugins

from claude_mem_cli.client import Acknowledged, Client
from claude_mem_cli.payloads import Payload, Source
from claude_mem_cli.projects import project_for

LARGEST_BATCH = 6 * 1024 * 1024
MOST_EVENTS = 500
ENVELOPE = 1024
"""Bytes that an event takes on the wire around its payload, at most."""


class Capture(Protocol):
    """An agent's words, brought into ours."""

    def __call__(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        """The event that a hook's JSON stands for."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file.

    Attributes:
        projects: Those that its events are in, in the order in which they came up.
        made: The ids of those of them that are new.
        accepted: Events that are kept now, new or known before.
        mended: Characters that no store keeps, and that became U+FFFD.
        before: Memories that each project held before the file, by its id.
    """

    file: str
    projects: tuple[Project, ...]
    made: frozenset[str]
    accepted: int
    new: int
    sessions: tuple[str, ...]
    problems: tuple[Problem, ...]
    mended: int
    before: Mapping[str, int]
    seconds: float

    @property
    def duplicates(self) -> int:
        """Events that were known before."""
        return self.accepted - self.new


@dataclass(frozen=True, slots=True)
class Held:
    """What a project holds after files were taken in.

    Attributes:
        memories: How many of each kind.
        made: How many more than before the first of the files.
    """

    memories: Mapping[MemoryKind, int]
    made: int

    @property
    def total(self) -> int:
        """Memories of any kind."""
        return sum(self.memories.values())


def held_now(taken: Sequence[Taken], client: Client) -> Mapping[str, Held]:
    """What the files' projects hold at this moment, by the ids of the projects."""
    # Several files may be of one project: the first of them counts.
    before = {
        project_id: count
        for one in reversed(taken)
        for project_id, count in one.before.items()
    }
    return {
        project_id: _held(client.memory_counts(project_id), count)
        for project_id, count in before.items()
    }


def capture_of(agent: str) -> Capture:
    """How the words of this agent are read.

    Raises:
        ConfigurationError: No installed distribution knows it.
    """
    known = {one.name: one for one in installed_plugins().agents()}
    if agent not in known:
        names = ", ".join(sorted(known)) or "none; install claude-mem-agents"
        raise ConfigurationError(f"no agent {agent!r}; installed: {names}")
    return known[agent].capture


def take_in(
    source: Source,
    *,
    into: str | None,
    client: Client,
    capture: Capture,
    step: Callable[[int], None],
) -> Taken:
    """Send all events of a file, in order, and end the sessions that are in it.

    A line at fault is left out and reported. The same file again adds nothing.

    Args:
        source: The file.
        into: The name of the one project that takes all; without it each session goes
            to that of the folder that it began in.
        client: Who keeps the events.
        capture: How the payloads are read.
        step: Told after each batch how many bytes of the file were read.
    """
    start = time.monotonic()
    homes = Homes(client, project_for(client, into) if into is not None else None)
    taking = _Taking(source.name, homes, client, capture)
    for found in source.read():
        if taking.add(found):
            step(source.position)
    taking.flush()
    step(source.position)
    for session_id in taking.sessions:
        client.end_session(session_id)
    return taking.result(time.monotonic() - start)


class Homes:
    """The projects that the sessions of a file are in.

    Args:
        client: Who knows the projects.
        only: The one that takes all, if one does.
    """

    def __init__(self, client: Client, only: Project | None) -> None:
        self._client = client
        self._only = only
        self._of_session: dict[SessionKey | str | None, Project] = {}
        self._facts: dict[str, ProjectFacts] = {}
        self.made: set[str] = set()
        self.before: dict[str, int] = {}
        self.projects: dict[str, Project] = {}
        if only is not None:
            self._note(only)

    def of(self, seen: AgentEventCapture) -> Project:
        """The project of an event: that of its session, which its first folder gave."""
        if self._only is not None:
            return self._only
        session = _session_of(seen)
        known = self._of_session.get(session or seen.root_path)
        if known is None:
            told = Whereabouts(facts=self._facts_of(seen.root_path), session=session)
            found = self._client.identify(told)
            known = self._of_session[session or seen.root_path] = found.project
            if found.created:
                self.made.add(known.id)
            self._note(known)
        return known

    def _facts_of(self, folder: str | None) -> ProjectFacts:
        """What this machine knows of a folder that may have been on another."""
        if folder is None:
            return ProjectFacts()
        if folder not in self._facts:
            here = Path(folder)
            is_ours = here.is_absolute() and here.exists()
            facts = facts_of(here) if is_ours else ProjectFacts(folder=folder)
            self._facts[folder] = facts
        return self._facts[folder]

    def _note(self, project: Project) -> None:
        if project.id not in self.projects:
            counts = self._client.memory_counts(project.id)
            self.projects[project.id] = project
            self.before[project.id] = sum(counts.values())


def _session_of(seen: AgentEventCapture) -> SessionKey | None:
    if seen.content_session_id is None:
        return None
    return SessionKey(
        content_session_id=seen.content_session_id,
        platform_source=seen.platform_source,
        any_platform=not seen.names_platform,
    )


def _held(memories: Mapping[MemoryKind, int], before: int) -> Held:
    return Held(memories, sum(memories.values()) - before)


class _Taking:
    """The events of one file on their way, a batch at a time."""

    def __init__(
        self, name: str, homes: Homes, client: Client, capture: Capture
    ) -> None:
        self._name = name
        self._homes = homes
        self._client = client
        self._capture = capture
        self._batch: list[tuple[int, AgentEventDraft]] = []
        self._size = 0
        self._seen: Counter[str] = Counter()
        self._received_at = time.time_ns() // 1_000_000
        self._new: set[str] = set()
        self._accepted = self._mended = 0
        self._problems: list[Problem] = []
        self.sessions: dict[str, None] = {}

    def add(self, found: Payload | Problem) -> bool:
        """Put a line's payload into the batch; True when a full one was sent."""
        if isinstance(found, Problem):
            self._problems.append(found)
            return False
        try:
            draft = self._draft(found)
        except InvalidInputError as error:
            self._refuse(found.line, error)
            return False
        size = len(found.raw) + ENVELOPE
        is_full = self._size + size > LARGEST_BATCH or len(self._batch) == MOST_EVENTS
        if is_full:
            self.flush()
        self._batch.append((found.line, draft))
        self._size += size
        self._mended += found.mended
        return is_full

    def flush(self) -> None:
        """Send what is in the batch."""
        self._send(self._batch)
        self._batch, self._size = [], 0

    def result(self, seconds: float) -> Taken:
        """What became of the file."""
        return Taken(
            file=self._name,
            projects=tuple(self._homes.projects.values()),
            made=frozenset(self._homes.made),
            accepted=self._accepted,
            new=len(self._new),
            sessions=tuple(self.sessions),
            problems=tuple(self._problems),
            mended=self._mended,
            before=dict(self._homes.before),
            seconds=seconds,
        )

    def _send(self, batch: Sequence[tuple[int, AgentEventDraft]]) -> None:
        if not batch:
            return
        try:
            self._count(self._client.send([draft for _, draft in batch]))
        except InvalidInputError as error:
            # One event at fault refuses its whole batch: halving finds it.
            if len(batch) == 1:
                self._refuse(batch[0][0], error)
                return
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])

    def _count(self, acknowledged: Iterable[Acknowledged]) -> None:
        for one in acknowledged:
            self._accepted += 1
            if one.created:
                self._new.add(one.event_id)
            if one.session_id is not None:
                self.sessions[one.session_id] = None

    def _refuse(self, line: int, error: InvalidInputError) -> None:
        issue = error.issues[0] if error.issues else None
        cause = f"{issue.field}: {issue.cause}" if issue else str(error)
        cure = issue.cure if issue else "correct it and run the command again"
        self._problems.append(Problem(self._name, line, cause, cure))

    def _draft(self, payload: Payload) -> AgentEventDraft:
        received = self._received_at
        seen = self._capture(payload.event, payload.body, received_at=received)
        draft = seen.in_project(self._homes.of(seen).id)
        if draft.occurred_at_epoch == received and not (
            draft.tool_use_id or draft.source_event_id
        ):
            own_id = {"source_event_id": self._line_id(payload.raw)}
            return draft.model_copy(update=own_id)
        return draft

    def _line_id(self, raw: bytes) -> str:
        """The identity of an event that says neither its id nor its time.

        It is made from the line and from how often that line came before in the
        file, so that a file that has grown adds only what is new in it.
        """
        digest = hashlib.sha256(raw.strip()).hexdigest()
        self._seen[digest] += 1
        return f"line_{digest}_{self._seen[digest]}"
