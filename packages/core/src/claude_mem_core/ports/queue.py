# SPDX-License-Identifier: Apache-2.0
"""The port to the queue: a bell over the storage's job ledger."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import Protocol

from claude_mem_core.domain.generation_job import Claim, JobDraft

AT_ONCE = timedelta(0)


class ObservationQueueEngine(Protocol):
    """A stream of work per session, over the storage's job ledger.

    An engine is built from a storage and adds ringing and waiting to be rung; what
    is to be done stands in the ledger alone, so a bell that fails costs time, never
    work. Every engine promises, and the conformance kit checks:

    * order: the items of one session are claimed in the order they were put;
    * one at a time: a session has at most one claim that is not settled;
    * no doubles: putting a key that is still unsettled changes nothing;
    * no loss: a claim that is never settled comes back when its lease ends;
    * a ring wakes a waiting claim at once;
    * an empty queue answers None when the wait is over;
    * closing ends every wait, and closing twice is harmless.
    """

    @abstractmethod
    def enqueue(self, item: JobDraft) -> bool:
        """Put work in the ledger and ring; False: its key is already unsettled."""

    @abstractmethod
    def ring(self, session_id: str) -> None:
        """Say that a session has work, after the transaction that put it there."""

    @abstractmethod
    def claim(
        self, *, session_id: str | None = None, wait: timedelta = AT_ONCE
    ) -> Claim | None:
        """The next work of a session or of any; None when the wait brought none."""

    @abstractmethod
    def extend(self, claim: Claim) -> Claim:
        """The same claim with a whole lease before it."""

    @abstractmethod
    def release(self, claim: Claim, *, after: timedelta = AT_ONCE) -> None:
        """Let go of work that was not done; it waits `after` before it comes again."""

    @abstractmethod
    def reset(self, session_id: str) -> int:
        """Processing work of a session waits again; how much there was."""

    @abstractmethod
    def clear(self, session_id: str) -> int:
        """A session's unsettled work is cancelled; how much there was."""

    @abstractmethod
    def depth(self, session_id: str | None = None) -> int:
        """How much work is unsettled, of one session or of all."""

    @abstractmethod
    def close(self) -> None:
        """Claim nothing more and end every wait."""
