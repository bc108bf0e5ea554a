# SPDX-License-Identifier: Apache-2.0
"""What a user of the real Claude Code and Codex has of it, from the first run on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clients import Desk, eventually

WORK = [
    {"tool": "Bash", "input": {"command": "echo 'def light(): pass' > lamp.py", "description": "x"}},
    {"tool": "Bash", "input": {"command": "cat nothing.txt", "description": "x"}},
]
CODEX_WORK = [
    {"tool": "apply_patch", "input": "*** Begin Patch\n*** Add File: fuse.py\n+def fuse():\n+    return 7\n*** End Patch\n"},
    {"tool": "exec_command", "input": {"cmd": "cat fuse.py"}},
    {"tool": "exec_command", "input": {"cmd": "cat nothing.txt"}},
]


def edits(desk: Desk) -> list[dict[str, Any]]:
    """Calls that leave something worth remembering."""
    lamp = str(desk.work / "lamp.py")
    return [
        *WORK,
        {"tool": "Read", "input": {"file_path": lamp}},
        {"tool": "Edit", "input": {"file_path": lamp, "old_string": "pass", "new_string": "return 1"}},
    ]


def test_every_tool_call_of_a_first_run_of_claude_code_is_kept(desk: Desk) -> None:
    desk.says(*edits(desk))
    desk.claude("Make light() in lamp.py return 1, because the lamp never burns.")

    assert len(desk.calls_made()) == 4
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    kinds = [event["event_type"] for event in desk.held()]
    assert {"user_prompt", "tool_use", "tool_failure", "turn_end"} <= {*kinds}
    assert {event["platform_source"] for event in desk.held()} == {"claude"}


def test_every_tool_call_of_a_first_run_of_codex_is_kept(desk: Desk) -> None:
    desk.says(*CODEX_WORK)
    desk.codex("Add fuse() in fuse.py, because the lamp has two fuses.")

    assert len(desk.calls_made()) == 3
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    kinds = {event["event_type"] for event in desk.held()}
    assert {"user_prompt", "tool_use", "turn_end"} <= kinds
    assert {event["platform_source"] for event in desk.held()} == {"codex"}


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_a_second_session_begins_with_what_the_first_one_did(desk: Desk, agent: str) -> None:
    desk.says(*edits(desk))
    desk.claude("Make light() in lamp.py return 1, because the lamp never burns.")
    title = eventually(lambda: desk.claude_mem("search", "lamp", "--limit", "1", check=False))
    assert "lamp" in title
    before = len(desk.requests())

    desk.says()
    getattr(desk, agent)("What is next?")

    asked = json.dumps(desk.requests(before)[0])
    assert "lamp.py" in asked
    assert "claude-mem" in asked
