# SPDX-License-Identifier: Apache-2.0
"""One request to the server of this machine, within a time that is set beforehand."""

from __future__ import annotations

import time
from _socket import AF_UNSPEC, SOCK_STREAM, getaddrinfo
from _socket import socket as Socket  # noqa: N812 - it is a class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_WITHIN = 0.5
"""Seconds for a connection: it goes to this machine, or nobody is there."""

LONGEST_ANSWER = 1024 * 1024


class Answer:
    """What the server said."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class NoAnswerError(Exception):
    """Nobody answered in time, or not in the words of HTTP."""


def post(
    host: str,
    port: int,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    until: float,
) -> Answer:
    """The answer to a POST of JSON.

    Args:
        host: The server.
        port: Its port.
        path: What is asked for.
        body: The JSON.
        headers: What is said beside it.
        until: The moment of the monotonic clock at which it is given up.

    Raises:
        NoAnswerError: There was none by then.
    """
    told = {
        "Host": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    try:
        request = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("ascii")
        to = _connected(host, port, until)
        try:
            to.settimeout(_left(until))
            to.sendall(request + body)
            return _read(to, until)
        finally:
            to.close()
    except (OSError, ValueError, UnicodeError) as error:
        raise NoAnswerError(str(error)) from error


def _connected(host: str, port: int, until: float) -> Socket:
    """A connection to the first address of the host that takes one."""
    failure: OSError | None = None
    for family, kind, protocol, _, address in getaddrinfo(
        host, port, AF_UNSPEC, SOCK_STREAM
    ):
        to = Socket(family, kind, protocol)
        try:
            to.settimeout(_left(until, CONNECT_WITHIN))
            to.connect(address)
        except OSError as error:
            to.close()
            failure = error
        else:
            return to
    raise failure or OSError("the host has no address")


def _left(until: float, most: float = 60.0) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NoAnswerError("the time is up")
    return min(left, most)


def _read(to: Socket, until: float) -> Answer:
    """The answer, whose end is where the server closes or its length says so."""
    got, length = b"", None
    while length is None or len(got) < length:
        to.settimeout(_left(until))
        part = to.recv(65_536)
        if not part:
            break
        got += part
        if length is None:
            length = _length(got)
        if len(got) > LONGEST_ANSWER:
            raise NoAnswerError("the answer is too long")
    head, end, body = got.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)
    if not end or (length is not None and len(got) < length):
        raise NoAnswerError("the answer has no end")
    return Answer(int(status[1]), body)


def _length(got: bytes) -> int | None:
    """The length of the whole answer, once its head was read and tells it."""
    head, end, _ = got.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n")[1:] if end else ():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(head) + 4 + int(value)
    return None
