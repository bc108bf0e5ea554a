# SPDX-License-Identifier: Apache-2.0
"""The port to the queue: a bell over the storage's job ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, runtime_checkable

from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import Claim, JobDraft, JobKind
from claude_mem_core.domain.stop_signal import StopSignal

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
    * original time: a claim tells when its work was first put, however late it comes;
    * a clock that goes back holds nothing up for longer than two leases;
    * a release that failed is made up for with the next claim;
    * a ring wakes a waiting claim at once;
    * a stop signal ends a wait at once, and wins over work that is there;
    * an empty queue answers None when the wait is over;
    * closing ends every wait, and closing twice is harmless;
    * closing gives back every claim that is held; one that cannot be given back keeps
      none of the others.
    """

    @abstractmethod
    def enqueue(self, item: JobDraft) -> bool:
        """Put work in the ledger and ring; False: its key is already unsettled."""

    @abstractmethod
    def ring(self, session_id: str, *, kind: JobKind = "event") -> None:
        """Say that a session has work, after the transaction that put it there.

        It never fails and never waits for anything outside this process: what a bell
        cannot tell stands in the ledger.
        """

    @abstractmethod
    def claim(
        self,
        *,
        session_id: str | None = None,
        wait: timedelta = AT_ONCE,
        stop: StopSignal | None = None,
        worker: str | None = None,
    ) -> Claim | None:
        """The next work of a session or of any; None when the wait brought none.

        Args:
            session_id: Whose work; of any session when it is left out.
            wait: How long to wait for work that is not there yet.
            stop: Ends the wait.
            worker: Who claims: the job and its log name it.
        """

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
    def recover(self) -> int:
        """Work whose lease ended waits again; how much there was."""

    @abstractmethod
    def health(self) -> EngineHealth:
        """How the engine is; without a problem after a healthy start."""

    @abstractmethod
    def close(self) -> None:
        """Claim nothing more, end every wait and give back what is held."""


@runtime_checkable
class OwnWorkers(Protocol):
    """The ability of an engine to bring workers of its own, on any machine.

    With such an engine a server does no work itself: somebody starts its workers.

    * a worker drains a session that is rung, and looks again after it let go;
    * a stop signal ends a worker when its session is let go.
    """

    @abstractmethod
    def run_worker(
        self, drain: Callable[[str], object], *, name: str, stop: StopSignal
    ) -> None:
        """Be a worker until `stop` is given: call `drain` for each session rung.

        Args:
            drain: Does what the ledger holds for a session; it may be called again
                for one that has nothing left.
            name: The worker's name, which no other live worker has.
            stop: Ends it.

        Raises:
            ConflictError: A live worker has this name.
            QueueError: The bell cannot be reached at the start.
        """
