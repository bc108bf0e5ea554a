# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about what teams used."""

from __future__ import annotations

from typing import ClassVar

from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.usage import UsageBook

from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, PROJECT, STRANGERS


class UsageContract(RepositoryContract):
    """What teams used."""

    ports: ClassVar[tuple[type, ...]] = (UsageBook,)

    def test_a_month_tells_what_the_team_used(self, inhabited: Storage) -> None:
        """What the scope's team used in a month, by kind; nothing else is in it."""
        with inhabited.begin() as tx:
            tx.usage.count("2026-10", {"request": 7, "event.write": 1}, scope=PROJECT)
            tx.usage.count("2026-10", {"request": 90}, scope=STRANGERS)
        with inhabited.read() as snapshot:
            used = {"request": 7, "event.write": 1}
            assert dict(snapshot.usage.of("2026-10", scope=OURS)) == used
            assert dict(snapshot.usage.of("2026-10", scope=PROJECT)) == used
            assert dict(snapshot.usage.of("2026-11", scope=OURS)) == {}

    def test_what_is_used_adds_up(self, inhabited: Storage) -> None:
        """Add to what the scope's team used in a month."""
        for used in ({"request": 2}, {"request": 3, "event.write": 4}, {}):
            with inhabited.begin() as tx:
                tx.usage.count("2026-10", used, scope=OURS)
        with inhabited.read() as snapshot:
            told = dict(snapshot.usage.of("2026-10", scope=OURS))
        assert told == {"request": 5, "event.write": 4}
