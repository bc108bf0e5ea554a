# SPDX-License-Identifier: Apache-2.0
"""A wish that somebody ends, which wakes whoever waits for something else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta


class StopSignal:
    """Given once and never taken back; safe to give from a signal handler."""

    def __init__(self) -> None:
        self._is_set = False
        # Reentrant: a signal handler may interrupt the very thread that waits here.
        self._given = threading.Condition(threading.RLock())
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        """Whether it was given."""
        return self._is_set

    @property
    def listeners(self) -> int:
        """How many wait to be told."""
        return len(self._listeners)

    def set(self) -> None:
        """Give it, and tell everybody who listens."""
        with self._given:
            self._is_set = True
            self._given.notify_all()
        for listener in tuple(self._listeners):
            listener()

    def wait(self, span: timedelta) -> bool:
        """Whether it was given before so much time had passed."""
        with self._given:
            return self._given.wait_for(lambda: self._is_set, span.total_seconds())

    @contextmanager
    def telling(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` when the signal is given within the block, or was before."""
        # Into the list first: a signal that comes in between is heard twice, not never.
        self._listeners.append(listener)
        try:
            if self.is_set:
                listener()
            yield
        finally:
            self._listeners.remove(listener)
