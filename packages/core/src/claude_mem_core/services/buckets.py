# SPDX-License-Identifier: Apache-2.0
"""Buckets in this process: what limits are kept in where nobody counts for all."""

from __future__ import annotations

import threading

from claude_mem_core.domain.limits import Allowance, Verdict, taken

MOST_BUCKETS = 10_000
"""Beyond so many, those that are full are dropped: they are as new ones."""


class Buckets:
    """Buckets by their names, which any thread may take from."""

    def __init__(self) -> None:
        self._full_at: dict[tuple[str, str], float] = {}
        self._turn = threading.Lock()

    def take(self, name: str, allowance: Allowance, *, now: int) -> Verdict:
        """Take one from the bucket of this name, if there is one."""
        bucket = name, allowance.name
        with self._turn:
            full_at, verdict = taken(self._full_at.get(bucket, 0), allowance, now=now)
            if bucket not in self._full_at and len(self._full_at) >= MOST_BUCKETS:
                self._make_room(now)
            self._full_at[bucket] = full_at
        return verdict

    def clear(self) -> None:
        """Fill all of them."""
        self._full_at.clear()

    def _make_room(self, now: int) -> None:
        held = {name: at for name, at in self._full_at.items() if at > now}
        # Where all are in use, the ones that are nearest to full go.
        spare = sorted(held, key=held.__getitem__)[: len(held) - MOST_BUCKETS // 2]
        for name in spare:
            del held[name]
        self._full_at = held
