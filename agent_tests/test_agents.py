# SPDX-License-Identifier: Apache-2.0
"""What a user of the real Claude Code and Codex has of it, from the first run on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from clients import Desk, eventually
from model_stub import DONE, parts

GOLDEN = Path(__file__).parents[1] / "packages" / "agents" / "tests" / "golden"
WORK = [
    {
        "tool": "Bash",
        "input": {"command": "echo 'def light(): pass' > lamp.py", "description": "x"},
    },
    {"tool": "Bash", "input": {"command": "cat nothing.txt", "description": "x"}},
]
CODEX_WORK = [
    {
        "tool": "apply_patch",
        "input": "*** Begin Patch\n*** Add File: fuse.py\n+def fuse():\n+    return 7\n*** End Patch\n",
    },
    {"tool": "exec_command", "input": {"cmd": "cat fuse.py"}},
    {"tool": "exec_command", "input": {"cmd": "cat nothing.txt"}},
]


def edits(desk: Desk) -> list[dict[str, Any]]:
    """Calls that leave something worth remembering."""
    lamp = str(desk.work / "lamp.py")
    return [
        *WORK,
        {"tool": "Read", "input": {"file_path": lamp}},
        {
            "tool": "Edit",
            "input": {
                "file_path": lamp,
                "old_string": "pass",
                "new_string": "return 1",
            },
        },
    ]


def unknown_fields(desk: Desk, host: str) -> set[str]:
    """The fields of real payloads that no golden payload of that hook has."""
    lines = (GOLDEN / f"{host}.jsonl").read_text().splitlines()
    golden: dict[str, set[str]] = {}
    for row in map(json.loads, lines):
        golden.setdefault(row["hook"], set()).update(row["payload"])
    sent = [json.loads(event["payload"]) for event in desk.held()]
    return {
        f"{one['hook_event_name']}.{name}"
        for one in sent
        for name in set(one) - golden[one["hook_event_name"]]
    }


def test_every_tool_call_of_a_first_run_of_claude_code_is_kept(desk: Desk) -> None:
    desk.says(*edits(desk))
    desk.claude("Make light() in lamp.py return 1, because the lamp never burns.")

    assert len(desk.calls_made()) == 4
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    kinds = [event["event_type"] for event in desk.held()]
    assert {"user_prompt", "tool_use", "tool_failure", "turn_end"} <= {*kinds}
    assert {event["platform_source"] for event in desk.held()} == {"claude"}
    assert unknown_fields(desk, "claude-code") == set()


def test_every_tool_call_of_a_first_run_of_codex_is_kept(desk: Desk) -> None:
    desk.says(*CODEX_WORK)
    desk.codex("Add fuse() in fuse.py, because the lamp has two fuses.")

    assert len(desk.calls_made()) == 3
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    kinds = {event["event_type"] for event in desk.held()}
    assert {"user_prompt", "tool_use", "turn_end"} <= kinds
    assert {event["platform_source"] for event in desk.held()} == {"codex"}
    assert unknown_fields(desk, "codex") == set()


@pytest.mark.parametrize("agent", ["claude", "codex"])
def test_a_second_session_begins_with_what_the_first_one_did(
    desk: Desk, agent: str
) -> None:
    desk.says(*edits(desk))
    desk.claude("Make light() in lamp.py return 1, because the lamp never burns.")
    title = eventually(
        lambda: desk.claude_mem("search", "lamp", "--limit", "1", check=False)
    )
    assert "lamp" in title
    before = len(desk.requests())

    desk.says()
    getattr(desk, agent)("What is next?")

    asked = json.dumps(desk.requests(before)[0])
    assert "lamp.py" in asked
    assert "claude-mem" in asked


def test_a_server_that_dies_stops_no_agent_and_loses_no_call(desk: Desk) -> None:
    (pid,) = (json.loads(desk.claude_mem("server", "status", "--json"))["pid"],)
    desk.says(
        WORK[0],
        {"tool": "Bash", "input": {"command": f"kill -9 {pid}", "description": "x"}},
        *edits(desk)[1:],
    )
    ended = desk.claude("Make light() in lamp.py return 1.")

    assert json.loads(ended.stdout.splitlines()[-1])["result"] == DONE
    assert len(desk.calls_made()) == 5
    assert len(desk.calls_held()) < 5

    desk.claude_mem("server", "start", "--daemon")
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    assert "turn_end" in {event["event_type"] for event in desk.held()}


CHECK = "import lamp, fuse\nassert lamp.light() and fuse.blown() is False\n"
TESTED = {"tool": "Bash", "input": {"command": "make test", "description": "x"}}


def told_after_a_failure(request: dict[str, Any]) -> list[str]:
    """What a request tells the model because a call failed."""
    asked = [part for one in request["messages"] for part in parts(one)]
    texts = [text for part in asked for text in (part.get("text"), part.get("content"))]
    return [one for one in map(str, texts) if "PostToolUseFailure" in one]


def test_a_failure_that_was_mended_before_is_told_with_what_mended_it(
    desk: Desk,
) -> None:
    (desk.work / "Makefile").write_text("test:\n\tpython3 check.py\n")
    (desk.work / "check.py").write_text(CHECK)
    (desk.work / "lamp.py").write_text("def light():\n    return 1\n")
    fuse = desk.work / "fuse.py"
    mended = {"file_path": str(fuse), "content": "def blown():\n    return False\n"}
    desk.says(TESTED, {"tool": "Write", "input": mended}, TESTED)
    desk.claude("Get the tests of the lamp to pass.")
    assert eventually(lambda: "fuse" in desk.claude_mem("search", "fuse", check=False))
    fuse.unlink()
    before = len(desk.requests())

    desk.says(TESTED)
    desk.claude("Run the tests.")

    first, *_, last = desk.requests(before)
    assert told_after_a_failure(first) == []
    (told,) = told_after_a_failure(last)
    assert "No module named 'fuse'" in told
    assert "fuse.py" in told
