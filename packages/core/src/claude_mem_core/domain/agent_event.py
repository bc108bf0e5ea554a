# SPDX-License-Identifier: Apache-2.0
"""What an agent did: the events that everything else is made from."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field, JsonValue

from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

SourceType = Literal["hook", "worker", "provider", "server", "api"]

USER_PROMPT = "user_prompt"
TOOL_USE = "tool_use"
TOOL_FAILURE = "tool_failure"
ASSISTANT_MESSAGE = "assistant_message"
TURN_END = "turn_end"
SESSION_START = "session_start"
SESSION_END = "session_end"

SUBAGENT = ("agent_id", "agentId")
"""The fields of a payload of which one names the subagent, if it is one's."""


class _EventFields(Value):
    server_session_id: Id | None = None
    source_type: SourceType
    event_type: Name
    platform_source: Platform | None = None
    payload: JsonValue = Field(default_factory=dict)
    content_session_id: Id | None = None
    memory_session_id: Id | None = None
    occurred_at_epoch: Epoch
    source_event_id: Id | None = None
    tool_use_id: Id | None = None
    metadata: JsonObject = Field(default_factory=dict)

    @property
    def names_platform(self) -> bool:
        """Whether the sender spoke of a platform at all, be it null."""
        return "platform_source" in self.model_fields_set


class AgentEventDraft(_EventFields):
    """An event of a known project, before it is stored."""

    project_id: Id


class AgentEventCapture(_EventFields):
    """An event straight from an agent's hook, which knows a folder, not a project."""

    root_path: Text | None = None

    def in_project(self, project_id: str) -> AgentEventDraft:
        """The event as one of a project; what its sender left unsaid stays unsaid."""
        said = self.model_fields_set - {"root_path"}
        fields = {name: getattr(self, name) for name in said}
        return AgentEventDraft(**fields, project_id=project_id)


class AgentEvent(AgentEventDraft):
    """A stored event.

    Its payload is any JSON, kept as it came; times are integer milliseconds.
    """

    id: Id
    created_at_epoch: Epoch


def stored(
    draft: AgentEventDraft, *, session_id: str | None, id_: str, now: int
) -> AgentEvent:
    """The event to keep for a draft, in the session that it is of."""
    given = {**vars(draft), "server_session_id": session_id}
    return AgentEvent.of_valid({**given, "id": id_, "created_at_epoch": now})


class AcceptedEvent(Value):
    """What became of an event: the stored one, its job, and whether it is new."""

    event: AgentEvent
    generation_job: GenerationJob | None = None
    created: bool


class TurnRole(StrEnum):
    """What an event does to the turn around it."""

    OPENS = "opens"
    WITHIN = "within"
    CLOSES = "closes"


class Latest(NamedTuple):
    """What happened last in a session.

    Attributes:
        turn: The number of its turn.
        did: What it did to that.
        at: When it happened.
    """

    turn: int
    did: TurnRole
    at: int


class EventName(NamedTuple):
    """What an event is known by, without what it says."""

    id: str
    event_type: str
    tool_use_id: str | None
    source_event_id: str | None
    occurred_at_epoch: int
    metadata: JsonObject


def turn_role(event_type: str, payload: JsonValue) -> TurnRole:
    """What an event of this type and payload does to its turn.

    A prompt opens a turn; the agent's stop and the session's end close it. The
    reference system's clients report a stop as an `assistant_message` whose
    payload has `last_assistant_message`; an assistant message without it is one
    of several within a turn. What a subagent does lies within the turn of the agent
    that it helps.
    """
    if is_of_subagent(payload):
        return TurnRole.WITHIN
    if event_type == USER_PROMPT:
        return TurnRole.OPENS
    if event_type in (TURN_END, SESSION_END):
        return TurnRole.CLOSES
    last = isinstance(payload, dict) and "last_assistant_message" in payload
    if event_type == ASSISTANT_MESSAGE and last:
        return TurnRole.CLOSES
    return TurnRole.WITHIN


def is_of_subagent(payload: JsonValue) -> bool:
    """Whether an agent's helper did it, which has an id of its own."""
    return isinstance(payload, dict) and any(payload.get(name) for name in SUBAGENT)


def event_key(draft: AgentEventDraft, *, team_id: str) -> str:
    """The identity of an event: the same event sent twice has the same key.

    By the caller's own event id within its session, adapter and platform, else by
    the tool call within its session, else by the canonical content. Format:
    `agent_event:v1:` and a SHA-256 (the reference system's section on identities).
    """
    session = draft.content_session_id or draft.server_session_id
    where: list[JsonValue] = [
        *(team_id, draft.project_id, draft.source_type),
        *([draft.platform_source] if draft.platform_source else []),
        *(session, draft.event_type),
    ]
    return "agent_event:v1:" + fingerprint(*where, *_distinction(draft))


def _distinction(draft: AgentEventDraft) -> list[JsonValue]:
    if draft.source_event_id is not None:
        return ["source", draft.source_event_id]
    if draft.tool_use_id is not None:
        return ["tool", draft.tool_use_id]
    return ["content", draft.occurred_at_epoch, draft.payload]
