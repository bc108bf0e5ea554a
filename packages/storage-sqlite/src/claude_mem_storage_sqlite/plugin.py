# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host; drivers are imported on opening."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from claude_mem_core.plugins import Adapter, Wiring, hookimpl
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.settings import Settings


class SqliteSettings(Settings):
    """Where the database is, and what a commit waits for.

    Attributes:
        sqlite_path: The file; `memory.db` in the data folder when it is not given.
        sqlite_synchronous: FULL waits for the disk at each commit, so that what was
            acknowledged survives a power cut. NORMAL does not wait: it survives a
            kill of any process, but the last commits may be lost with the power.
    """

    sqlite_path: Path | None = None
    sqlite_synchronous: Literal["FULL", "NORMAL"] = "FULL"


@hookimpl
def claude_mem_storages() -> Iterable[Adapter[Storage]]:
    """Offer the storage in one file."""
    return [Adapter("sqlite", SqliteSettings, _storage)]


@hookimpl
def claude_mem_queues() -> Iterable[Adapter[ObservationQueueEngine]]:
    """Offer the queue engine on the storage's own ledger."""
    return [Adapter("sqlite", Settings, _queue)]


def _storage(settings: SqliteSettings, wiring: Wiring) -> Storage:
    from claude_mem_storage_sqlite.storage import SqliteStorage

    path = settings.sqlite_path or wiring.folder / "memory.db"
    return SqliteStorage(
        path.expanduser(), wiring.system, synchronous=settings.sqlite_synchronous
    )


def _queue(_: Settings, wiring: Wiring) -> ObservationQueueEngine:
    from claude_mem_storage_sqlite.queue import SqliteQueueEngine

    return SqliteQueueEngine(wiring.stored(), wiring.system)
