# SPDX-License-Identifier: Apache-2.0
"""OpenClaw: what a plugin of it sees, posted by that plugin."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    SESSION_END,
    SESSION_START,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import Fails, Hook, Host, Says

IN = {"cwd": "context.workspaceDir"}

HOST = Host(
    name="openclaw",
    title="OpenClaw",
    platform="openclaw",
    hooks={
        "session_start": Hook(SESSION_START, adds=IN),
        "before_prompt_build": Hook(USER_PROMPT, moment="start", adds=IN),
        "after_tool_call": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": "toolName",
                "tool_input": "params",
                "tool_response": "result",
            },
            fails=Fails("error"),
        ),
        "agent_end": Hook(TURN_END, adds=IN),
        "session_end": Hook(SESSION_END, adds=IN),
    },
    fields={
        "contentSessionId": ("context.sessionId", "sessionId", "context.sessionKey"),
        "toolUseId": ("toolCallId", "context.toolCallId"),
        "promptId": ("runId", "context.runId"),
        "rootPath": ("context.workspaceDir",),
        "model": ("context.model", "context.modelId"),
    },
    says=Says.SYSTEM,
    enough=(
        *("session_start", "before_prompt_build", "after_tool_call", "agent_end"),
        "session_end",
    ),
    remarks=(
        "OpenClaw starts no command: a plugin posts the event of a hook, without "
        "`messages`, and what it knows around it as `context`. `agent_end` carries the "
        "last message as `last_assistant_message`. The agent's own id stays inside of "
        "`context`: it is no helper's."
    ),
)
