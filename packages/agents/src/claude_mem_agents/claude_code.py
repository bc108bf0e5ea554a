# SPDX-License-Identifier: Apache-2.0
"""Claude Code: the JSON of its hooks, read into events."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    ASSISTANT_MESSAGE,
    SESSION_END,
    SESSION_START,
    TOOL_FAILURE,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
    AgentEventCapture,
)
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.agents import AgentVocabulary
from typing_extensions import override

from claude_mem_agents.fields import LONGEST_ID, epoch, number, snake_case, text

NAME = "claude-code"
PLATFORM = "claude"
LONGEST_AGENT_NAME = 128
"""Characters of an agent's id or type; a longer one counts as absent."""

EVENT_TYPES = {
    "user_prompt_submit": USER_PROMPT,
    "post_tool_use": TOOL_USE,
    "post_tool_use_failure": TOOL_FAILURE,
    "assistant_message": ASSISTANT_MESSAGE,
    "stop": TURN_END,
    "session_start": SESSION_START,
    "session_end": SESSION_END,
}
"""Our word for each event that has a meaning here; the others keep their own."""


class ClaudeCode(AgentVocabulary):
    """The hooks of Claude Code, as its documentation and its wire describe them."""

    @property
    @override
    def name(self) -> str:
        return NAME

    @override
    def capture(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        word = snake_case(event) or "unnamed"
        event_type = EVENT_TYPES.get(word, word)
        occurred_at = epoch(payload.get("ts"))
        return AgentEventCapture(
            source_type="hook",
            event_type=event_type,
            platform_source=PLATFORM,
            payload=payload,
            content_session_id=_id(payload, "session_id", "id", "sessionId"),
            occurred_at_epoch=received_at if occurred_at is None else occurred_at,
            source_event_id=_own_id(event_type, payload),
            tool_use_id=_id(payload, "tool_use_id", "toolUseId"),
            metadata=_metadata(payload),
            root_path=text(payload, "cwd"),
        )


def _id(payload: JsonObject, *names: str) -> str | None:
    return text(payload, *names, longest=LONGEST_ID)


def _own_id(event_type: str, payload: JsonObject) -> str | None:
    """The id that the sender gave to this very event, if it gave one.

    A prompt's id comes with every event of its turn, so it names the prompt only.
    """
    own = _id(payload, "source_event_id", "sourceEventId")
    if own is None and event_type == USER_PROMPT:
        return _id(payload, "prompt_id", "promptId")
    return own


def _metadata(payload: JsonObject) -> JsonObject:
    """What the wire has under other names, or what later readers want at hand."""
    found: JsonObject = {
        "agentId": _agent_name(payload, "agent_id", "agentId"),
        "agentType": _agent_name(payload, "agent_type", "agentType"),
        "promptId": _id(payload, "prompt_id", "promptId"),
        "transcriptPath": text(payload, "transcript_path", "transcriptPath"),
        "permissionMode": _id(payload, "permission_mode", "permissionMode"),
        "durationMs": number(payload, "duration_ms"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _agent_name(payload: JsonObject, *names: str) -> str | None:
    return text(payload, *names, longest=LONGEST_AGENT_NAME)
