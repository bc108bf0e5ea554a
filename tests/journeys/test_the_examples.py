# SPDX-License-Identifier: Apache-2.0
"""Each example runs as it stands, and what it did is remembered."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Machine

EXAMPLES = Path(__file__).parents[2] / "examples"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="it needs node")

# What OpenCode does with a plugin: a prompt, a command that fails, an answer.
OPENCODE = """
import { ClaudeMem } from "%s"
const p = await ClaudeMem({ directory: process.argv[1] })
const sessionID = "ses_1", info = { id: sessionID, directory: process.argv[1] }
await p.event({ event: { type: "session.created", properties: { info } } })
await p["chat.message"]({ sessionID, messageID: "msg_1" },
  { message: { id: "msg_1" }, parts: [{ type: "text", text: "Fix the valve: it never closes." }] })
const edit = { tool: "edit", sessionID, callID: "c1",
  args: { filePath: process.argv[1] + "/valve.py", oldString: "pass", newString: "return 0" } }
await p["tool.execute.after"](edit, { title: "valve.py", output: "", metadata: {} })
const output = { title: "", output: "1 failed", metadata: { exit: 1 } }
await p["tool.execute.after"]({ tool: "bash", sessionID, callID: "c2", args: { command: "pytest" } }, output)
const said = { id: "msg_2", sessionID, role: "assistant", time: { completed: 1 } }
await p.event({ event: { type: "message.part.updated", properties: { part:
  { type: "text", messageID: "msg_2", text: "The valve closes now: it returned nothing before." } } } })
await p.event({ event: { type: "message.updated", properties: { info: said } } })
await p.event({ event: { type: "session.idle", properties: { sessionID } } })
const system = { system: [] }
await p["experimental.chat.system.transform"]({ sessionID }, system)
console.log(JSON.stringify(system))
"""
OPENCLAW = """
import plugin from "%s"
const on = {}
plugin.register({ on: (name, handler) => { on[name] = handler } })
const ctx = { sessionId: "s", sessionKey: "k", agentId: "main", runId: "r", workspaceDir: process.argv[1] }
await on.session_start({ sessionId: "s" }, ctx)
const told = await on.before_prompt_build({ prompt: "Fix the pump: it never stops.", messages: [] }, ctx)
await on.after_tool_call({ toolName: "edit", toolCallId: "c1", result: "ok", durationMs: 3,
  params: { path: process.argv[1] + "/pump.py", oldText: "pass", newText: "return 0" } }, ctx)
const content = [{ type: "text", text: "The pump stops now: it returned nothing before." }]
await on.agent_end({ success: true, durationMs: 9, messages: [{ role: "assistant", content }] }, ctx)
await on.session_end({ sessionId: "s", messageCount: 2 }, ctx)
console.log(JSON.stringify(told ?? {}))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A server, and its address and key as the examples read them."""
    one = Machine(tmp_path_factory.mktemp("served") / "data")
    one.start()
    runtime = json.loads((one.folder / "server.runtime.json").read_text())
    key = one.run("server", "api-key", "create", "--role", "agent").stdout.strip()
    one.env |= {"CLAUDE_MEM_URL": runtime["url"], "CLAUDE_MEM_API_KEY": key}
    path = (shutil.which("node"), shutil.which("curl"))
    folders = [str(Path(found).parent) for found in path if found]
    one.env["PATH"] = ":".join([*folders, one.env["PATH"]])
    yield one
    one.end_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of nobody else's, which is a project of its own."""
    return tmp_path


