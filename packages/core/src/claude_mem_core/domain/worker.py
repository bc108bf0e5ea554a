# SPDX-License-Identifier: Apache-2.0
"""The processes that turn jobs into memories, as far as the store knows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from claude_mem_core.domain.value import Epoch, Name, Value

WorkerHealth = Literal["active", "errored"]

BEAT_EVERY = timedelta(seconds=5)
"""How often a worker says that it is there."""

SILENT_AFTER = timedelta(seconds=20)
"""A worker that was not heard of for so long counts as gone."""


class WorkerRecord(Value):
    """A worker of its own process, and when it was last heard of.

    Attributes:
        id: Its name: no two live workers of one store have the same.
        engine: The queue engine that it works for.
        last_error: What went wrong last, while its health is `errored`.
    """

    id: Name
    engine: Name
    host: Name
    pid: int
    health: WorkerHealth = "active"
    last_error: str | None = None
    started_at_epoch: Epoch
    seen_at_epoch: Epoch
