# SPDX-License-Identifier: Apache-2.0
"""Cursor: the hooks of its agent, as its documentation describes them."""

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

from claude_mem_agents.host import Fails, Hook, Host, Is, Parsed, Says

IN = {"cwd": ("cwd", "workspace_roots.0")}
"""Where the files of a session lie; only some of its events say it themselves."""

HOST = Host(
    name="cursor",
    title="Cursor",
    platform="cursor",
    hooks={
        "sessionStart": Hook(SESSION_START, moment="start", adds=IN),
        "beforeSubmitPrompt": Hook(USER_PROMPT, adds=IN),
        "afterShellExecution": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": Is("Shell"),
                "tool_input": {"command": "command"},
                "tool_response": "output",
            },
        ),
        "afterMCPExecution": Hook(
            TOOL_USE, adds={**IN, "tool_response": Parsed("result_json")}
        ),
        "afterFileEdit": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": Is("Edit"),
                "tool_input": {"file_path": "file_path", "edits": "edits"},
            },
        ),
        "postToolUse": Hook(
            TOOL_USE,
            moment="failure",
            adds={**IN, "tool_response": Parsed("tool_output")},
            fails=Fails(
                "tool_response.exitCode",
                unless=(0,),
                error=("tool_response.output", "tool_output"),
            ),
        ),
        "postToolUseFailure": Hook(TOOL_FAILURE, adds={**IN, "error": "error_message"}),
        "afterAgentResponse": Hook(ASSISTANT_MESSAGE, adds=IN),
        "stop": Hook(TURN_END, adds=IN),
        "sessionEnd": Hook(SESSION_END, adds=IN),
    },
    fields={
        "contentSessionId": ("conversation_id", "session_id"),
        "rootPath": ("workspace_roots.0", "cwd"),
        "promptId": ("generation_id",),
        "durationMs": ("duration_ms", "duration"),
        "agentId": ("subagent_id",),
        "agentType": ("subagent_type",),
    },
    says=Says.SNAKE,
    go_on=frozenset({"beforeSubmitPrompt"}),
    enough=(
        *("sessionStart", "beforeSubmitPrompt", "afterShellExecution"),
        *("afterMCPExecution", "afterFileEdit", "afterAgentResponse", "stop"),
        "sessionEnd",
    ),
    remarks=(
        "`postToolUse` and `postToolUseFailure` tell of the same calls as "
        "`afterShellExecution`, `afterMCPExecution` and `afterFileEdit`: hook the two "
        "or the three. An edit comes with its old and new text: a tool use of its own."
    ),
)
