# SPDX-License-Identifier: Apache-2.0
"""The REST API as a server of this process: waitress, on loopback by default."""

from __future__ import annotations

import ctypes
import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Any, cast

from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.front_end import FrontEnd
from claude_mem_core.runtime import Runtime
from typing_extensions import override
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from claude_mem_http_falcon.app import App, authentication, build_app
from claude_mem_http_falcon.edge import LONGEST_BODY, Door, EdgeChannel
from claude_mem_http_falcon.gate import Gate
from claude_mem_http_falcon.mounted import Mounted, Opening
from claude_mem_http_falcon.settings import HttpSettings

GRACE_SECONDS = 10.0
"""How long requests that are being answered may take once the server stops."""

LONGEST_WAIT_SECONDS = 5.0
"""How long the loop sleeps when nothing happens; then it looks for dead lines."""

OPEN_LOCALLY = (
    "CLAUDE_MEM_AUTH_MODE is local-dev: every program of this machine reads memories "
    "without a key"
)

_BACKLOG = 1024
_TRIM_THRESHOLD, _KEPT_FREE = -1, 64 * 1024
"""An option of glibc's mallopt, and the bytes at the end of a heap that it keeps."""

log = logging.getLogger(__name__)


class HttpFrontEnd(FrontEnd):
    """The REST API on a port of this machine."""

    def __init__(self, settings: HttpSettings, opening: Opening | None = None) -> None:
        self._settings = settings
        self._opening = opening
        self._server: BaseWSGIServer | None = None
        self._stopping = StopSignal()
        # Reentrant: a signal handler may interrupt the very thread that holds it.
        self._while_open = threading.RLock()

    @override
    def serve(self, runtime: Runtime, *, ready: Callable[[str], None]) -> None:
        _give_memory_back()
        settings = self._settings
        require_safe(settings, runtime)
        mounted = Mounted(self._opening, runtime)
        app = build_app(runtime, self._stopping, settings, mounted)
        door = Door(
            Gate(settings),
            authentication(runtime, settings),
            runtime.audit,
            runtime.system.new_id,
        )
        listening = _listening(settings)
        sockets: dict[int, Any] = {}
        server = _server(app, door, listening, sockets)
        try:
            self._server = server
            if settings.auth_mode == "local-dev":
                log.warning(OPEN_LOCALLY)
            ready(f"http://{_own_name(settings)}:{listening.getsockname()[1]}")
            while not self._stopping.is_set:
                _turn(sockets, LONGEST_WAIT_SECONDS)
            _finish(server, sockets)
        finally:
            with self._while_open:
                self._server = None
            server.task_dispatcher.shutdown(timeout=1)
            wasyncore.close_all(sockets)
            mounted.close()

    @override
    def stop(self) -> None:
        self._stopping.set()
        # Not a moment later: a closed server's descriptor may be another file's.
        with self._while_open:
            if self._server is not None:
                self._server.pull_trigger()


def _give_memory_back() -> None:
    """Let freed memory go, where the C library would keep it for the next one.

    By default glibc learns from each large body to keep as much, for every thread.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _KEPT_FREE)


def require_safe(settings: HttpSettings, runtime: Runtime) -> None:
    """Nothing, where nobody gets in whom the settings did not mean.

    Raises:
        ConfigurationError: The server would be reached from other machines without a
            key, or before there is any.
    """
    if settings.address.is_loopback:
        return
    if settings.auth_mode == "local-dev":
        message = (
            f"CLAUDE_MEM_AUTH_MODE: local-dev and CLAUDE_MEM_HOST={settings.host}: "
            "other machines would read without a key; unset one of the two"
        )
        raise ConfigurationError(message)
    if not runtime.access.has_keys():
        message = (
            f"CLAUDE_MEM_HOST: {settings.host} is reached from other machines, and "
            "there is no key with which they could come in; make one first"
        )
        raise ConfigurationError(message)


def _own_name(settings: HttpSettings) -> str:
    """How programs of this machine call the server."""
    address = settings.address
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")  # noqa: PLR2004
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _listening(settings: HttpSettings) -> socket.socket:
    """A bound socket, before anything else is started for it."""
    six = isinstance(settings.address, IPv6Address)
    family = socket.AF_INET6 if six else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        message = (
            f"CLAUDE_MEM_PORT: port {settings.port} of {settings.host} cannot be used: "
            f"{error.strerror}; stop what uses it or choose another"
        )
        raise ConfigurationError(message) from error
    return bound


def _server(
    app: App, door: Door, listening: socket.socket, sockets: dict[int, Any]
) -> BaseWSGIServer:
    server = cast(
        "BaseWSGIServer",
        create_server(
            app,
            map=sockets,
            sockets=[listening],
            threads=8,
            backlog=_BACKLOG,
            connection_limit=1000,
            asyncore_use_poll=True,
            channel_timeout=15,
            cleanup_interval=5,
            max_request_body_size=LONGEST_BODY,
            max_request_header_size=16 * 1024,
            ident=None,
            expose_tracebacks=False,
            # No proxy is trusted; but whether one speaks is for the application to see.
            clear_untrusted_proxy_headers=False,
        ),
    )
    # It warns of every request that waits for a thread, which is how a pool works.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server.channel_class = partial(EdgeChannel, door)  # type: ignore[assignment]
    return server


def _turn(sockets: dict[int, Any], seconds: float) -> None:
    """Wait for the network once, and do what it asks for."""
    wasyncore.loop(timeout=seconds, use_poll=True, map=sockets, count=1)


def _finish(server: BaseWSGIServer, sockets: dict[int, Any]) -> None:
    """Take no new request, and see those through that are being answered."""
    wasyncore.dispatcher.close(server)
    deadline = monotonic() + GRACE_SECONDS
    channels = cast("dict[int, HTTPChannel]", server.active_channels)
    while monotonic() < deadline and any(map(_is_busy, channels.values())):
        _turn(sockets, 0.1)


def _is_busy(channel: HTTPChannel) -> bool:
    return bool(channel.requests or channel.total_outbufs_len)
