# SPDX-License-Identifier: Apache-2.0
"""The records of the in-process storage, all of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from claude_mem_core.domain.access import ApiKey
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.audit import AuditEntry
from claude_mem_core.domain.context_pack import PackReceipt
from claude_mem_core.domain.embedding import StoredVectors
from claude_mem_core.domain.feedback import MemoryUse
from claude_mem_core.domain.generation_job import GenerationJob, JobEvent
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectIdentity
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.team import Team, TeamMember
from claude_mem_core.domain.worker import WorkerRecord


@dataclass(slots=True)
class State:
    """Every table as a dictionary in the order of insertion.

    A committed state is never changed again: a transaction works on a copy, so a
    reader that holds the old one sees one moment for as long as it likes.
    """

    teams: dict[str, Team] = field(default_factory=dict)
    members: dict[str, TeamMember] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    identities: dict[tuple[str, str], ProjectIdentity] = field(default_factory=dict)
    """By their teams and keys."""
    sessions: dict[str, ServerSession] = field(default_factory=dict)
    events: dict[str, AgentEvent] = field(default_factory=dict)
    event_ids: dict[str, str] = field(default_factory=dict)
    """From an event's identity to its id."""
    turns: dict[str, int] = field(default_factory=dict)
    """From an event's id to the number of its turn."""
    session_events: dict[str, tuple[str, ...]] = field(default_factory=dict)
    memories: dict[str, MemoryItem] = field(default_factory=dict)
    memory_ids: dict[str, str] = field(default_factory=dict)
    """From the key that a memory was generated from to its id."""
    vectors: dict[tuple[str, str], StoredVectors] = field(default_factory=dict)
    """By the memory's id and the model's key."""
    vector_changes: dict[str, int] = field(default_factory=dict)
    """By projects."""
    jobs: dict[str, GenerationJob] = field(default_factory=dict)
    unsettled: dict[str, GenerationJob] = field(default_factory=dict)
    """Those of the jobs that are still to be done, in the order they were put."""
    event_jobs: dict[str, str] = field(default_factory=dict)
    """From an event's id to the id of its own job."""
    job_events: dict[str, tuple[JobEvent, ...]] = field(default_factory=dict)
    workers: dict[str, WorkerRecord] = field(default_factory=dict)
    model_calls: dict[str, ModelCall] = field(default_factory=dict)
    packs: dict[str, PackReceipt] = field(default_factory=dict)
    uses: dict[str, MemoryUse] = field(default_factory=dict)
    audit: dict[str, AuditEntry] = field(default_factory=dict)
    usage: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """By teams and months."""

    def copy(self) -> State:
        """A state of its own with the same records."""
        return State(
            **{one.name: dict(getattr(self, one.name)) for one in fields(self)}
        )
