# SPDX-License-Identifier: Apache-2.0
"""Everything that a program which embeds the core needs, under one name."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import (
    AcceptedEvent,
    AgentEvent,
    AgentEventCapture,
    AgentEventDraft,
)
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.context_pack import ContextPack, ContextQuery
from claude_mem_core.domain.coverage import (
    Coverage,
    CoverageTotals,
    ReconcileRequest,
    Reconciliation,
    SeenEvent,
)
from claude_mem_core.domain.generation_job import GenerationJob, JobEvent, JobQuery
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemoryItemPatch,
    MemoryRecord,
    MemorySource,
    MemorySourceDraft,
)
from claude_mem_core.domain.memory_request import FoundMemories, MemoryRequest
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.replay import ReplayPage, ReplayRequest
from claude_mem_core.domain.search import SearchHit, SearchQuery, SearchResult
from claude_mem_core.domain.server_session import ServerSession, ServerSessionDraft
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.launch import open_in_process, open_runtime
from claude_mem_core.runtime import Runtime, assemble

__all__ = [
    "AcceptedEvent",
    "AgentEvent",
    "AgentEventCapture",
    "AgentEventDraft",
    "ClaudeMemError",
    "ContextPack",
    "ContextQuery",
    "Coverage",
    "CoverageTotals",
    "Expiry",
    "FoundMemories",
    "GenerationJob",
    "JobEvent",
    "JobQuery",
    "MemoryChange",
    "MemoryItem",
    "MemoryItemDraft",
    "MemoryItemPatch",
    "MemoryRecord",
    "MemoryRequest",
    "MemorySource",
    "MemorySourceDraft",
    "Principal",
    "Project",
    "ProjectDraft",
    "ReconcileRequest",
    "Reconciliation",
    "ReplayPage",
    "ReplayRequest",
    "Runtime",
    "SearchHit",
    "SearchQuery",
    "SearchResult",
    "SeenEvent",
    "ServerSession",
    "ServerSessionDraft",
    "Supersession",
    "Timeline",
    "TimelineQuery",
    "assemble",
    "open_in_process",
    "open_runtime",
]
