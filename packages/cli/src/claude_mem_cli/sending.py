# SPDX-License-Identifier: Apache-2.0
"""Sending events on, a batch at a time; one at fault costs no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.transcript import Problem
from claude_mem_core.errors import InvalidInputError

from claude_mem_cli.client import Acknowledged, Client

LARGEST_BATCH = 6 * 1024 * 1024
MOST_EVENTS = 500
ENVELOPE = 1024
"""Bytes that an event takes on the wire around its payload, at most."""


class Letter(NamedTuple):
    """An event on its way, and where it was read.

    Attributes:
        size: Bytes of its payload.
    """

    file: str
    line: int
    draft: AgentEventDraft
    size: int


class Sending:
    """The events of a file on their way.

    Attributes:
        accepted: How many are kept now, new or known before.
        new: The ids of those that are new.
        sessions: The stored sessions that they are of, in the order they came up.
        problems: What was refused.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._batch: list[Letter] = []
        self._size = 0
        self.accepted = 0
        self.new: set[str] = set()
        self.sessions: dict[str, None] = {}
        self.problems: list[Problem] = []

    def put(self, letter: Letter) -> bool:
        """Put an event into the batch; True when a full one was sent before."""
        size = letter.size + ENVELOPE
        is_full = self._size + size > LARGEST_BATCH or len(self._batch) == MOST_EVENTS
        if is_full:
            self.flush()
        self._batch.append(letter)
        self._size += size
        return is_full

    def flush(self) -> None:
        """Send what is in the batch."""
        self._send(self._batch)
        self._batch, self._size = [], 0

    def refuse(self, file: str, line: int, error: InvalidInputError) -> None:
        """Report an event that cannot be taken in."""
        issue = error.issues[0] if error.issues else None
        cause = f"{issue.field}: {issue.cause}" if issue else str(error)
        cure = issue.cure if issue else "correct it and run the command again"
        self.problems.append(Problem(file, line, cause, cure))

    def _send(self, batch: Sequence[Letter]) -> None:
        if not batch:
            return
        try:
            self._count(self._client.send([one.draft for one in batch]))
        except InvalidInputError as error:
            # One event at fault refuses its whole batch: halving finds it.
            if len(batch) == 1:
                self.refuse(batch[0].file, batch[0].line, error)
                return
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])

    def _count(self, acknowledged: Iterable[Acknowledged]) -> None:
        for one in acknowledged:
            self.accepted += 1
            if one.created:
                self.new.add(one.event_id)
            if one.session_id is not None:
                self.sessions[one.session_id] = None
