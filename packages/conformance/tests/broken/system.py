# SPDX-License-Identifier: Apache-2.0
"""Systems that each break one promise."""

from __future__ import annotations

import uuid

from claude_mem_conformance.system import SystemContract
from claude_mem_core.system import RealSystem

from broken.registry import breaks


@breaks(SystemContract.test_the_clock_counts_milliseconds, "system")
class CountsSeconds(RealSystem):
    def now(self):
        return super().now() // 1000


@breaks(SystemContract.test_an_id_is_new_and_greater, "system")
class DrawsIds(RealSystem):
    def new_id(self):
        return str(uuid.UUID(bytes=self.random_bytes(16)))


@breaks(SystemContract.test_nobody_can_guess_the_bytes, "system")
class DrawsTheSame(RealSystem):
    def random_bytes(self, count):
        return b"\0" * count
