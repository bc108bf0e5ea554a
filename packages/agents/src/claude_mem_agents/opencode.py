# SPDX-License-Identifier: Apache-2.0
"""OpenCode: what a plugin of it sees, posted by that plugin."""

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

from claude_mem_agents.host import Fails, Hook, Host, Says

IN = {"cwd": "directory"}
PART = "properties.part"

HOST = Host(
    name="opencode",
    title="OpenCode",
    platform="opencode",
    hooks={
        "session.created": Hook(SESSION_START, moment="start", adds=IN),
        "chat.message": Hook(USER_PROMPT, moment="prompt", adds=IN),
        "tool.execute.after": Hook(
            TOOL_USE,
            moment="failure",
            adds={
                **IN,
                "tool_name": "tool",
                "tool_input": "args",
                "tool_response": "output",
            },
            fails=Fails("metadata.exit", unless=(0,), error="output"),
        ),
        "message.updated": Hook(ASSISTANT_MESSAGE, adds=IN),
        "message.part.updated": Hook(
            TOOL_FAILURE,
            adds={
                **IN,
                "tool_name": f"{PART}.tool",
                "tool_input": f"{PART}.state.input",
                "error": f"{PART}.state.error",
            },
        ),
        "session.idle": Hook(TURN_END, adds=IN),
        "session.deleted": Hook(SESSION_END, adds=IN),
    },
    fields={
        "contentSessionId": (
            *("sessionID", "properties.sessionID", "properties.info.sessionID"),
            *(f"{PART}.sessionID", "properties.info.id"),
        ),
        "toolUseId": ("callID", f"{PART}.callID"),
        "rootPath": ("directory",),
        "promptId": ("messageID",),
        "agentType": ("agent_type",),
        "model": ("model.modelID", "model"),
    },
    says=Says.CONTEXT,
    note="note",
    enough=(
        *("session.created", "chat.message", "tool.execute.after"),
        *("message.part.updated", "message.updated", "session.idle", "session.deleted"),
    ),
    remarks=(
        "OpenCode starts no command: a plugin posts what its hooks are given. For "
        "`tool.execute.after` and `chat.message` the payload is the hook's input and "
        "output in one object, with the message's text as `prompt`; for an event it is "
        "the event, with `text` beside it where a message ended. Each has `directory`. "
        "A tool that throws has no `tool.execute.after`: its part of the message says "
        "so, and of `message.part.updated` only those whose `status` is `error` are to "
        "be posted. What a helper does is posted as that of the session that it works "
        "for, with `agent_id`."
    ),
)
