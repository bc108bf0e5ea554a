# SPDX-License-Identifier: Apache-2.0
"""What MCP costs to start and to call, beside a server of one tool.

The bare server is the SDK's own with a tool that gives its argument back. Starts take
turns in the same run; the calls are searches over one memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.launch import open_in_process
from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.whom import of_process
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import MCPServer

from benchmarks.report import Line, percentile

STARTS = 12
CALLS = 100
OURS = ("-m", "claude_mem_mcp_adapter")
BARE = """
from mcp.server.mcpserver import MCPServer
bare = MCPServer("bare")
@bare.tool()
def search(query: str) -> str:
    return query
bare.run("stdio")
"""
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
Times = Mapping[str, list[float]]


def measure() -> Sequence[Line]:
    """Milliseconds of a start and of a call, p50 and p95."""
    with tempfile.TemporaryDirectory() as folder, _served(folder) as served:
        alone = {**os.environ, "CLAUDE_MEM_DATA_DIR": f"{folder}/alone"}
        starts = _starts(alone, served)
        calls = anyio.run(_calls, alone, served)
    return [*_lines("start", starts), *_lines("call", calls)]


def _lines(what: str, times: Times) -> Sequence[Line]:
    pairs = [(one, f"bare{one[one.index(',') :]}") for one in times if one[0] != "b"]
    return [
        Line(
            f"{what} {ours}, p{round(share * 100)}",
            percentile(times[ours], share) * 1000,
            percentile(times[bare], share) * 1000,
            "ms",
            more_is_better=False,
        )
        for ours, bare in pairs
        for share in (0.5, 0.95)
    ]


def _starts(alone: Mapping[str, str], served: Mapping[str, str]) -> Times:
    cases = {
        "bare, stdio": (("-c", BARE), alone),
        "alone, stdio": (OURS, alone),
        "relay, stdio": (OURS, served),
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(STARTS + 1):
        for name, (args, env) in cases.items():
            took = _start(args, env)
            if number:
                times[name].append(took)
    return times


def _start(args: Sequence[str], env: Mapping[str, str]) -> float:
    """Seconds from nothing until the tools are listed."""
    begin = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *args],
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        asked: Sequence[tuple[str, object]] = (
            ("initialize", HELLO),
            ("tools/list", {}),
        )
        for number, (method, params) in enumerate(asked):
            told = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
        return time.perf_counter() - begin


async def _calls(alone: Mapping[str, str], served: Mapping[str, str]) -> Times:
    bare = MCPServer[Any]("bare", log_level="WARNING")

    @bare.tool()
    def search(query: str) -> str:
        """The same again."""
        return query

    bearer = {"Authorization": f"Bearer {_told(served, 'token')}"}
    here = of_process(None, ProjectFacts(folder="/home/me/lamp"))
    with open_in_process() as memory:
        async with httpx2.AsyncClient(headers=bearer) as line:
            url = f"http://127.0.0.1:{_told(served, 'server.port')}/v1/mcp"
            targets = {
                "bare, in memory": bare,
                "ours, in memory": build_server(lambda: memory, here),
                "bare, stdio": _process(("-c", BARE), alone),
                "alone, stdio": _process(OURS, alone),
                "relay, stdio": _process(OURS, served),
                "HTTP, stdio": streamable_http_client(url, http_client=line),
            }
            return {name: await _timed(one) for name, one in targets.items()}


def _told(served: Mapping[str, str], name: str) -> str:
    return Path(served["CLAUDE_MEM_DATA_DIR"], name).read_text().strip()


def _process(args: Sequence[str], env: Mapping[str, str]) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=[*args], env=dict(env))


async def _timed(target: Any) -> list[float]:  # noqa: ANN401 - whatever a client takes
    times = []
    async with Client(target) as client:
        names = {one.name for one in (await client.list_tools()).tools}
        if "memory_add" in names:
            await client.call_tool("memory_add", {"content": "The lamp turns"})
        for number in range(CALLS + 5):
            begin = time.perf_counter()
            await client.call_tool("search", {"query": "lamp"})
            if number >= 5:
                times.append(time.perf_counter() - begin)
    return times


@contextmanager
def _served(folder: str) -> Iterator[Mapping[str, str]]:
    """The environment of a server that runs."""
    env = {
        **os.environ,
        "CLAUDE_MEM_DATA_DIR": f"{folder}/served",
        "CLAUDE_MEM_PORT": "0",
    }
    command = [sys.executable, "-m", "claude_mem_cli", "server"]
    subprocess.run(  # noqa: S603 - our own command
        [*command, "start", "--daemon"], env=env, capture_output=True, check=True
    )
    try:
        yield env
    finally:
        subprocess.run(  # noqa: S603
            [*command, "stop"], env=env, capture_output=True, check=True
        )
