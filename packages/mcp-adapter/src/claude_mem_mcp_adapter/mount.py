# SPDX-License-Identifier: Apache-2.0
"""Streamable HTTP behind a front end of ours: stateless, one JSON answer a request.

The SDK's session manager runs in one event loop of a thread of its own; a front end's
threads hand their letters over and wait, for so long and no longer. Who asks, their
Host, Origin and the size of the body were looked at before: the front end does that for
all its routes alike.
"""

from __future__ import annotations

import json
import threading
from collections.abc import MutableMapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import anyio
from anyio.from_thread import start_blocking_portal
from claude_mem_core.errors import AdapterError
from claude_mem_core.front_end import Letter, Mount, Reply
from claude_mem_core.runtime import Runtime
from mcp.server.transport_security import TransportSecuritySettings
from typing_extensions import override

from claude_mem_mcp_adapter.counter import protocol_error
from claude_mem_mcp_adapter.messages import NotAMessageError, message_of
from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.settings import McpSettings
from claude_mem_mcp_adapter.whom import LETTER, of_letter

Message = MutableMapping[str, Any]
UNCHECKED = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""The front end checks Host and Origin, by its own settings, before it hands on."""

LONGEST = timedelta(seconds=50)
"""How long a call may take: a relay gives up a little later, and then says less."""


class McpMount(Mount):
    """The tools over a runtime, at a path of a front end.

    Args:
        runtime: What the tools are of.
        settings: Which of them are listed.
        longest: How long a call may take.
    """

    def __init__(
        self, runtime: Runtime, settings: McpSettings, *, longest: timedelta = LONGEST
    ) -> None:
        self._longest = longest.total_seconds()
        server = build_server(
            lambda: runtime,
            of_letter,
            observation_names=settings.mcp_observation_names,
        )
        server.streamable_http_app(
            json_response=True, stateless_http=True, transport_security=UNCHECKED
        )
        self._manager = server.session_manager
        self._undo = ExitStack()
        self._portal = self._undo.enter_context(start_blocking_portal())
        running = self._portal.wrap_async_context_manager(self._manager.run())
        self._undo.enter_context(running)
        self._closing = threading.Lock()

    @override
    def answer(self, letter: Letter) -> Reply:
        asks = None
        if letter.method == "POST":
            try:
                asks = message_of(letter.body).get("id")
            except NotAMessageError as error:
                return _json(400, error.answer)
        answering = self._portal.start_task_soon(self._answered, letter)
        try:
            return answering.result(self._longest)
        except TimeoutError:
            answering.cancel()
            return _json(200, self._too_long(asks))

    @override
    def close(self) -> None:
        with self._closing:
            self._undo.close()

    def _too_long(self, asks: object) -> Message:
        error = protocol_error(
            AdapterError(
                f"the call takes longer than {self._longest:g} s and is waited for no "
                "more; what it was to keep may be kept all the same"
            )
        )
        told = error.error.model_dump(exclude_none=True)
        return {"jsonrpc": "2.0", "id": asks, "error": told}

    async def _answered(self, letter: Letter) -> Reply:
        begun: Message = {}
        parts: list[bytes] = []
        left = [letter.body]

        async def receive() -> Message:
            if not left:
                # Whoever asks again waits for the client to hang up, of which nobody
                # here learns. Answered, they would ask for ever and keep the loop busy.
                await anyio.sleep_forever()
            return {"type": "http.request", "body": left.pop(), "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._manager.handle_request(_scope(letter), receive, send)
        headers = {name.decode(): one.decode() for name, one in begun["headers"]}
        return Reply(begun["status"], headers, b"".join(parts))


def _json(status: int, answer: Message) -> Reply:
    body = json.dumps(answer).encode()
    return Reply(status, {"Content-Type": "application/json"}, body)


def _scope(letter: Letter) -> dict[str, Any]:
    fields = [
        (name.lower().encode(), one.encode("latin-1", "replace"))
        for name, one in letter.headers.items()
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": letter.method,
        "path": letter.path,
        "raw_path": letter.path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": fields,
        "client": (letter.peer, 0),
        "server": ("127.0.0.1", 0),
        LETTER: letter,
    }
