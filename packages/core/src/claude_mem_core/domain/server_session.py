# SPDX-License-Identifier: Apache-2.0
"""A session: one conversation of one agent, as the server keeps it."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field

from claude_mem_core.domain.coverage import Coverage
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.platform import DEFAULT_PLATFORM, Platform
from claude_mem_core.domain.project_named import OfProject
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

SessionStatus = Literal["active", "completed", "failed"]

MOST_LISTED = 100
"""Sessions in one answer."""


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


class Tally(NamedTuple):
    """How much is kept of a session.

    Attributes:
        events: What its agent reported, and what was read from its transcript.
        memories: What was made of them, whatever took their place since.
    """

    events: int
    memories: int

    def to_wire(self) -> JsonObject:
        """The counts, as programs are told them."""
        return {**self._asdict()}


class CountedSession(NamedTuple):
    """A session, and how much is kept of it."""

    session: ServerSession
    tally: Tally


class SessionQuery(Value):
    """Which sessions are wanted.

    Attributes:
        project_id: Of this project; of all that the caller may see when left out.
        limit: At most so many.
        after: The id of a session: those that come after it, which began before.
    """

    project_id: Id | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_LISTED)] = 20
    after: Id | None = None


class SessionPage(NamedTuple):
    """Some sessions, the latest first, and where the next ones begin.

    Attributes:
        next: What `after` must be for the sessions that follow; None at the end.
    """

    sessions: tuple[CountedSession, ...]
    next: str | None

    @classmethod
    def of(cls, found: tuple[CountedSession, ...], query: SessionQuery) -> Self:
        """The page that answers a query."""
        is_full = len(found) == query.limit
        return cls(found, found[-1].session.id if is_full else None)


class SessionKey(Value):
    """How an agent names a session.

    Attributes:
        platform_source: Null means a session without a platform.
        any_platform: The platform does not matter; the newest session counts.
    """

    content_session_id: Id
    platform_source: Platform | None = None
    any_platform: bool = False
