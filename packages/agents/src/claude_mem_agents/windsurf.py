# SPDX-License-Identifier: Apache-2.0
"""Windsurf: the hooks of Cascade, as its documentation describes them."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import TOOL_USE, TURN_END, USER_PROMPT

from claude_mem_agents.host import Hook, Host, Is, Joined

IN = {"cwd": ("cwd", "tool_info.cwd")}
FILE = "tool_info.file_path"

HOST = Host(
    name="windsurf",
    title="Windsurf",
    platform="windsurf",
    hooks={
        "pre_user_prompt": Hook(
            USER_PROMPT, adds={**IN, "prompt": "tool_info.user_prompt"}
        ),
        "post_read_code": Hook(
            TOOL_USE,
            adds={**IN, "tool_name": Is("Read"), "tool_input": {"file_path": FILE}},
        ),
        "post_write_code": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": Is("Edit"),
                "tool_input": {"file_path": FILE, "edits": "tool_info.edits"},
            },
        ),
        "post_run_command": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": Is("Bash"),
                "tool_input": {"command": "tool_info.command_line"},
            },
        ),
        "post_mcp_tool_use": Hook(
            TOOL_USE,
            adds={
                **IN,
                "tool_name": Joined(
                    "mcp", ("tool_info.mcp_server_name", "tool_info.mcp_tool_name")
                ),
                "tool_input": "tool_info.mcp_tool_arguments",
                "tool_response": "tool_info.mcp_result",
            },
        ),
        "post_cascade_response": Hook(
            TURN_END, adds={**IN, "last_assistant_message": "tool_info.response"}
        ),
    },
    fields={
        "contentSessionId": ("trajectory_id",),
        "promptId": ("execution_id",),
        "rootPath": ("cwd", "tool_info.cwd"),
        "transcriptPath": ("tool_info.transcript_path",),
        "model": ("model_name",),
    },
    enough=(
        *("pre_user_prompt", "post_read_code", "post_write_code", "post_run_command"),
        *("post_mcp_tool_use", "post_cascade_response"),
    ),
    remarks=(
        "Windsurf reads nothing of an answer: it is told nothing. It does not say what "
        "a command printed or how it ended: a command shows no success and no failure."
    ),
)
