# SPDX-License-Identifier: Apache-2.0
"""The default queue engine: the ledger in the same file, and a bell in the process."""

from __future__ import annotations

from claude_mem_core.reference.queue import InProcessQueueEngine


class SqliteQueueEngine(InProcessQueueEngine):
    """Claims straight from the ledger of a `SqliteStorage`.

    Threads of one process wake each other at once. Work that another process put in
    is seen within half a second, as the file has no bell.
    """

    name = "sqlite"
