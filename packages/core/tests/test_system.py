# SPDX-License-Identifier: Apache-2.0
"""Ids sort by when they were given, whatever the clock does."""

from __future__ import annotations

import uuid

from claude_mem_core.system import RealSystem
from typing_extensions import override


class Backwards(RealSystem):
    """A clock that runs backwards."""

    epoch = 1_700_000_000_000

    @override
    def now(self) -> int:
        self.epoch -= 1
        return self.epoch


def test_ids_rise_even_while_the_clock_falls() -> None:
    system = Backwards()

    ids = [system.new_id() for _ in range(5000)]

    assert ids == sorted(set(ids))
    assert {uuid.UUID(one).version for one in ids} == {7}
    assert {uuid.UUID(one).variant for one in ids} == {uuid.RFC_4122}
