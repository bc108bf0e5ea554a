# SPDX-License-Identifier: Apache-2.0
"""Writes of many threads, done by one of them in one transaction.

Threads that write one after another hand each other the turn, and each hand-over
costs more than the write. So the first that comes leads: it does what has gathered,
commits, and tells each of the others the outcome. What comes meanwhile is done in the
next transaction, which the first of those who wait leads.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

from claude_mem_core.ports.storage import Storage, Transaction

R = TypeVar("R")
Deed: TypeAlias = Callable[[Transaction], R]

LARGEST_GROUP = 64
"""Deeds of one transaction: more would make the first of them wait for long."""


class Together(Generic[R]):
    """A storage's write blocks, each shared by all who wait for one.

    Args:
        storage: Where it is written.
        after: What is done with the outcomes once they are kept.
    """

    def __init__(
        self, storage: Storage, after: Callable[[Sequence[R]], object]
    ) -> None:
        self._storage = storage
        self._after = after
        self._lines: dict[int, _Line[R]] = {}

    def do(self, deed: Deed[R]) -> R:
        """The outcome of a deed, after what it wrote was committed.

        When a deed raises, nothing of its group is kept: each is then done again,
        alone, so that it succeeds or fails by itself. So a deed may be done twice.
        """
        line, order = self._here(), _Order(deed)
        try:
            line.join(order)
            order.called.acquire()
            if line.leader is order:
                self._lead(line.taken())
        finally:
            line.leave(order)
        return order.outcome[0] if order.outcome else self._done([deed])[0]

    def _lead(self, orders: Sequence[_Order[R]]) -> None:
        try:
            outcomes = self._done([order.deed for order in orders])
            for order, outcome in zip(orders, outcomes, strict=True):
                order.outcome.append(outcome)
        except Exception:
            if len(orders) == 1:
                raise
        finally:
            for order in orders[1:]:
                order.called.release()

    def _done(self, deeds: Sequence[Deed[R]]) -> Sequence[R]:
        with self._storage.begin() as tx:
            outcomes = [deed(tx) for deed in deeds]
        self._after(outcomes)
        return outcomes

    def _here(self) -> _Line[R]:
        """This process's own line: one that it was forked off stands in another."""
        process = os.getpid()
        return self._lines.get(process) or self._lines.setdefault(process, _Line())


class _Order(Generic[R]):
    """A deed in the line.

    Attributes:
        outcome: What came of it, once a leader has done it.
        called: Free when it was done, or is to lead, or is to be done alone.
    """

    def __init__(self, deed: Deed[R]) -> None:
        self.deed = deed
        self.outcome: list[R] = []
        self.called = threading.Lock()
        self.called.acquire()


class _Line(Generic[R]):
    """Who waits, and who leads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Order[R]] = deque()
        self.leader: _Order[R] | None = None

    def join(self, order: _Order[R]) -> None:
        """Wait behind the others; who comes first leads."""
        with self._lock:
            self._waiting.append(order)
            if self.leader is None:
                self._appoint()

    def taken(self) -> list[_Order[R]]:
        """Those whose deeds are done now, out of the line; the leader is the first."""
        with self._lock:
            count = min(len(self._waiting), LARGEST_GROUP)
            return [self._waiting.popleft() for _ in range(count)]

    def leave(self, order: _Order[R]) -> None:
        """Be done with it, or stop waiting; the next one leads when this one did."""
        with self._lock:
            if order in self._waiting:
                self._waiting.remove(order)
            if self.leader is order:
                self._appoint()

    def _appoint(self) -> None:
        self.leader = self._waiting[0] if self._waiting else None
        if self.leader is not None:
            self.leader.called.release()
