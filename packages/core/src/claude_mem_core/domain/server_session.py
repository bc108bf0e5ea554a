# SPDX-License-Identifier: Apache-2.0
"""A session: one conversation of one agent, as the server keeps it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from claude_mem_core.domain.coverage import Coverage
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.platform import DEFAULT_PLATFORM, Platform
from claude_mem_core.domain.project_named import OfProject
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

SessionStatus = Literal["active", "completed", "failed"]


class _SessionFields(Value):
    content_session_id: Id | None = None
    memory_session_id: Id | None = None
    platform_source: Platform | None = DEFAULT_PLATFORM
    title: Text | None = None
    metadata: JsonObject = Field(default_factory=dict)
    external_session_id: Id | None = None
    agent_id: Name | None = None
    agent_type: Name | None = None


class ServerSessionDraft(_SessionFields, OfProject):
    """A session before it is stored."""


class ServerSession(_SessionFields):
    """A stored session.

    It is unique by project, platform and the id that the agent gave it: its
    external id, else its content session id.

    Attributes:
        coverage: How much of what its transcript tells of is kept; null until somebody
            compared the two.
    """

    id: Id
    project_id: Id
    status: SessionStatus = "active"
    started_at_epoch: Epoch
    completed_at_epoch: Epoch | None = None
    updated_at_epoch: Epoch
    coverage: Coverage | None = None


class StartedSession(Value):
    """What a start gave: the session, and whether it is new."""

    session: ServerSession
    created: bool


class EndedSession(Value):
    """What an end gave: the session, and the job that will summarise it, if any."""

    session: ServerSession
    generation_job: GenerationJob | None = None


class SessionKey(Value):
    """How an agent names a session.

    Attributes:
        platform_source: Null means a session without a platform.
        any_platform: The platform does not matter; the newest session counts.
    """

    content_session_id: Id
    platform_source: Platform | None = None
    any_platform: bool = False
