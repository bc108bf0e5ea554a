# SPDX-License-Identifier: Apache-2.0

"""What the clock and the dice are held to."""

from __future__ import annotations

import time
from typing import ClassVar

from claude_mem_core.ports.system import System

from claude_mem_conformance.contract import Contract
from claude_mem_conformance.threads import AT_MOST, in_thread


class SystemContract(Contract):
    """A system. The adapter's test gives the fixture `system`."""

    ports: ClassVar[tuple[type, ...]] = (System,)

    def test_the_clock_counts_milliseconds(self, system: System) -> None:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        before = time.time_ns() // 1_000_000
        now = system.now()
        assert before <= now <= time.time_ns() // 1_000_000

    def test_an_id_is_new_and_greater(self, system: System) -> None:
        """An id that nobody has had, greater than those given before."""
        ids = [system.new_id() for _ in range(5_000)]
        assert ids == sorted(set(ids))
        many = [
            in_thread(lambda: [system.new_id() for _ in range(500)]) for _ in "abcd"
        ]
        given = [id_ for thread in many for id_ in thread.result(AT_MOST)]
        assert len({*ids, *given}) == len(ids) + len(given)

    def test_nobody_can_guess_the_bytes(self, system: System) -> None:
        """Bytes that nobody can guess."""
        drawn = [system.random_bytes(32) for _ in range(64)]
        assert {len(one) for one in drawn} == {32}
        assert len(set(drawn)) == len(drawn)
