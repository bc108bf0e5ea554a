# SPDX-License-Identifier: Apache-2.0
"""A thread that rings through Redis, so that nobody else ever waits for it."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from itertools import islice

from claude_mem_queue_rq.lanes import Ring

MOST_HELD = 10_000
"""Sessions that are remembered while Redis is away. Beyond, upkeep rings for them."""

AT_ONCE = 100
"""Rings that go to Redis together."""

GATHER = 0.05
"""Seconds in which rings for the same session become one: an agent reports in bursts,
and each ring costs Redis and a worker more than it costs the ledger to be looked at."""

PAUSE = 0.5
"""Seconds between two tries while Redis is away."""

FAREWELL = 3.0
"""Seconds that the last try may take when the ringer is closed."""

log = logging.getLogger(__name__)


class Ringer:
    """Keeps each ring once, until it was handed over.

    Args:
        put: Hands rings over; it raises when it handed none over.
        told: What such an error is called.
    """

    def __init__(
        self,
        put: Callable[[Sequence[Ring]], None],
        told: Callable[[Exception], str],
    ) -> None:
        self._put = put
        self._told = told
        self._closed = False
        self._begin()
        _ALL.add(self)

    def _begin(self) -> None:
        """Start with nothing: a forked process has neither our thread nor our lock."""
        self.problem: str | None = None
        self._held: dict[Ring, None] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, ring: Ring) -> None:
        """Ring soon; it is dropped when too many wait."""
        with self._changed:
            if self._closed or len(self._held) >= MOST_HELD:
                return
            self._held[ring] = None
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="ringer", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """Try once more to hand over what is held, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(FAREWELL)

    def _run(self) -> None:
        while batch := self._next():
            is_last_try = self._closed
            if self._handed_over(batch):
                continue
            if is_last_try:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._closed, PAUSE)

    def _next(self) -> Sequence[Ring]:
        """What is to be rung; nothing when the ringer is closed and holds none."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._closed)
            self._changed.wait_for(lambda: self._closed, GATHER)
            batch = tuple(islice(self._held, AT_ONCE))
            for ring in batch:
                del self._held[ring]
            return batch

    def _handed_over(self, batch: Sequence[Ring]) -> bool:
        try:
            self._put(batch)
        except Exception as error:  # noqa: BLE001 - no error may end the thread
            problem = self._told(error)
            if self.problem is None:
                log.warning("rings wait: %s", problem)
            with self._changed:
                self.problem = problem
                rest = islice(self._held, max(0, MOST_HELD - len(batch)))
                self._held = dict.fromkeys((*batch, *rest))
            return False
        self.problem = None
        return True


_ALL: weakref.WeakSet[Ringer] = weakref.WeakSet()


def _begin_in_child() -> None:
    for ringer in tuple(_ALL):
        ringer._begin()  # noqa: SLF001 - it is this module's


os.register_at_fork(after_in_child=_begin_in_child)
