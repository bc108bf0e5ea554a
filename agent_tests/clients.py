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

import made

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
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    # It looks for a package of types first; no network is asked three times for it.
    "npm_config_fetch_retries": "0",
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
OPENCODE_CONFIG = {
    "model": "stub/stub",
    "small_model": "stub/stub",
    "autoupdate": False,
    "permission": {"edit": "allow", "bash": "allow"},
    "provider": {
        "stub": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"apiKey": "stub"},
            "models": {"stub": {"limit": {"context": 100_000, "output": 4_000}}},
        },
    },
}
GEMINI_CONFIG = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"disableAutoUpdate": True},
}


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
        for one in (".claude", ".codex", ".config/opencode", ".gemini"):
            (self.home / one).mkdir(parents=True)
        self.work.mkdir()
        self.log.touch()
        self.port = free_port()
        self._configure()
        self.env = {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.port}",
            "ANTHROPIC_API_KEY": "sk-ant-api03-stub",
            "STUB_KEY": "stub",
            "GEMINI_API_KEY": "stub",
            "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{self.port}",
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

    def opencode(self, prompt: str) -> subprocess.CompletedProcess[str]:
        """One session of OpenCode."""
        command = [str(AGENTS / "node_modules/.bin/opencode"), "run", "--auto", prompt]
        return self._ended(command)

    def gemini(self, prompt: str) -> subprocess.CompletedProcess[str]:
        """One session of Gemini CLI."""
        command = [str(AGENTS / "node_modules/.bin/gemini"), "-p", prompt]
        return self._ended([*command, "--yolo", "--skip-trust"])

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
        """The tool calls that the agents wrote down themselves, by their ids."""
        return made.with_ids(self.home)

    def gemini_calls_made(self) -> list[Json]:
        """The inputs of the tool calls that Gemini CLI wrote down itself."""
        return made.of_gemini(self.home)

    def _configure(self) -> None:
        """Let each agent ask the scripted model."""
        url = f"http://127.0.0.1:{self.port}/v1"
        opencode = json.loads(json.dumps(OPENCODE_CONFIG))
        opencode["provider"]["stub"]["options"]["baseURL"] = url
        for path, text in (
            (".codex/config.toml", CODEX_CONFIG.format(port=self.port)),
            (".config/opencode/opencode.json", json.dumps(opencode, indent=2)),
            (".gemini/settings.json", json.dumps(GEMINI_CONFIG, indent=2)),
        ):
            (self.home / path).write_text(text)

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
