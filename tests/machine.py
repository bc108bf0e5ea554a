# SPDX-License-Identifier: Apache-2.0
"""A machine with a real server, and sessions made up for the purpose."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nursery import Child, Nursery

COMMAND = str(Path(sys.executable).with_name("claude-mem"))

Process = subprocess.Popen[bytes] | Child


@cache
def nursery() -> Nursery:
    """Where the processes of this test run come from, until it ends."""
    made = Nursery()
    atexit.register(made.close)
    return made


_HEED_MODES = """
import ctypes, os, sys
PR_CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2
if os.geteuid() == 0:
    for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
HEEDING_MODES = (sys.executable, "-c", _HEED_MODES)
"""Lets the modes of files count for a server, even if root runs it."""


@dataclass
class Machine:
    """A data folder, and the `claude-mem` command that knows it.

    Attributes:
        through: A command that becomes the one that it is given as arguments.
    """

    folder: Path
    server: Process | None = None
    env: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    through: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Point the command at the folder and at any free port."""
        self.env = {
            "HOME": str(self.folder.parent),
            "PATH": os.defpath,
            "CLAUDE_MEM_DATA_DIR": str(self.folder),
            "CLAUDE_MEM_PORT": "0",
        }

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The outcome of one command."""
        done = subprocess.CompletedProcess(words, *nursery().run(words, self.env))
        assert not check or done.returncode == 0, done.stderr
        return done

    def start(self, *faults: str) -> None:
        """Start the server in this process's care and wait until it answers.

        Args:
            faults: What `python -m faults` is told to put into it.
        """
        self.server = self.spawn("server", "start", "--foreground", faults=faults)
        while self._pid_that_is_ready() != self.server.pid:
            assert self.server.poll() is None, "the server ended before it was ready"
            time.sleep(0.01)

    def spawn(
        self, *words: str, faults: Sequence[str] = (), command: str = COMMAND
    ) -> Process:
        """A process of the command or of another, with faults in it or without."""
        log = self.folder.parent / f"{words[0]}.log"
        process: Process
        if self.through or command != COMMAND:
            call = [*self.through, command, *words]
            with log.open("a") as file:
                process = subprocess.Popen(call, env=self.env, stdout=file, stderr=file)
        else:
            streams = (os.devnull, log, log)
            process = nursery().start(words, self.env, streams, faults=faults)
        self.processes.append(process)
        return process

    def end_all(self) -> None:
        """End what still runs, however it was left."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=30)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask the server to end; its exit status."""
        return self._end(signal.SIGTERM)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the JSON of one request with the folder's token."""
        runtime = json.loads((self.folder / "server.runtime.json").read_text())
        token = (self.folder / "token").read_text().strip()
        address = urlsplit(runtime["url"]).netloc
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def _pid_that_is_ready(self) -> int | None:
        try:
            runtime = json.loads((self.folder / "server.runtime.json").read_text())
        except FileNotFoundError:
            return None
        return int(runtime["pid"])

    def _end(self, how: signal.Signals) -> int:
        assert self.server is not None
        self.server.send_signal(how)
        status = self.server.wait(timeout=30)
        self.server = None
        return status


def session(name: str, turns: int) -> Iterator[dict[str, object]]:
    """The hook payloads of a session in which each turn mends one thing."""
    common = {"session_id": name, "cwd": "/home/me/lighthouse"}
    for number in range(turns):
        what = f"{name}_{number}"
        yield {
            **common, "hook_event_name": "UserPromptSubmit",
            "prompt": f"Please fix the bug in function lamp_{what}, it never turns.",
        }  # fmt: skip
        for step, (tool, given, got) in enumerate(_steps(what)):
            yield {
                **common, "hook_event_name": "PostToolUse", "tool_name": tool,
                "tool_use_id": f"toolu_{what}_{step}",
                "tool_input": given, "tool_response": got,
            }  # fmt: skip
        yield {
            **common, "hook_event_name": "Stop",
            "last_assistant_message": f"Fixed lamp_{what}: the motor was never "
            "started, so the lamp stood still. It now starts the motor first, and the "
            "test that failed before passes.",
        }  # fmt: skip


def _steps(what: str) -> Sequence[tuple[str, object, object]]:
    path = f"/home/me/lighthouse/src/lamp_{what}.py"
    test = {"command": f"pytest tests/test_lamp_{what}.py"}
    edit = {
        "file_path": path,
        "old_string": "lamp.turn()",
        "new_string": "motor.start()\nlamp.turn()",
    }
    return [
        ("Read", {"file_path": path}, {"file": {"content": "lamp.turn()"}}),
        ("Bash", test, {"stdout": "1 failed", "stderr": "", "interrupted": False}),
        ("Edit", edit, {"filePath": path}),
        ("Bash", test, {"stdout": "1 passed", "stderr": "", "interrupted": False}),
    ]