def run(machine: Machine, *command: object, stdin: str = "") -> str:
    """What a command prints."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, input=stdin, env=machine.env, capture_output=True, text=True, check=True
    )
    return done.stdout


def files_changed(machine: Machine, folder: Path) -> set[str]:
    """The files that the memories of a folder say were changed."""
    while machine.call("GET", "/v1/info")[1]["queueDepth"]:
        pass
    projects = machine.call("GET", "/v1/projects")[1]["projects"]
    (project,) = (one["id"] for one in projects if one["rootPath"] == str(folder))
    query = {"projectId": project, "query": "fix the lamp, the valve and the pump"}
    memories = machine.call("POST", "/v1/search", query)[1]["memories"]
    return {file for one in memories for file in one["filesModified"]}


def test_an_agent_over_rest_is_told_what_it_did_before(
    served: Machine, folder: Path
) -> None:
    command = (sys.executable, EXAMPLES / "rest" / "agent.py", "Mend the lamp.", folder)
    first = run(served, *command)
    assert files_changed(served, folder) == {"lamp.py"}

    second = run(served, *command)

    assert "told 0 characters" in first
    assert "claude-mem-context" in second
    assert "lamp.py" in second


@pytest.mark.skipif(shutil.which("curl") is None, reason="it needs curl")
def test_codex_reports_by_one_curl_and_goes_on_without_a_server(
    served: Machine, folder: Path
) -> None:
    hooks = json.loads((EXAMPLES / "codex" / "hooks.json").read_text())["hooks"]
    common = {"session_id": "c", "turn_id": "t", "cwd": str(folder)}
    patch = "*** Begin Patch\n*** Update File: lamp.py\n-pass\n+return 1\n*** End Patch"
    said = {
        "SessionStart": {"source": "startup"},
        "UserPromptSubmit": {"prompt": "Fix the lamp: it never burns."},
        "PreToolUse": {"tool_name": "Bash", "tool_input": {"command": "cat lamp.py"}},
        "PostToolUse": {
            "tool_name": "apply_patch",
            "tool_use_id": "call_1",
            "tool_input": {"command": patch},
            "tool_response": "Success.",
        },
        "Stop": {"last_assistant_message": "The lamp burns: it returned nothing."},
    }
    assert hooks.keys() == said.keys()
    for event, payload in said.items():
        ((command,),) = (one["hooks"] for one in hooks[event])
        words = command["command"].replace("~/.codex", str(EXAMPLES / "codex")).split()
        assert (
            json.loads(run(served, *words, stdin=json.dumps({**common, **payload})))
            == {}
        )

    assert files_changed(served, folder) == {"lamp.py"}
    served.env["CLAUDE_MEM_URL"], address = (
        "http://127.0.0.1:9",
        served.env["CLAUDE_MEM_URL"],
    )
    try:
        assert json.loads(run(served, *words, stdin="{}")) == {}
    finally:
        served.env["CLAUDE_MEM_URL"] = address


def node(machine: Machine, program: str, module: Path, folder: Path) -> object:
    """What a program prints that imports a plugin as its host does."""
    copy = folder.parent / f"{module.parent.name}.mjs"
    copy.write_text(module.read_text())
    code = program % copy.as_uri()
    return json.loads(run(machine, "node", "--input-type=module", "-e", code, folder))


@needs_node
def test_opencode_reports_by_a_plugin_and_is_told(
    served: Machine, folder: Path
) -> None:
    plugin = EXAMPLES / "opencode" / "claude-mem.js"
    assert node(served, OPENCODE, plugin, folder) == {"system": []}
    assert files_changed(served, folder) == {"valve.py"}

    (told,) = node(served, OPENCODE.replace("ses_1", "ses_2"), plugin, folder)["system"]
    assert "valve" in told


@needs_node
def test_openclaw_reports_by_a_plugin_and_is_told(
    served: Machine, folder: Path
) -> None:
    plugin = EXAMPLES / "openclaw" / "index.js"
    assert node(served, OPENCLAW, plugin, folder) == {}
    assert files_changed(served, folder) == {"pump.py"}

    told = node(served, OPENCLAW.replace('"s"', '"s2"'), plugin, folder)
    assert "pump" in told["appendSystemContext"]


def test_a_loop_with_the_core_in_it_remembers_without_a_server(folder: Path) -> None:
    program = EXAMPLES / "embedded" / "loop.py"
    done = subprocess.run(
        [sys.executable, program, folder, "Fix the lamp: it never burns."],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "because the lamp has one state only" in done.stdout
    assert "lamp.py" in done.stdout.partition("claude-mem-context")[2]
