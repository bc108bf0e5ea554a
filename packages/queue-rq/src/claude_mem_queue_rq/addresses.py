# SPDX-License-Identifier: Apache-2.0
"""Where a Redis is, and clients for it that never wait longer than they are told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_WITHIN = 1.0
"""Seconds for a connection to be made, on which nobody but a thread of ours waits."""

LONGEST_REASON = 200

UNAUTHENTICATED = "HELLO must be called with the client already authenticated"
"""What a server says that asks for a password, whose client sent none."""


@dataclass(frozen=True, slots=True)
class Address:
    """A Redis or Valkey server.

    Attributes:
        url: With its credentials, which are never shown.
        mode: How the server came to be there, for operators.
    """

    url: str = field(repr=False)
    mode: str = "external"

    @classmethod
    def at(cls, host: str, port: int, *, mode: str = "external") -> Address:
        """The server at a host's port, without credentials."""
        name = f"[{host}]" if ":" in host else host
        return cls(f"redis://{name}:{port}/0", mode)

    @property
    def shown(self) -> str:
        """Host and port, or the path of a socket: nothing of the credentials."""
        parts = self._parts
        if parts.scheme == "unix":
            return unquote(parts.path)
        host = parts.hostname or "127.0.0.1"
        return f"{f'[{host}]' if ':' in host else host}:{parts.port or 6379}"

    @property
    def has_password(self) -> bool:
        """Whether we say who we are."""
        return bool(self._secrets)

    @property
    def is_on_this_machine(self) -> bool:
        """Whether nobody on another machine could be meant."""
        host = self._parts.hostname or "127.0.0.1"
        return self._parts.scheme == "unix" or is_loopback(host)

    def client(self, *, timeout: float, connect: float = CONNECT_WITHIN) -> redis.Redis:
        """A client that tries once, and gives up on an answer after so many seconds.

        What the URL's options say about waiting counts for nothing: by default, and by
        such an option, a hung server would hold its callers for a minute.
        """
        pool = redis.ConnectionPool.from_url(self.url)
        pool.connection_kwargs.update(
            socket_timeout=timeout,
            socket_connect_timeout=connect,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )
        return redis.Redis.from_pool(pool)

    def told(self, error: Exception) -> str:
        """What went wrong with this server, free of its credentials."""
        reason = str(error)
        if reason.startswith(UNAUTHENTICATED):
            reason = "it asks for a password"
        # Before it is cut, which could leave a part of one; the longest first, as a
        # shorter one may be within it.
        for secret in sorted(self._secrets, key=len, reverse=True):
            reason = reason.replace(secret, "***")
        reason = reason[:LONGEST_REASON].replace("\n", " ").rstrip(". ")
        return f"Redis at {self.shown}: {type(error).__name__}: {reason}"

    @property
    def _secrets(self) -> set[str]:
        given = self._parts.password or ""
        options = parse_qs(self._parts.query).get("password", [])
        return {given, unquote(given), *options} - {""}

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)


def is_loopback(host: str) -> bool:
    """Whether a host's name or address leads to this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
