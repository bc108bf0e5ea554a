# SPDX-License-Identifier: Apache-2.0
"""A stack of our own behind standard input, where no server runs on the data folder."""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from claude_mem_core.domain.project_identity import ProjectFacts

from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.settings import McpSettings
from claude_mem_mcp_adapter.whom import of_process

if TYPE_CHECKING:
    # They take longer to import than all else, and the first call needs them.
    from claude_mem_core.runtime import Runtime


def serve_alone(
    env: Mapping[str, str], settings: McpSettings, facts: ProjectFacts
) -> None:
    """Serve until standard input ends; the store is opened by the first call."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

    def opening() -> Runtime:
        from claude_mem_core.launch import open_runtime

        return open_runtime(env)

    store = Store(opening)
    server = build_server(
        store.opened,
        of_process(settings.key, facts),
        observation_names=settings.mcp_observation_names,
    )
    gc.freeze()
    gc.enable()
    try:
        server.run("stdio")
    finally:
        store.close()


class Store:
    """A runtime that is opened once, when somebody needs it."""

    def __init__(self, opening: Callable[[], Runtime]) -> None:
        self._opening = opening
        self._runtime: Runtime | None = None
        self._turn = threading.Lock()

    def opened(self) -> Runtime:
        """The runtime; what it fails with is told, and the next call tries again."""
        with self._turn:
            if self._runtime is None:
                self._runtime = self._opening()
                # It keeps its audit log and the ledger in order; a server or a worker
                # makes the memories.
                self._runtime.start(work=False)
            return self._runtime

    def close(self) -> None:
        """Let go of what is open."""
        with self._turn:
            if self._runtime is not None:
                self._runtime.close()
