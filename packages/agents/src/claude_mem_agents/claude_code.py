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
from claude_mem_core.domain.hook import LONGEST_ASKED, HookQuestion
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

MOST_TOLD = 9_500
"""Characters that it is told at once: it cuts what is longer than 10,000."""

TAKES_CONTEXT = {
    "session_start": "SessionStart",
    "user_prompt_submit": "UserPromptSubmit",
    "pre_tool_use": "PreToolUse",
    "post_tool_use_failure": "PostToolUseFailure",
}
"""The events at which it can be told something, in its own spelling."""

FILE_TOOLS = {
    "Read": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "NotebookEdit": "notebook_path",
}
"""The tools that open a file, and the field of their input that names it."""


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

    @override
    def asks(self, event: str, payload: JsonObject) -> HookQuestion | None:
        match snake_case(event):
            case "session_start":
                # A resumed session was told before, and reads that again itself.
                told = payload.get("source") == "resume"
                return None if told else HookQuestion(moment="start", budget=MOST_TOLD)
            case "user_prompt_submit":
                return _of_prompt(payload)
            case "pre_tool_use":
                return _of_file(payload)
            case "post_tool_use_failure":
                return _of_failure(payload)
        return None

    @override
    def answer(self, event: str, told: str, note: str | None = None) -> JsonObject:
        name = TAKES_CONTEXT.get(snake_case(event))
        said: JsonObject = {}
        if told and name is not None:
            said["hookSpecificOutput"] = {
                "hookEventName": name,
                "additionalContext": told,
            }
        if note:
            said["systemMessage"] = note
        return said


def _of_prompt(payload: JsonObject) -> HookQuestion | None:
    prompt = text(payload, "prompt")
    if prompt is None:
        return None
    query = prompt[:LONGEST_ASKED]
    return HookQuestion(moment="prompt", query=query, budget=MOST_TOLD)


def _of_file(payload: JsonObject) -> HookQuestion | None:
    tool, given = text(payload, "tool_name"), payload.get("tool_input")
    field = FILE_TOOLS.get(tool or "")
    file = text(given, field) if field and isinstance(given, dict) else None
    if file is None:
        return None
    return HookQuestion(moment="file", files=(file,), budget=MOST_TOLD)


def _of_failure(payload: JsonObject) -> HookQuestion | None:
    error, given = text(payload, "error"), payload.get("tool_input")
    if error is None or payload.get("is_interrupt") is True:
        return None
    command = text(given, "command") if isinstance(given, dict) else None
    return HookQuestion(
        moment="failure",
        command=(command or text(payload, "tool_name") or "tool")[:LONGEST_ASKED],
        error=error[-LONGEST_ASKED:],
        budget=MOST_TOLD,
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
