# SPDX-License-Identifier: Apache-2.0
"""Copilot: the hooks of its command line and those of VS Code, two dialects of one."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    SESSION_END,
    SESSION_START,
    TOOL_FAILURE,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
)

from claude_mem_agents.host import Fails, Hook, Host, Parsed, Says, Source

CALL: dict[str, Source] = {"tool_name": "toolName", "tool_input": Parsed("toolArgs")}
RESULT: dict[str, Source] = {
    "tool_response": ("toolResult.textResultForLlm", "tool_result.text_result_for_llm")
}

HOST = Host(
    name="copilot",
    title="Copilot CLI and VS Code",
    platform="copilot",
    hooks={
        "sessionStart": Hook(SESSION_START, moment="start"),
        "SessionStart": Hook(SESSION_START, moment="start"),
        "userPromptSubmitted": Hook(USER_PROMPT),
        "UserPromptSubmit": Hook(USER_PROMPT),
        "preToolUse": Hook("pre_tool_use", adds=CALL),
        "PreToolUse": Hook("pre_tool_use", moment="file"),
        "postToolUse": Hook(
            TOOL_USE,
            adds={**CALL, **RESULT},
            fails=Fails(
                ("toolResult.resultType", "tool_result.result_type"),
                unless=("success",),
                error="tool_response",
            ),
        ),
        "postToolUseFailure": Hook(TOOL_FAILURE, moment="failure", adds=CALL),
        "PostToolUseFailure": Hook(TOOL_FAILURE, moment="failure"),
        "agentStop": Hook(TURN_END),
        "Stop": Hook(TURN_END),
        "subagentStart": Hook(
            "subagent_start", adds={"agent_id": ("agentName", "agent_name")}
        ),
        "subagentStop": Hook(
            "subagent_stop", adds={"agent_id": ("agentName", "agent_name")}
        ),
        "sessionEnd": Hook(SESSION_END),
    },
    fields={"agentType": ("agentName", "agent_name", "agent_type")},
    files=frozenset(
        {
            *("view", "edit", "create", "readFile", "editFiles", "createFile"),
            *("read_file", "create_file", "replace_string_in_file"),
        }
    ),
    says=Says.CAMEL,
    enough=(
        *("sessionStart", "userPromptSubmitted", "postToolUse"),
        *("postToolUseFailure", "agentStop", "sessionEnd"),
    ),
    remarks=(
        "The command line has names and fields in camelCase, or as VS Code has them "
        "when a hook is set up under such a name (`PostToolUse`): both are read. Its "
        "`toolArgs` may be text that is JSON. `Stop` is `agentStop`, and "
        "`UserPromptSubmit` is `userPromptSubmitted`."
    ),
)
