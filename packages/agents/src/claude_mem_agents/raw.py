# SPDX-License-Identifier: Apache-2.0
"""Raw: fields of one plain spelling, for an agent that is taught to send them."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    ASSISTANT_MESSAGE,
    SESSION_END,
    SESSION_START,
    TOOL_FAILURE,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import Fails, Hook, Host, Is, Says, Source

CALL: dict[str, Source] = {
    "tool_name": "toolName",
    "tool_input": "toolInput",
    "tool_response": "toolResponse",
}
SAID: dict[str, Source] = {"last_assistant_message": "lastAssistantMessage"}

HOST = Host(
    name="raw",
    title="Raw",
    platform="raw",
    hooks={
        "context": Hook(SESSION_START, moment="start"),
        "session-init": Hook(USER_PROMPT, moment="prompt"),
        "observation": Hook(
            TOOL_USE, moment="failure", adds=CALL, fails=Fails("error")
        ),
        "file-edit": Hook(
            TOOL_USE,
            adds={
                "tool_name": Is("Edit"),
                "tool_input": {"file_path": "filePath", "edits": "edits"},
            },
        ),
        "failure": Hook(TOOL_FAILURE, moment="failure", adds=CALL),
        "message": Hook(ASSISTANT_MESSAGE),
        "summarize": Hook(TURN_END, adds=SAID),
        "session-end": Hook(SESSION_END),
    },
    fields={
        "contentSessionId": ("sessionId", "session_id"),
        "promptId": ("promptId", "turnId"),
    },
    says=Says.CONTEXT,
    note="note",
    enough=("context", "session-init", "observation", "summarize", "session-end"),
    remarks=(
        "For an agent without a vocabulary here that wants to be told things. The "
        "events are named after what they ask for. An agent that can send whole events "
        "has [the plain vocabulary](#the-plain-vocabulary) or `POST /v1/events`."
    ),
)
