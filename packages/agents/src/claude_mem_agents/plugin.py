# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.plugins import hookimpl
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.installers import AgentInstaller

from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_agents.installing.claude_code import ClaudeCodeInstaller
from claude_mem_agents.installing.command_hooks import (
    CODEX,
    CURSOR,
    GEMINI,
    CommandHooks,
)


@hookimpl
def claude_mem_agents() -> Iterable[AgentVocabulary]:
    """Offer the vocabularies of the agents that this distribution knows."""
    return [ClaudeCode()]


@hookimpl
def claude_mem_installers() -> Iterable[AgentInstaller]:
    """Offer to put hooks into the agents that this distribution knows."""
    hosts = [CommandHooks(one) for one in (CODEX, CURSOR, GEMINI)]
    return [ClaudeCodeInstaller(), *hosts]
