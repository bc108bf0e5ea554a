# SPDX-License-Identifier: Apache-2.0
"""The real command, as a process and in this one, on a data folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import pytest
from claude_mem_cli.main import run
from nursery import Nursery

COMMAND = [sys.executable, "-m", "claude_mem_cli"]
PAYLOADS = [
    {"hook_event_name": "SessionStart", "session_id": "s1", "cwd": "/srv/small"},
    {
        "hook_event_name": "UserPromptSubmit",
        "session_id": "s1",
        "prompt": "Fix the parser, which breaks on prices",
    },
    {
        "hook_event_name": "PostToolUse",
        "session_id": "s1",
        "tool_name": "Edit",
        "tool_input": {
            "file_path": "/src/shop/parser.py",
            "old_string": "float(text)",
            "new_string": 'float(text.replace(",", "."))',
        },
        "tool_response": {"filePath": "/src/shop/parser.py", "userModified": False},
        "tool_use_id": "toolu_1",
    },
    {
        "hook_event_name": "Stop",
        "session_id": "s1",
        "last_assistant_message": "Fixed. The parser took the decimal comma of a "
        "price for a full stop; it now replaces the comma before converting.",
    },
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a package that is not installed beside the command."""
    for item in items:
        for mark in item.iter_markers("needs"):
            absent = [name for name in mark.args if find_spec(name) is None]
            if absent:
                item.add_marker(pytest.mark.skip(f"{', '.join(absent)}: not installed"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*names): modules that must be there")


@dataclass
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs the command as a process, with its own environment."""

    env: dict[str, str]
    folder: Path
    nursery: Nursery
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *args: str, stdin: IO[str] | None = None, **env: str) -> Done:
        given = stdin.name if stdin else os.devnull
        return Done(*self.nursery.run(args, {**self.env, **env}, given))

    def spawn(self, *args: str, **env: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [*COMMAND, *args],
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(child)
        return child

    def serve(self, **env: str) -> subprocess.Popen[str]:
        """A server in the foreground that answers already."""
        child = self.spawn("server", "start", "--json", **env)
        line = child.stdout.readline()
        assert json.loads(line)["running"] is True, line
        return child

    def clean_up(self) -> None:
        for child in self.started:
            child.kill()
            child.communicate()
        record = self.folder / "server.runtime.json"
        if record.exists():
            self("server", "stop")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CLAUDE_MEM_") and name != "NO_COLOR"
    }
    ours = {"CLAUDE_MEM_DATA_DIR": str(tmp_path / "data"), "CLAUDE_MEM_PORT": "0"}
    return {**kept, **ours, "HOME": str(tmp_path / "home")}


@pytest.fixture
def folder(env: dict[str, str]) -> Path:
    return Path(env["CLAUDE_MEM_DATA_DIR"])


@pytest.fixture
def shell(env: dict[str, str], folder: Path, nursery: Nursery) -> Iterator[Shell]:
    made = Shell(env, folder, nursery)
    yield made
    made.clean_up()


@pytest.fixture
def here(
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Done]:
    """Runs the command in this process."""
    for name in ("CLAUDE_MEM_DATA_DIR", "CLAUDE_MEM_PORT", "HOME"):
        monkeypatch.setenv(name, env[name])

    def call(*args: str) -> Done:
        code = run(args)
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return call


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A small file of hook payloads, as Claude Code sends them."""
    path = tmp_path / "small.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in PAYLOADS))
    return path
