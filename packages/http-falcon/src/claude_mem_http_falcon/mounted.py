# SPDX-License-Identifier: Apache-2.0
"""`/v1/mcp` and `/mcp`: handed on to the server of tools that is installed, if one is.

What is installed is opened by the first request: a server that nobody asks for tools
starts no slower for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.front_end import Letter, Mount
from claude_mem_core.runtime import Runtime

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.problems import ProtocolError

Opening = Callable[[str, Runtime], Mount]

NAME = "mcp"
ABSENT = (
    "MCP is not served here: claude-mem-mcp-adapter is not installed; install it "
    "beside this server and start the server again"
)
_OURS = frozenset({"content-length", "date", "server", "connection"})
"""What this server says of an answer by itself."""


class Mounted:
    """The server of tools, opened once, when the first request comes for it."""

    def __init__(
        self, opening: Opening | None = None, runtime: Runtime | None = None
    ) -> None:
        self._opening = opening
        self._runtime = runtime
        self._mount: Mount | None = None
        self._turn = threading.Lock()

    def opened(self) -> Mount:
        """It.

        Raises:
            ProtocolError: None is installed.
        """
        with self._turn:
            if self._mount is None:
                self._mount = self._open()
            return self._mount

    def close(self) -> None:
        """Let go of it."""
        with self._turn:
            if self._mount is not None:
                self._mount.close()

    def _open(self) -> Mount:
        if self._opening is None or self._runtime is None:
            raise ProtocolError(404, ABSENT)
        try:
            return self._opening(NAME, self._runtime)
        except ConfigurationError as error:
            raise ProtocolError(404, f"{ABSENT} ({error})") from error


class MountResource:
    """Where agents call tools."""

    def __init__(self, mounted: Mounted) -> None:
        self._mounted = mounted

    def on_post(self, req: Request, resp: Response) -> None:
        """Hand a message of the protocol on, and its answer back."""
        document = cast("str", req.document)
        letter = Letter(
            method=req.method,
            path=req.path,
            headers=req.headers,
            body=document.encode("utf-8", "surrogateescape"),
            by=req.caller,
            request_id=req.request_id,
            peer=str(req.env.get("REMOTE_ADDR", "")),
        )
        reply = self._mounted.opened().answer(letter)
        resp.status = reply.status
        for name, value in reply.headers.items():
            if name.lower() not in _OURS:
                resp.set_header(name, value)
        resp.data = reply.body
