# SPDX-License-Identifier: Apache-2.0
"""Whether the time of a refusal tells who guesses that an id is a key's.

Keys that were never issued, and keys that were, with another secret, are refused in
turns, in an order drawn by chance. The slowest of all are left out, as other programs
made them so. The rest is compared by Welch's t: what lies within 4.5 of 0 is what
chance does (Goodwill et al., A testing methodology for side-channel resistance
validation, 2011).
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, variance

from claude_mem_core.api import Runtime
from claude_mem_core.domain.access import ApiKey
from claude_mem_core.domain.keys import KEY_BYTES, hash_key, mint_key, read_key
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.errors import UnauthenticatedError
from claude_mem_core.ports.storage import Storage

from benchmarks.adapters import START, adapters
from benchmarks.report import Line, percentile

EACH = 10_000
"""Refusals of either sort: 20,000 in all."""

ISSUED = 100
PUBLIC_BYTES = 12
"""Of a key's random bytes, those that its public part is made of."""

KEPT = 0.95
CHANCE = 4.5


def measure() -> Sequence[Line]:
    """Microseconds for both sorts, and how far apart they are."""
    with (
        tempfile.TemporaryDirectory() as name,
        adapters(Path(name)) as (runtime, storage, _),
    ):
        issued = [os.urandom(KEY_BYTES) for _ in range(ISSUED)]
        for number, one in enumerate(issued):
            _add(storage, mint_key(one), user=f"u{number}" if number % 2 else None)
        unknown, wrong = _refusals(runtime, issued)
    return [
        Line(
            "an unknown id beside a wrong secret",
            fmean(unknown) * 1e6,
            fmean(wrong) * 1e6,
            "us",
            more_is_better=False,
        ),
        Line(
            "|t| of it beside what chance does",
            abs(welch(unknown, wrong)),
            CHANCE,
            "t",
            more_is_better=False,
        ),
    ]


def welch(one: Sequence[float], other: Sequence[float]) -> float:
    """How many standard errors the means lie apart."""
    spread = variance(one) / len(one) + variance(other) / len(other)
    return float((fmean(one) - fmean(other)) / spread**0.5)


def _refusals(
    runtime: Runtime, issued: Sequence[bytes]
) -> tuple[Sequence[float], Sequence[float]]:
    guesses = [(0, os.urandom(KEY_BYTES)) for _ in range(EACH)] + [
        (1, issued[at % ISSUED][:PUBLIC_BYTES] + os.urandom(KEY_BYTES - PUBLIC_BYTES))
        for at in range(EACH)
    ]
    random.shuffle(guesses)
    taken: tuple[list[float], list[float]] = ([], [])
    gc.disable()
    try:
        for sort, raw in guesses:
            taken[sort].append(_refused(runtime, mint_key(raw)))
    finally:
        gc.enable()
    slow = percentile([*taken[0], *taken[1]], KEPT)
    return tuple([one for one in sort if one < slow] for sort in taken)  # type: ignore[return-value]


def _refused(runtime: Runtime, key: str) -> float:
    begin = time.perf_counter()
    try:
        runtime.access.authenticate(key)
    except UnauthenticatedError:
        return time.perf_counter() - begin
    raise RuntimeError("a key that nobody was given was let in")


def _add(storage: Storage, raw: str, *, user: str | None) -> None:
    parts = read_key(raw)
    if parts is None:
        raise RuntimeError("a new key cannot be read")
    key = ApiKey(
        id=f"key-{parts.prefix}",
        team_id=LOCAL_TEAM_ID,
        name="bench",
        key_hash=hash_key(parts),
        prefix=parts.prefix,
        user_id=user,
        created_at_epoch=START,
        updated_at_epoch=START,
    )
    with storage.begin() as tx:
        tx.keys.add(key)
