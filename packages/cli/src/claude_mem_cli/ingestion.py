# SPDX-License-Identifier: Apache-2.0
"""Taking in files of payloads: they become events, and each file ends its sessions."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from claude_mem_core.domain.agent_event import AgentEventCapture, AgentEventDraft
from claude_mem_core.domain.transcript import Problem
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import ConfigurationError, InvalidInputError
from claude_mem_core.launch import installed_plugins

from claude_mem_cli.client import Client
from claude_mem_cli.homes import Homes
from claude_mem_cli.payloads import Payload, Source
from claude_mem_cli.projects import project_for
from claude_mem_cli.sending import Letter, Sending
from claude_mem_cli.taken import Taken


class Capture(Protocol):
    """An agent's words, brought into ours."""

    def __call__(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        """The event that a hook's JSON stands for."""


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
    sending = Sending(client)
    drafts = _Drafts(homes, capture)
    problems: list[Problem] = []
    for found in source.read():
        if isinstance(found, Problem):
            problems.append(found)
            continue
        try:
            draft = drafts.of(found)
        except InvalidInputError as error:
            sending.refuse(source.name, found.line, error)
            continue
        if sending.put(Letter(source.name, found.line, draft, len(found.raw))):
            step(source.position)
    sending.flush()
    step(source.position)
    for session_id in sending.sessions:
        client.end_session(session_id)
    problems += sending.problems
    return Taken(
        file=source.name,
        projects=tuple(homes.projects.values()),
        made=frozenset(homes.made),
        accepted=sending.accepted,
        new=len(sending.new),
        sessions=tuple(sending.sessions),
        problems=tuple(sorted(problems, key=lambda one: one.line)),
        mended=drafts.mended,
        before=dict(homes.before),
        seconds=time.monotonic() - start,
    )


class _Drafts:
    """The events that the payloads of a file stand for."""

    def __init__(self, homes: Homes, capture: Capture) -> None:
        self._homes = homes
        self._capture = capture
        self._seen: Counter[str] = Counter()
        self._received_at = time.time_ns() // 1_000_000
        self.mended = 0

    def of(self, payload: Payload) -> AgentEventDraft:
        """The event of a line, with an identity.

        Raises:
            InvalidInputError: It has something that no event can have.
        """
        received = self._received_at
        seen = self._capture(payload.event, payload.body, received_at=received)
        draft = seen.in_project(self._homes.of(seen).id)
        self.mended += payload.mended
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
