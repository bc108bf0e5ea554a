# SPDX-License-Identifier: Apache-2.0
"""Bytes as they go over the wire to a real server, and what came back."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from machine import Machine

PATIENCE = 30.0
"""Seconds for an answer; the server itself hangs up on a silent line after 15."""


@dataclass(frozen=True)
class Reply:
    """One answer, cut out of the stream by its own length."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        """Whether it is an error in the one shape."""
        kind = self.headers.get("content-type")
        return kind == "application/problem+json" and (
            self.json["status"] == self.status
            and self.json["requestId"] == self.headers["x-request-id"]
        )


@dataclass
class Wire:
    """A server that runs, seen from a bare socket.

    Attributes:
        authority: Where it listens.
        key: The header line with the folder's token.
    """

    machine: Machine
    authority: str = ""
    key: str = ""
    _numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Find out where the server is."""
        folder = self.machine.folder
        runtime = json.loads((folder / "server.runtime.json").read_text())
        self.authority = urlsplit(runtime["url"]).netloc
        self.key = f"Authorization: Bearer {(folder / 'token').read_text().strip()}\r\n"

    def line(self) -> socket.socket:
        """A bare connection."""
        host, _, port = self.authority.partition(":")
        return socket.create_connection((host, int(port)), timeout=PATIENCE)

    def shout(self, sent: bytes) -> bytes:
        """All that comes back until the server hangs up."""
        with self.line() as line:
            line.sendall(sent)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def ask(self, sent: bytes, *, heads: Collection[int] = ()) -> list[Reply]:
        """The replies to these bytes, until the server hangs up.

        Args:
            sent: One request or several.
            heads: Which of the replies have no body, as they answer to HEAD.
        """
        came = self.shout(sent)
        replies: list[Reply] = []
        while came:
            head, end, came = came.partition(b"\r\n\r\n")
            assert end, f"not a whole reply: {head!r}"
            first, *lines = head.decode("latin-1").split("\r\n")
            version, status = first.split(" ")[:2]
            assert version in ("HTTP/1.0", "HTTP/1.1"), head
            if status.startswith("1"):
                continue
            headers = {
                name.lower(): value
                for name, _, value in (one.partition(": ") for one in lines)
            }
            length = int(headers["content-length"])
            length = 0 if len(replies) in heads else length
            assert len(came) >= length, "a reply that is cut off"
            replies.append(Reply(int(status), headers, came[:length]))
            came = came[length:]
        return replies

    def marked(self) -> tuple[str, bytes]:
        """A request that is legal, ends the line, and is known by its id."""
        mark = f"behind-{next(self._numbers)}"
        lines = f"Host: localhost\r\nX-Request-Id: {mark}\r\nConnection: close\r\n"
        return mark, f"GET /v1/info HTTP/1.1\r\n{lines}\r\n".encode()

    def log(self) -> str:
        """What the server wrote about its requests so far."""
        return (self.machine.folder.parent / "server.log").read_text()
