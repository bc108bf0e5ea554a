# SPDX-License-Identifier: Apache-2.0
"""An agent's host starts the tools, or asks the server for them: one memory, one answer.

The client is the SDK's own; both eras of the protocol are spoken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest
from machine import COMMAND, Machine
from mcp import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_calls import ERAS, call, text, within

MODULE = (sys.executable, "-m", "claude_mem_mcp_adapter")
HEAVY = ("falcon", "waitress", "uvicorn", "rq", "redis", "click", "claude_mem_cli")

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine whose server runs, with a project of its folder."""
    machine = Machine(tmp_path_factory.mktemp("lit") / "data")
    machine.start()
    yield machine
    machine.stop()


def host(machine: Machine, *command: str) -> StdioServerParameters:
    """How a host starts the tools, in the folder of a project."""
    place = machine.folder.parent / "lighthouse"
    place.mkdir(exist_ok=True)
    first, *rest = command or MODULE
    return StdioServerParameters(command=first, args=rest, env=machine.env, cwd=place)


@asynccontextmanager
async def address(
    machine: Machine, path: str = "/v1/mcp", token: str | None = None
) -> AsyncIterator[Any]:
    """The server's port, as a client connects to it."""
    runtime = json.loads((machine.folder / "server.runtime.json").read_text())
    key = (machine.folder / "token").read_text().strip() if token is None else token
    bearer = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=bearer) as line,
        streamable_http_client(runtime["url"] + path, http_client=line) as streams,
    ):
        yield streams


@pytest.mark.parametrize("mode", ERAS)
def test_without_a_server_the_tools_open_the_store(machine: Machine, mode) -> None:
    async def story(client):
        await client.call_tool("memory_add", {"content": "The lamp turns clockwise"})
        return await client.call_tool("search", {"query": "lamp"})

    found = within(host(machine), mode, story)

    assert len(found.structured_content["index"]) == 1


@pytest.mark.parametrize("mode", ERAS)
def test_beside_a_server_the_tools_are_the_servers(lit: Machine, mode) -> None:
    async def story(client):
        kept = await client.call_tool("memory_add", {"content": f"Lämp {mode}"})
        item = kept.structured_content["memory"]["id"]
        read = await client.read_resource(f"memory://item/{item}")
        filled = await client.get_prompt("recall", {"question": "wie lämp?"})
        names = [one.name for one in (await client.list_tools()).tools]
        return item, json.loads(read.contents[0].text), filled, names

    item, read, filled, names = within(host(lit, COMMAND, "mcp"), mode, story)

    assert read["text"] == f"Lämp {mode}"
    assert "wie lämp?" in filled.messages[0].content.text
    assert "memory_add" in names
    status, told = lit.call("GET", f"/v1/memories/{item}")
    assert (status, told["memory"]["text"]) == (200, f"Lämp {mode}")


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("path", ["/v1/mcp", "/mcp"])
def test_over_http_the_tools_are_at_the_servers_port(lit: Machine, mode, path) -> None:
    call(host(lit), "memory_add", content=f"Over http {mode}")

    found = call(address(lit, path), "search", mode, query="http", project="lighthouse")

    assert not found.is_error, text(found)
    assert f"Over http {mode}" in text(found)


def test_nobody_is_let_in_without_a_key(lit: Machine) -> None:
    with pytest.raises(Exception, match=r"401|TaskGroup"):
        call(address(lit, token="none"), "search")  # noqa: S106 - it is none

    status, told = _post(lit, PING, key=None)
    assert (status, told["code"]) == (401, "unauthenticated")


def test_a_page_of_another_origin_is_refused(lit: Machine) -> None:
    status, _ = _post(lit, PING, Origin="http://evil.example")

    assert status == 403


def test_who_asks_for_news_is_refused_and_holds_nobody_up(lit: Machine) -> None:
    about = "io.modelcontextprotocol/"
    version, method = "2026-07-28", "subscriptions/listen"
    meta = {
        f"{about}protocolVersion": version,
        f"{about}clientInfo": {"name": "test", "version": "1"},
        f"{about}clientCapabilities": {},
    }
    params = {"notifications": {"toolsListChanged": True}, "_meta": meta}
    listen = {**PING, "method": method, "params": params}
    told = {"MCP-Protocol-Version": version, "Mcp-Method": method}

    # More of them than a server has threads.
    answers = [_post(lit, listen, **told) for _ in range(9)]

    assert {(s, one["error"]["code"]) for s, one in answers} == {(404, -32601)}
    assert _post(lit, PING)[0] == 200


def test_what_a_tool_serves_is_in_the_audit_log(lit: Machine) -> None:
    call(address(lit), "memory_add", content="Audited lamp", project=_project(lit))
    call(address(lit), "search", query="audited", project=_project(lit))

    def seen() -> bool:
        rows = lit.call("GET", "/v1/audit?limit=50")[1]
        return "memory.search" in json.dumps(rows)

    _until(seen)


