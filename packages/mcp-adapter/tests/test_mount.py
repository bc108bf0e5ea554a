# SPDX-License-Identifier: Apache-2.0
"""A call that hangs keeps no thread of the front end for longer than it may take."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.front_end import Letter, Reply
from claude_mem_mcp_adapter.errors import INTERNAL_ERROR
from claude_mem_mcp_adapter.mount import LONGEST, McpMount
from claude_mem_mcp_adapter.relay import PATIENCE
from claude_mem_mcp_adapter.settings import McpSettings

HEADERS = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
}


def letter(name: str, asks: int, **given: object) -> Letter:
    params = {"name": name, "arguments": given}
    asked = {"jsonrpc": "2.0", "id": asks, "method": "tools/call", "params": params}
    return Letter(
        method="POST",
        path="/v1/mcp",
        headers=HEADERS,
        body=json.dumps(asked).encode(),
        by=Principal.local(),
        request_id="request",
        peer="127.0.0.1",
    )


def said(reply: Reply) -> dict[str, object]:
    assert reply.status == 200
    return json.loads(reply.body)


@pytest.fixture
def hung():
    """Lets go at the end of those who hang in it."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def mount(runtime, hung, monkeypatch):
    def hang(*_args: object, **_more: object) -> None:
        hung.wait()

    monkeypatch.setattr(runtime.recall, "search", hang)
    made = McpMount(runtime, McpSettings(), longest=timedelta(seconds=1))
    yield made
    hung.set()
    made.close()


def test_a_call_that_hangs_is_answered_and_others_go_on(mount) -> None:
    kept = {"project": "/home/me/lighthouse", "content": "It lives on"}
    said(mount.answer(letter("memory_add", 1, **kept)))

    late = said(mount.answer(letter("search", 7, query="lamp")))
    alive = said(mount.answer(letter("memory_add", 8, **kept)))

    assert (late["id"], late["error"]["code"]) == (7, INTERNAL_ERROR)
    assert late["error"]["data"] == {"code": "unavailable"}
    assert "takes longer than 1 s" in late["error"]["message"]
    assert "Kept as" in alive["result"]["content"][0]["text"]


def test_a_call_is_done_before_a_relay_gives_up() -> None:
    assert LONGEST.total_seconds() < PATIENCE
