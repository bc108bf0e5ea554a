# SPDX-License-Identifier: Apache-2.0
"""How long the long tests are: the one place that reads it.

`CLAUDE_MEM_TEST_SIZE` is `pr`, which `make test` runs, or `release`, which
`make release-check` runs. `CLAUDE_MEM_TEST_SEED` replays what a harness has printed.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much is enough.

    Attributes:
        server_kills: How often a server is killed that takes events.
        acknowledged: Events that it must have acknowledged by then.
        worker_kills: How often a worker of several is killed.
        bell_turns: Turns of each session while a Redis is broken.
        redis_kills: How often a Redis is killed that keeps a log.
        redis_losses: How often it is emptied, and how often it starts with nothing.
        redis_down_seconds: How long it is away while events come in.
        hostile_jobs: How much garbage it is fed with.
        slow_seconds: How long slow connections are there.
        every_migration_step: A server dies after every step from every older schema,
            not after the first and the last alone.
    """

    server_kills: int
    acknowledged: int
    worker_kills: int
    bell_turns: int
    redis_kills: int
    redis_losses: int
    redis_down_seconds: float
    hostile_jobs: int
    slow_seconds: float
    every_migration_step: bool


SIZES = {
    "pr": Size(
        server_kills=60,
        acknowledged=10_000,
        worker_kills=200,
        bell_turns=30,
        redis_kills=5,
        redis_losses=2,
        redis_down_seconds=6,
        hostile_jobs=1_000,
        slow_seconds=3,
        every_migration_step=False,
    ),
    "release": Size(
        server_kills=1000,
        acknowledged=200_000,
        worker_kills=500,
        bell_turns=220,
        redis_kills=50,
        redis_losses=20,
        redis_down_seconds=60,
        hostile_jobs=10_000,
        slow_seconds=60,
        every_migration_step=True,
    ),
}
SIZE = SIZES[os.environ.get("CLAUDE_MEM_TEST_SIZE", "pr")]


def new_seed() -> int:
    """The seed that was asked for, else one that nobody had before."""
    given = os.environ.get("CLAUDE_MEM_TEST_SEED")
    return int(given) if given else secrets.randbelow(2**32)