def test_a_key_of_one_project_is_held_to_it(lit: Machine) -> None:
    own = _project(lit)
    made = lit.call("POST", "/v1/projects", {"name": "other"})[1]["project"]["id"]
    key = lit.call("POST", "/v1/keys", {"role": "reader", "projectId": own})[1][
        "apiKey"
    ]

    inside = call(address(lit, token=key), "search", query="lamp")
    outside = call(address(lit, token=key), "search", query="lamp", project=made)
    write = call(address(lit, token=key), "memory_add", content="x")

    assert not inside.is_error
    assert "limited to another project" in text(outside)
    assert "lacks the scope 'memories:write'" in text(write)


@pytest.mark.parametrize("given", ["CLAUDE_MEM_API_KEY", "CLAUDE_MEM_API_KEY_FILE"])
@pytest.mark.parametrize("runs", [True, False])
def test_who_starts_the_tools_with_a_key_has_its_rights(
    machine: Machine, given: str, runs, tmp_path: Path
) -> None:
    machine.start()
    key = machine.call("POST", "/v1/keys", {"role": "reader"})[1]["apiKey"]
    if not runs:
        machine.stop()
    file = tmp_path / "key"
    file.write_text(f"{key}\n")
    started = host(machine)
    started.env = {**machine.env, given: str(file) if "FILE" in given else key}

    told = call(started, "memory_add", content="x")

    assert "lacks the scope 'memories:write'" in text(told)


@pytest.mark.parametrize("holds", [None, "", " \n", "clé"])
def test_tools_whose_key_cannot_be_read_do_not_start(
    machine: Machine, holds: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    if holds is not None:
        file.write_text(holds, "utf-8")
    env = {**machine.env, "CLAUDE_MEM_API_KEY_FILE": str(file)}

    done = subprocess.run(
        MODULE, env=env, capture_output=True, text=True, input="", check=False
    )

    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith(f"Error: CLAUDE_MEM_API_KEY_FILE: {file} has no key")


def test_alone_only_the_protocol_is_on_standard_output_until_input_ends(
    machine: Machine,
) -> None:
    require_clean(machine)


def test_a_relay_writes_only_the_protocol_too_until_input_ends(lit: Machine) -> None:
    require_clean(lit)


def require_clean(
    machine: Machine,
    *more: dict[str, Any],
    command: Sequence[str] = MODULE,
    stderr: IO[str] | None = None,
) -> None:
    """Nothing, where each line is an answer, and the process ends with its input."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=machine.env,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    for message in (
        HELLO,
        {**PING, "id": 2},
        {**PING, "id": 3, "method": "tools/list"},
        *more,
    ):
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        answers.append(json.loads(process.stdout.readline()))

    process.stdin.close()

    assert process.wait(timeout=60) == 0
    assert process.stdout.read() == b""
    process.stdout.close()
    assert [one["id"] for one in answers] == list(range(1, len(answers) + 1))
    assert not any("error" in one for one in answers)
    assert {one["jsonrpc"] for one in answers} == {"2.0"}


def test_a_relay_says_so_when_the_server_is_gone_and_finds_the_next(
    machine: Machine,
) -> None:
    machine.start()

    async def story(client):
        first = await client.call_tool("memory_add", {"content": "Before the kill"})
        machine.kill()
        try:
            await client.call_tool("search", {"query": "kill"})
        except MCPError as error:
            told = error.error.message
        machine.start()
        return first, told, await client.call_tool("search", {"query": "kill"})

    first, told, after = within(host(machine), "auto", story)

    assert not first.is_error
    assert "claude-mem server start" in told
    assert len(after.structured_content["index"]) == 1


def test_a_wrong_setting_is_told_in_one_line(machine: Machine) -> None:
    env = {**machine.env, "CLAUDE_MEM_IDLE_TURN_MINUTES": "soon"}

    done = subprocess.run(
        MODULE, env=env, capture_output=True, text=True, input="", check=False
    )

    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.startswith("Error: CLAUDE_MEM_IDLE_TURN_MINUTES")
    assert done.stderr.count("\n") == 1


def test_alone_no_front_end_and_no_queue_is_loaded(
    machine: Machine, tmp_path: Path
) -> None:
    # sqlite-utils loads click, once, where there is no store yet.
    machine.run("server", "project", "list")
    imports = tmp_path / "imports"
    call = {"name": "memory_add", "arguments": {"content": "The lamp is lit"}}
    with imports.open("w") as log:
        require_clean(
            machine,
            {**PING, "id": 4, "method": "tools/call", "params": call},
            command=(sys.executable, "-X", "importtime", *MODULE[1:]),
            stderr=log,
        )

    lines = imports.read_text().splitlines()
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert "claude_mem_storage_sqlite.storage" in names
    assert names.isdisjoint(HEAVY)


def _project(machine: Machine) -> str:
    status, told = machine.call(
        "POST", "/v1/projects/identify", {"facts": {"folder": "/home/me/audited"}}
    )
    assert status in (200, 201)
    return str(told["project"]["id"])


def _post(
    machine: Machine, body: object, key: str | None = "", **headers: str
) -> tuple[int, Any]:
    runtime = json.loads((machine.folder / "server.runtime.json").read_text())
    token = (machine.folder / "token").read_text().strip()
    bearer = {} if key is None else {"Authorization": f"Bearer {key or token}"}
    told = {"Accept": "application/json, text/event-stream", **bearer, **headers}
    answer = httpx2.post(runtime["url"] + "/v1/mcp", json=body, headers=told)
    return answer.status_code, answer.json()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
