# SPDX-License-Identifier: Apache-2.0
"""The hosts that this distribution knows, in the order in which pages list them."""

from __future__ import annotations

from claude_mem_agents import (
    claude_code,
    codex,
    copilot,
    cursor,
    gemini,
    openclaw,
    opencode,
    raw,
    windsurf,
)
from claude_mem_agents.host import Host

HOSTS: tuple[Host, ...] = tuple(
    module.HOST
    for module in (
        *(claude_code, codex, cursor, gemini, opencode),
        *(windsurf, copilot, openclaw, raw),
    )
)
