# SPDX-License-Identifier: Apache-2.0
"""A home folder with a real server, a scripted model, and the real agents in it.

All of it runs where the only network is loopback, with nothing of the user's own in the
environment.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

Json = dict[str, Any]
HERE = Path(__file__).parent
AGENTS = Path(os.environ["AGENTS"])
BIN = Path(sys.executable).parent
LONGEST_RUN = 120
QUIET = {
    "ENABLE_TOOL_SEARCH": "0",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    **dict.fromkeys(("DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING"), "1"),
    "DISABLE_AUTOUPDATER": "1",
    "IS_SANDBOX": "1",
}
CODEX_CONFIG = """
model = "gpt-5.5"
model_provider = "stub"
[model_providers.stub]
name = "stub"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
env_key = "STUB_KEY"
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def eventually(condition: Any, seconds: float = 30) -> Any:
    """What the condition says once it holds, or at last."""
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


class Desk:
    """Where one user works with agents, and a server remembers."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work = folder / "home", folder / "work"
        self.script, self.log = folder / "script.json", folder / "requests.jsonl"
        for made in (self.home / ".claude", self.home / ".codex", self.work):
            made.mkdir(parents=True)
        self.log.touch()
        self.port = free_port()
        config = CODEX_CONFIG.format(port=self.port)
        (self.home / ".codex" / "config.toml").write_text(config)
        self.env = {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "ANTHROPIC_API_KEY": "sk-ant-api03-stub",
            "STUB_KEY": "stub",
            **QUIET,
        }
        self.says()
        stub = [sys.executable, HERE / "model_stub.py", self.port, self.script]
        self._stub = subprocess.Popen([*map(str, stub), str(self.log)])
        assert eventually(self._answers), "the scripted model did not start"

    def close(self) -> None:
        """Stop all that was started."""
        self.claude_mem("server", "stop", check=False)
        self._stub.kill()
        self._stub.wait()

    def claude_mem(self, *args: str, check: bool = True) -> str:
        """What the command says."""
        done = self._run([str(BIN / "claude-mem"), *args])
        if check and done.returncode:
            raise AssertionError(f"claude-mem {' '.join(args)}: {done.stderr}")
        return done.stdout

    def says(self, *calls: Json) -> None:
        """Let the model ask for these calls, one after the other, from now on."""
        self.script.write_text(json.dumps(calls))

    def claude(self, prompt: str, *options: str) -> subprocess.CompletedProcess[str]:
        """One session of Claude Code."""
        command = [
            str(AGENTS / "node_modules/.bin/claude"),
            *("-p", prompt, "--model", "claude-sonnet-4-5", "--max-turns", "12"),
            *("--permission-mode", "acceptEdits", "--verbose"),
            *("--output-format", "stream-json"),
            *options,
            *("--allowedTools", "Bash", "Read", "Write", "Edit", "mcp__claude-mem"),
        ]
        return self._ended(command)

    def codex(self, prompt: str) -> subprocess.CompletedProcess[str]:
        """One session of Codex."""
        command = [
            *(str(AGENTS / "node_modules/.bin/codex"), "exec", "--json"),
            *("--skip-git-repo-check", "--dangerously-bypass-hook-trust"),
            *("--dangerously-bypass-approvals-and-sandbox", prompt),
        ]
        return self._ended(command)

    def requests(self, since: int = 0) -> list[Json]:
        """What the model was asked, without what only counts tokens."""
        rows = map(json.loads, self.log.read_text().splitlines())
        asked = [row["body"] for row in rows if not row["path"].endswith("tokens")]
        return asked[since:]

    def held(self) -> list[Json]:
        """The events that the server keeps, in their order."""
        (file,) = (self.home / ".claude-mem" / "server").glob("*.db")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            store.row_factory = sqlite3.Row
            order = "SELECT * FROM agent_events ORDER BY seq"
            return [dict(row) for row in store.execute(order)]

    def calls_held(self) -> set[str]:
        """The tool calls of which the server keeps the end."""
        ended = ("tool_use", "tool_failure")
        return {e["tool_use_id"] for e in self.held() if e["event_type"] in ended}

    def calls_made(self) -> set[str]:
        """The tool calls of the transcripts that the agents write themselves."""
        return {
            *self._in_files(".claude/projects/**/*.jsonl", '"type":"tool_result"'),
            *self._in_files(".codex/sessions/**/*.jsonl", "call_output"),
        }

    def _in_files(self, pattern: str, sign: str) -> set[str]:
        found: set[str] = set()
        for file in self.home.glob(pattern):
            for line in file.read_text().splitlines():
                if sign in line:
                    found |= _ids(json.loads(line))
        return found

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def _ended(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        done = self._run(command)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
        return done

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.work,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_RUN,
            check=False,
        )


def _ids(value: Any) -> set[str]:
    """The tool calls whose results stand somewhere in it."""
    if isinstance(value, list):
        return set().union(*map(_ids, value))
    if not isinstance(value, dict):
        return set()
    ids = {value.get("tool_use_id")} if value.get("type") == "tool_result" else set()
    if str(value.get("type", "")).endswith("call_output"):
        ids.add(value.get("call_id"))
    return {one for one in ids if one}.union(*map(_ids, value.values()))
