# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent over MCP, there is a clear answer, and nothing is lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_mcp_adapter.relay import Relay
from machine import Machine

MODULE = (sys.executable, "-m", "claude_mem_mcp_adapter")
PROJECT = "/home/me/lighthouse"
MANY = 60
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
NO_MESSAGES = (
    *(b"{{{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"id": 1}'),
    b'{"jsonrpc": "2.0", "id": null, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": true, "method": "tools/list"}',
)


@pytest.fixture(scope="module")
def lit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("lit") / "data")
    machine.start()
    yield machine
    machine.stop()


def calling(name: str, number: int = 1, **given: object) -> dict[str, Any]:
    params = {"name": name, "arguments": {"project": PROJECT, **given}}
    asked = {"jsonrpc": "2.0", "id": number, "method": "tools/call"}
    return {**asked, "params": params}


def token(machine: Machine) -> str:
    return (machine.folder / "token").read_text().strip()


def headers(key: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }


def url(machine: Machine) -> str:
    told = json.loads((machine.folder / "server.runtime.json").read_text())
    return f"{told['url']}/v1/mcp"


def sent(machine: Machine, body: object, key: str | None = None) -> httpx2.Response:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = headers(key or token(machine))
    return httpx2.post(url(machine), content=text, headers=told, timeout=60)


def found(machine: Machine, words: str) -> int:
    answer = sent(machine, calling("search", query=words, limit=50)).json()
    return len(answer["result"]["structuredContent"]["index"])


@pytest.mark.parametrize("body", NO_MESSAGES, ids=range(len(NO_MESSAGES)))
def test_what_is_no_message_is_answered_over_http(lit: Machine, body) -> None:
    answer = sent(lit, body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (-32700, -32600)
    assert "pydantic" not in answer.text


@pytest.mark.parametrize("place", ["machine", "lit"])
def test_what_is_no_message_is_answered_on_standard_output(request, place) -> None:
    machine = request.getfixturevalue(place)
    process = subprocess.Popen(
        MODULE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=machine.env
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def said(line: bytes) -> Any:
        process.stdin.write(line + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}
    said(json.dumps(hello).encode())
    codes = {said(line)["error"]["code"] for line in NO_MESSAGES}
    alive = said(json.dumps(calling("memory_add", content="It lives on")).encode())
    process.stdin.close()

    assert codes <= {-32700, -32600}
    assert "Kept as" in alive["result"]["content"][0]["text"]
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_a_relay_says_which_message_the_server_could_not_read(lit: Machine) -> None:
    deep = json.loads("[" * 300 + "]" * 300)
    relay = Relay(lit.folder, None, ProjectFacts())

    answer = relay.answer(json.dumps(calling("search", 7, query=deep)).encode())

    assert (answer["id"], answer["error"]["code"]) == (7, -32700)


def test_a_call_that_is_too_large_is_told_so(lit: Machine) -> None:
    answer = sent(lit, calling("search", query="x" * 1_100_000))

    assert answer.status_code == 413
    assert "send at most" in answer.json()["message"]


def test_a_revoked_key_is_refused_from_then_on(lit: Machine) -> None:
    made = lit.call("POST", "/v1/keys", {"role": "editor"})[1]
    assert sent(lit, calling("search", query="x"), made["apiKey"]).status_code == 200

    lit.call("POST", f"/v1/keys/{made['id']}/revoke")

    assert sent(lit, calling("search", query="x"), made["apiKey"]).status_code == 401


def test_who_hangs_up_in_a_call_has_kept_what_they_sent(lit: Machine) -> None:
    port = int((lit.folder / "server.port").read_text())
    for number in range(20):
        body = json.dumps(calling("memory_add", content=f"hung up {number}")).encode()
        fields = {
            **headers(token(lit)),
            "Host": f"127.0.0.1:{port}",
            "Content-Length": str(len(body)),
        }
        head = "".join(f"{name}: {one}\r\n" for name, one in fields.items())
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(f"POST /v1/mcp HTTP/1.1\r\n{head}\r\n".encode() + body)

    end = time.monotonic() + 30
    while found(lit, "hung up") < 20:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_of_many_calls_at_once_each_is_answered_and_none_is_lost(lit: Machine) -> None:
    def keep(number: int) -> tuple[int, str]:
        asked = calling("memory_add", number, content=f"Lantern number {number}")
        answer = sent(lit, asked).json()
        return answer["id"], answer["result"]["structuredContent"]["memory"]["text"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(keep, range(MANY)))

    assert answers == [(one, f"Lantern number {one}") for one in range(MANY)]
    assert found(lit, "lantern") == 50
