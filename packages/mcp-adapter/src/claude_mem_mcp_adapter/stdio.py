# SPDX-License-Identifier: Apache-2.0
"""Standard input and output: a relay to the running server, or a stack of our own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

from claude_mem_core.git_facts import facts_of
from claude_mem_core.server_record import running_server
from claude_mem_core.settings import CoreSettings

from claude_mem_mcp_adapter.settings import McpSettings

PROJECT_FOLDER = "CLAUDE_PROJECT_DIR"
"""Where a host says which folder it is about; else it starts us in that folder."""


def serve(env: Mapping[str, str], settings: McpSettings) -> None:
    """Serve the data folder that `env` names until standard input ends.

    Where a server runs on it, that one does the work: there is one owner of the store,
    one model of an embedder, one count of what a key asks.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    folder, key = CoreSettings.from_env(env).folder, settings.key
    facts = facts_of(Path(env.get(PROJECT_FOLDER) or os.getcwd()))  # noqa: PTH109 - facts_of keeps links
    if running_server(folder) is not None:
        from claude_mem_mcp_adapter.relay import Relay

        Relay(folder, key, facts).run()
        return
    # This process serves no HTTP. The SDK takes note of uvicorn where there is one,
    # and would load it, and click with it, for nothing.
    sys.modules.setdefault("uvicorn", cast("ModuleType", None))
    from claude_mem_mcp_adapter.own import serve_alone

    serve_alone(env, settings, facts)
    _leave_no_thread_behind()


def _leave_no_thread_behind() -> None:
    """End now where a thread would hold the process: whoever asked is gone."""
    if any(one.is_alive() and not one.daemon for one in _others()):
        os._exit(0)


def _others() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one is not threading.main_thread()]
