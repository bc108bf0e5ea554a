# SPDX-License-Identifier: Apache-2.0
"""What a hook costs the agent that waits for it: over HTTP, and as a command.

Beside a process that does nothing, `/bin/true`, and a Python that does nothing, each
started in the same run in turns. Over HTTP a hook's head and body go out in one piece,
as `fetch` of Node.js sends them, in which most agents are written.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path

from claude_mem_agents.installing.files import hook_command
from claude_mem_core.domain.installing import Site

from benchmarks.report import Line, percentile

ROUNDS = 60
WARM_UP = 5
PAYLOAD = {
    "session_id": "bench",
    "cwd": "/home/me/lamp",
    "tool_name": "Bash",
    "tool_input": {"command": "make lamp"},
    "tool_response": {"stdout": "It is lit.\n" * 50, "stderr": ""},
}


def measure() -> Sequence[Line]:
    """Milliseconds of a hook, p50 and p95."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CLAUDE_MEM_DATA_DIR": folder, "CLAUDE_MEM_PORT": "0"}
        _claude_mem("server", "start", "--daemon", env=env)
        try:
            times = _times(Path(folder), env)
        finally:
            _claude_mem("server", "stop", env=env)
    return [
        Line(
            f"{what}, p{round(share * 100)}, beside {beside}",
            percentile(times[what], share) * 1000,
            percentile(times[beside], share) * 1000,
            "ms",
            more_is_better=False,
        )
        for what, beside in (
            ("hook over HTTP", "/bin/true"),
            ("hook command", "/bin/true"),
            ("hook command", "python -c pass"),
        )
        for share in (0.5, 0.95)
    ]


def _times(folder: Path, env: Mapping[str, str]) -> Mapping[str, list[float]]:
    site = Site(Path.home(), None, folder, sys.executable)
    hook = [*hook_command(site, "claude-code"), "PostToolUse", "--no-answer"]
    token = (folder / "token").read_text().strip()
    port = int((folder / "server.port").read_text())
    line = socket.create_connection(("127.0.0.1", port))

    def over_http(number: int) -> None:
        body = json.dumps({**PAYLOAD, "tool_use_id": f"http{number}"}).encode()
        head = (
            "POST /hooks/claude-code/PostToolUse HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        line.sendall("\r\n".join((*head, "", "")).encode() + body)
        with HTTPResponse(line) as answer:
            answer.begin()
            answer.read()

    def as_command(number: int) -> None:
        body = json.dumps({**PAYLOAD, "tool_use_id": f"command{number}"})
        _run(hook, env, body.encode())

    deeds: Mapping[str, Callable[[int], None]] = {
        "/bin/true": lambda _: _run(["/bin/true"], env),
        "python -c pass": lambda _: _run([sys.executable, "-c", "pass"], env),
        "hook over HTTP": over_http,
        "hook command": as_command,
    }
    times: dict[str, list[float]] = {name: [] for name in deeds}
    for number in range(ROUNDS + WARM_UP):
        for name, deed in deeds.items():
            begin = time.perf_counter()
            deed(number)
            if number >= WARM_UP:
                times[name].append(time.perf_counter() - begin)
    line.close()
    return times


def _run(
    command: Sequence[str], env: Mapping[str, str], given: bytes | None = None
) -> None:
    subprocess.run(  # noqa: S603 - our own commands
        command, env=dict(env), input=given, stdout=subprocess.DEVNULL, check=True
    )


def _claude_mem(*args: str, env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "claude_mem_cli", *args]
    subprocess.run(  # noqa: S603 - our own command
        command, env=dict(env), capture_output=True, check=True
    )
