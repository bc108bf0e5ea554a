# SPDX-License-Identifier: Apache-2.0
"""Retention: the content of events that was kept long enough is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.keeping import expired, has_expired, is_withheld
from claude_mem_core.domain.value import millis
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System

AT_ONCE = 200
"""Events of one transaction: others can write between two of them."""

LOOK_AGAIN = timedelta(hours=1)


class Retention:
    """The deed that ends what events say; that they were, and memories of them, stay.

    An event of a session that still has work to be done waits for the next look.
    """

    def __init__(
        self, storage: Storage, system: System, *, keeps: timedelta | None
    ) -> None:
        self._storage = storage
        self._system = system
        self._keeps = keeps
        self._after: str | None = None
        self._looks_next = 0

    def once(self) -> int:
        """Empty some events whose time is over; how many there were.

        Past the oldest that is still to be kept it rests for an hour, and then looks
        at all of them again.
        """
        now = self._system.now()
        if self._keeps is None or now < self._looks_next:
            return 0
        before = max(0, now - millis(self._keeps))
        with self._storage.read() as snapshot:
            page = snapshot.events.aged(before=before, after=self._after, limit=AT_ONCE)
        emptied = self._empty([one for one, _ in page if _has_content(one)])
        self._after = page[-1][0].id if len(page) == AT_ONCE else None
        if self._after is None:
            self._looks_next = now + millis(LOOK_AGAIN)
        return emptied

    def _empty(self, events: Sequence[AgentEvent]) -> int:
        if not events:
            # Most pages were emptied long ago: nobody waits for a look at them.
            return 0
        with self._storage.begin() as tx:
            return sum(_emptied(tx, event) for event in events)


def _has_content(event: AgentEvent) -> bool:
    return not (has_expired(event) or is_withheld(event))


def _emptied(tx: Transaction, event: AgentEvent) -> bool:
    if event.server_session_id and tx.jobs.depth(event.server_session_id):
        return False
    tx.events.replace(expired(event))
    return True
