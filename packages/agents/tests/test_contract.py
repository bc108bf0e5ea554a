# SPDX-License-Identifier: Apache-2.0
"""Every vocabulary here keeps the port's promises."""

from __future__ import annotations

import pytest
from claude_mem_agents.claude_code import ClaudeCode
from claude_mem_conformance.agents import VocabularyContract


class TestClaudeCode(VocabularyContract):
    @pytest.fixture
    def vocabulary(self):
        return ClaudeCode()

    @pytest.fixture
    def hooks(self):
        common = {"session_id": "s", "cwd": "/home/me/lighthouse"}
        return {
            "SessionStart": {**common, "source": "startup"},
            "UserPromptSubmit": {**common, "prompt": "Fix the lamp."},
            "PreToolUse": {
                **common,
                "tool_name": "Read",
                "tool_input": {"file_path": "/home/me/lighthouse/lamp.py"},
            },
            "PostToolUse": {**common, "tool_name": "Bash", "tool_use_id": "t"},
            "PostToolUseFailure": {**common, "tool_name": "Bash", "error": "1"},
            "Stop": {**common, "last_assistant_message": "Fixed."},
            "SessionEnd": {**common, "reason": "exit"},
        }
