# SPDX-License-Identifier: Apache-2.0
"""The real clock and the real dice."""

from __future__ import annotations

import secrets
import threading
import time

from typing_extensions import override

from claude_mem_core.ports.system import System


class RealSystem(System):
    """This machine's clock and its source of randomness."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    @override
    def now(self) -> int:
        return time.time_ns() // 1_000_000

    @override
    def new_id(self) -> str:
        """A UUID of version 7 (RFC 9562): ids sort by when they were given.

        The 12 bits after the milliseconds count the ids within one, so that order
        holds inside it too, and when the clock is set back.
        """
        with self._lock:
            stamp = max(self.now() << 12, self._last + 1)
            self._last = stamp
        millis, count = stamp >> 12, stamp & 0xFFF
        tail = int.from_bytes(secrets.token_bytes(8)) >> 2
        digits = f"{millis << 80 | 7 << 76 | count << 64 | 2 << 62 | tail:032x}"
        parts = digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]
        return "-".join(parts)

    @override
    def random_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)
