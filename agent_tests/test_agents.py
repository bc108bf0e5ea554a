# SPDX-License-Identifier: Apache-2.0
"""What a user of the real agents has of it, from the first run on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clients import Desk, eventually

Way = Callable[[Desk, str, dict[str, str]], None]
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


def opencode_work(desk: Desk) -> list[dict[str, Any]]:
    """Calls of which one changes a file, one ends badly, and one throws."""
    lamp = str(desk.work / "lamp.py")
    change = {"filePath": lamp, "oldString": "pass", "newString": "return 1"}
    return [
        *({**one, "tool": "bash"} for one in WORK),
        {"tool": "read", "input": {"filePath": lamp}},
        {"tool": "edit", "input": change},
        {"tool": "read", "input": {"filePath": str(desk.work / "none.py")}},
    ]


def gemini_work(desk: Desk) -> list[dict[str, Any]]:
    """The same in the words of Gemini CLI."""
    lamp = str(desk.work / "lamp.py")
    change = {"file_path": lamp, "old_string": "pass", "new_string": "return 1"}
    return [
        *({**one, "tool": "run_shell_command"} for one in WORK),
        {"tool": "read_file", "input": {"file_path": lamp}},
        {"tool": "replace", "input": {**change, "instruction": "Let it burn."}},
        {"tool": "read_file", "input": {"file_path": str(desk.work / "none.py")}},
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
        golden.setdefault(row["hook"], set()).update(
            row["payload"], row.get("added", ())
        )
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


def test_every_tool_call_of_a_first_run_of_opencode_is_kept(desk: Desk) -> None:
    desk.says(*opencode_work(desk))
    desk.opencode("Make light() in lamp.py return 1, because the lamp never burns.")

    assert len(desk.calls_made()) == 5
    assert eventually(lambda: desk.calls_held() == desk.calls_made())
    kinds = [event["event_type"] for event in desk.held()]
    assert kinds.count("tool_use") == 3
    assert kinds.count("tool_failure") == 2
    assert kinds[:2] == ["session_start", "user_prompt"]
    assert kinds[-2:] == ["assistant_message", "turn_end"]
    assert {event["platform_source"] for event in desk.held()} == {"opencode"}


def test_every_tool_call_of_a_first_run_of_gemini_cli_is_kept(desk: Desk) -> None:
    desk.says(*gemini_work(desk))
    desk.gemini("Make light() in lamp.py return 1, because the lamp never burns.")

    made = desk.gemini_calls_made()
    ended = ("tool_use", "tool_failure")
    kept = [e for e in desk.held() if e["event_type"] in ended]
    assert len(made) == 5
    assert [json.loads(e["payload"])["tool_input"] for e in kept] == made
    kinds = [event["event_type"] for event in desk.held()]
    assert kinds[:2] == ["session_start", "user_prompt"]
    assert kinds[-2:] == ["turn_end", "session_end"]
    assert {event["platform_source"] for event in desk.held()} == {"gemini"}
    assert unknown_fields(desk, "gemini") == set()


def test_what_gemini_cli_is_told_does_not_come_back_as_a_prompt(desk: Desk) -> None:
    desk.says(*gemini_work(desk))
    desk.gemini("Make light() in lamp.py return 1, because the lamp never burns.")
    desk.gemini("What is next?")

    asked = [e for e in desk.held() if e["event_type"] == "user_prompt"]
    said = [json.loads(event["payload"])["prompt"].strip() for event in asked]
    assert said[1] == "What is next?"


@pytest.mark.parametrize("agent", ["claude", "codex", "opencode", "gemini"])
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

    asked = json.dumps(desk.requests(before))
    assert "lamp.py" in asked
    assert "claude-mem-context" in asked


def test_nothing_is_lost_of_a_run_in_which_the_server_is_killed(desk: Desk) -> None:
    pid = json.loads(desk.claude_mem("server", "status", "--json"))["pid"]
    killing = {"command": f"kill -9 {pid}", "description": "x"}
    desk.says({"tool": "Bash", "input": killing}, *edits(desk))
    desk.claude("Make light() in lamp.py return 1, because the lamp never burns.")

    assert len(desk.calls_made()) == 5
    assert desk.calls_held() < desk.calls_made()
    desk.claude_mem("server", "start", "--daemon")
    assert eventually(lambda: desk.calls_held() == desk.calls_made())


def test_a_fix_that_worked_is_told_when_its_failure_comes_again(desk: Desk) -> None:
    test = "import unittest, lamp\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(lamp.light(), 1)\n"
    (desk.work / "lamp.py").write_text("def light(): return 0\n")
    (desk.work / "test_lamp.py").write_text(test)
    check = {
        "tool": "Bash",
        "input": {"command": "python3 -m unittest test_lamp", "description": "x"},
    }
    lamp = str(desk.work / "lamp.py")
    fix = {"file_path": lamp, "old_string": "return 0", "new_string": "return 1"}
    desk.says(
        {"tool": "Read", "input": {"file_path": lamp}},
        check,
        {"tool": "Edit", "input": fix},
        check,
    )
    desk.claude("Let the test of the lamp pass.")
    assert eventually(
        lambda: "lamp" in desk.claude_mem("search", "lamp test fix", check=False)
    )

    (desk.work / "lamp.py").write_text("def light(): return 0\n")
    before = len(desk.requests())
    desk.says(check)
    desk.claude("Run the test of the lamp.")

    first, second = desk.requests(before)[:2]
    new = json.dumps(second["messages"][len(first["messages"]) :])
    assert "AssertionError: 0 != 1; later it passed" in new
    assert "`return 0` became `return 1` in lamp.py" in new


@pytest.mark.parametrize("agent", ["claude", "codex", "opencode"])
def test_the_next_session_fills_in_what_was_lost_with_the_server_and_its_spool(
    desk: Desk, agent: str
) -> None:
    status = json.loads(desk.claude_mem("server", "status", "--json"))
    killing = f"kill -9 {status['pid']}"
    work, kill = {
        "claude": (edits(desk), "Bash"),
        "codex": (CODEX_WORK, "exec_command"),
        "opencode": (opencode_work(desk), "bash"),
    }[agent]
    asked = {"cmd" if agent == "codex" else "command": killing, "description": "x"}
    desk.says(*work[:1], {"tool": kill, "input": asked}, *work[1:])
    getattr(desk, agent)("Make the lamp burn, because it never does.")
    made = desk.calls_made()
    # Nothing that the hooks kept is left: only the agent's own transcript has it all.
    shutil.rmtree(desk.home / ".claude-mem" / "server" / "spool")
    assert desk.calls_held() < made

    desk.says()
    getattr(desk, agent)("What is next?")

    assert eventually(lambda: desk.calls_held() == made, seconds=60)
    told = eventually(lambda: whole(desk, calls=len(made)), seconds=60)
    assert told["missing"] == 0
    assert told["ratio"] == 1
    assert told["filled"] > 0


def whole(desk: Desk, *, calls: int) -> dict[str, Any] | None:
    """The coverage, once all these calls and the prompts beside them are counted."""
    said = desk.claude_mem("server", "status", "--json", check=False)
    told = json.loads(said)["coverage"] if said else None
    return told if told and told["seen"] > calls and not told["missing"] else None


NOTE = "The lamp is wired to the second fuse, never to the first."
ASKED = {"query": "which fuse has the lamp?"}
OVER_HTTP = "mcp__memory__"
OVER_STDIO = "mcp__plugin_claude-mem_claude-mem__"
"""What `claude-mem install` has put into the plugin starts this one."""


def tools_over_http(desk: Desk) -> list[str]:
    """The options of a session that has the memory's tools from the running server."""
    url = json.loads(desk.claude_mem("server", "status", "--json"))["url"]
    key = desk.claude_mem("server", "api-key", "create", "--role", "editor").strip()
    headers = {"Authorization": f"Bearer {key}"}
    server = {"type": "http", "url": f"{url}/v1/mcp", "headers": headers}
    file = desk.home / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"memory": server}}))
    return ["--mcp-config", str(file), "--strict-mcp-config"]


