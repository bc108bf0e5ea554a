# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.plugins import hookimpl
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.installers import AgentInstaller
from claude_mem_core.ports.transcripts import TranscriptFormat

from claude_mem_agents.hosts import HOSTS
from claude_mem_agents.installing.claude_code import ClaudeCodeInstaller
from claude_mem_agents.installing.command_hooks import (
    CODEX,
    CURSOR,
    GEMINI,
    CommandHooks,
)
from claude_mem_agents.installing.opencode import OpenCodeInstaller
from claude_mem_agents.vocabulary import TableVocabulary


@hookimpl
def claude_mem_agents() -> Iterable[AgentVocabulary]:
    """Offer the vocabularies of the agents that this distribution knows."""
    return [TableVocabulary(host) for host in HOSTS]


@hookimpl
def claude_mem_installers() -> Iterable[AgentInstaller]:
    """Offer to put hooks into the agents that this distribution knows."""
    hosts = [CommandHooks(one) for one in (CODEX, CURSOR, GEMINI)]
    return [ClaudeCodeInstaller(), *hosts, OpenCodeInstaller()]


@hookimpl
def claude_mem_transcripts() -> Iterable[TranscriptFormat]:
    """Offer to read what the agents that this distribution knows wrote down."""
    # Only who reads transcripts pays for them, and no hook does.
    from claude_mem_agents.transcripts.formats import FORMATS

    return FORMATS
