# SPDX-License-Identifier: Apache-2.0
"""Gemini CLI: the hooks of its reference."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    SESSION_END,
    SESSION_START,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import Fails, Hook, Host

HOST = Host(
    name="gemini",
    title="Gemini CLI",
    platform="gemini",
    hooks={
        "SessionStart": Hook(SESSION_START, moment="start"),
        "BeforeAgent": Hook(USER_PROMPT, moment="prompt"),
        "AfterTool": Hook(
            TOOL_USE,
            moment="failure",
            fails=Fails(
                "tool_response.error",
                error=("tool_response.error.message", "tool_response.error"),
            ),
        ),
        "AfterAgent": Hook(
            TURN_END, adds={"last_assistant_message": "prompt_response"}
        ),
        "SessionEnd": Hook(SESSION_END),
    },
    note="systemMessage",
    enough=("SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "SessionEnd"),
    remarks=(
        "`AfterAgent` repeats the prompt of its turn; it ends the turn and opens none. "
        "`AfterModel` comes with every piece of a streamed answer, and `PreCompress` "
        "before each request of the model: do not hook them. What a hook told stands "
        "in the prompt that `BeforeAgent` repeats, in `<hook_context>`; that is taken "
        "out before anything is kept. A command that failed says its exit code in the "
        "text of `tool_response.llmContent` alone."
    ),
)