def told_to(desk: Desk) -> str:
    """What the model was told, and said itself, by the end of the last session."""
    asked = desk.requests()[-1]
    return json.dumps(asked.get("messages") or asked["input"])


def over_http(desk: Desk, tool: str, asked: dict[str, str]) -> None:
    desk.says({"tool": f"{OVER_HTTP}{tool}", "input": asked})
    options = [*tools_over_http(desk), "--allowedTools", f"{OVER_HTTP}*"]
    desk.claude("What of the lamp?", *options)


def over_stdio(desk: Desk, tool: str, asked: dict[str, str]) -> None:
    desk.says({"tool": f"{OVER_STDIO}{tool}", "input": asked})
    desk.claude("What of the lamp?", "--allowedTools", f"{OVER_STDIO}*")


@pytest.mark.parametrize(
    ("adds", "finds"), [(over_http, over_stdio), (over_stdio, over_http)]
)
def test_a_memory_added_one_way_is_found_the_other_way(
    desk: Desk, adds: Way, finds: Way
) -> None:
    # Over HTTP nothing tells of a folder: the first hook has made the only project.
    adds(desk, "memory_add", {"content": NOTE})
    assert "It is found from now on" in told_to(desk)

    finds(desk, "memory_search", ASKED)

    assert NOTE in told_to(desk)
    assert eventually(lambda: desk.calls_held() == desk.calls_made())


def test_codex_keeps_a_memory_that_claude_code_finds(desk: Desk) -> None:
    tool = {"tool": "memory_add", "namespace": "mcp__claude_mem"}
    desk.says({**tool, "input": {"content": NOTE}})
    desk.codex("Keep what I said of the lamp.")
    assert "It is found from now on" in told_to(desk)

    over_stdio(desk, "memory_search", ASKED)

    assert NOTE in told_to(desk)
