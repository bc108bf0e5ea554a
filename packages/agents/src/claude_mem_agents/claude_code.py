# SPDX-License-Identifier: Apache-2.0
"""Claude Code: the hooks of its documentation, as version 2.1.332 sends them."""

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

from claude_mem_agents.host import Hook, Host
from claude_mem_agents.vocabulary import TableVocabulary

NAME = "claude-code"
FILE_TOOLS = ("Read", "Edit", "MultiEdit", "Write", "NotebookEdit")
"""The tools that open a file."""

MOST_TOLD = 9_500
"""Characters that it is told at once: it cuts what is longer than 10,000."""

HOST = Host(
    name=NAME,
    title="Claude Code",
    platform="claude",
    hooks={
        "SessionStart": Hook(SESSION_START, moment="start"),
        "UserPromptSubmit": Hook(USER_PROMPT, moment="prompt"),
        "PreToolUse": Hook("pre_tool_use", moment="file"),
        "PostToolUse": Hook(TOOL_USE),
        "PostToolUseFailure": Hook(TOOL_FAILURE, moment="failure"),
        "AssistantMessage": Hook(ASSISTANT_MESSAGE),
        "Stop": Hook(TURN_END),
        "SessionEnd": Hook(SESSION_END),
    },
    fields={
        "contentSessionId": ("session_id", "id", "sessionId"),
        "occurredAtEpoch": ("ts", "timestamp"),
    },
    files=frozenset(FILE_TOOLS),
    note="systemMessage",
    most_told=MOST_TOLD,
    enough=(
        *("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse"),
        *("PostToolUseFailure", "Stop", "SubagentStop", "PreCompact", "SessionEnd"),
    ),
    remarks=(
        "`AssistantMessage` is no hook of Claude Code itself: it stands in files that "
        "were made from transcripts. With `last_assistant_message` it ends the turn."
    ),
)


class ClaudeCode(TableVocabulary):
    """The hooks of Claude Code, as its documentation and its wire describe them."""

    def __init__(self) -> None:
        super().__init__(HOST)
