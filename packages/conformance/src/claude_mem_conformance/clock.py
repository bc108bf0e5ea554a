# SPDX-License-Identifier: Apache-2.0
"""A clock that is moved by hand, and dice that always fall alike."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

from claude_mem_core.ports.system import System
from typing_extensions import override

NOW = 1_800_000_000_000
"""The moment at which every clock of the kit starts."""


class HandClock(System):
    """Time that stands still until it is moved; numbered ids; bytes all alike."""

    def __init__(self, now: int = NOW) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._ids = itertools.count(1)

    @override
    def now(self) -> int:
        return self._now

    @override
    def new_id(self) -> str:
        with self._lock:
            return f"{next(self._ids):012d}"

    @override
    def random_bytes(self, count: int) -> bytes:
        return b"\7" * count

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by // timedelta(milliseconds=1)
