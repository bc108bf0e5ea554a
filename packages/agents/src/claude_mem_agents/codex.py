# SPDX-License-Identifier: Apache-2.0
"""Codex: the hooks of its command line, as version 0.171 sends them."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    SESSION_END,
    SESSION_START,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import Hook, Host

HOST = Host(
    name="codex",
    title="Codex",
    platform="codex",
    hooks={
        "SessionStart": Hook(SESSION_START, moment="start"),
        "UserPromptSubmit": Hook(USER_PROMPT, moment="prompt"),
        "PreToolUse": Hook("pre_tool_use", moment="file"),
        "PostToolUse": Hook(TOOL_USE, moment="failure"),
        "Stop": Hook(TURN_END),
        "SessionEnd": Hook(SESSION_END),
    },
    fields={"promptId": ("turn_id", "prompt_id")},
    note="systemMessage",
    enough=(
        *("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse"),
        *("SubagentStop", "PreCompact", "Stop", "SessionEnd"),
    ),
    reads_commands=True,
    prompts_share_a_turn=True,
    remarks=(
        "A command that failed comes as `PostToolUse` too, with its output and without "
        "its exit code: what the output complains of tells whether it failed. A patch "
        "that a model applies through the shell fires `PreToolUse` alone; its result "
        "stands in the session's rollout file. `suppressOutput` is never answered: "
        "Codex refuses it. Files are also recognised in commands that only print them "
        "(`cat`, `head`, `sed -n` …) and in MCP tools named `read`, `view` or `cat`."
    ),
)
