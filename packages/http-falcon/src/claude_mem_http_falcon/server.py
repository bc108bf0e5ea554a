# SPDX-License-Identifier: Apache-2.0
"""The REST API as a server of this process: waitress, on loopback only."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
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

from claude_mem_http_falcon.app import App, build_app
from claude_mem_http_falcon.edge import LONGEST_BODY, Door, EdgeChannel
from claude_mem_http_falcon.settings import HttpSettings

HOST = "127.0.0.1"
GRACE_SECONDS = 10.0
"""How long requests that are being answered may take once the server stops."""

LONGEST_WAIT_SECONDS = 5.0
"""How long the loop sleeps when nothing happens; then it looks for dead lines."""

_BACKLOG = 1024


class HttpFrontEnd(FrontEnd):
    """The REST API on a port of 127.0.0.1."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._server: BaseWSGIServer | None = None
        self._stopping = StopSignal()
        # Reentrant: a signal handler may interrupt the very thread that holds it.
        self._while_open = threading.RLock()

    @override
    def serve(self, runtime: Runtime, *, ready: Callable[[str], None]) -> None:
        listening = _listening(self._settings.port)
        sockets: dict[int, Any] = {}
        app = build_app(runtime, self._stopping)
        server = _server(runtime, app, listening, sockets)
        try:
            self._server = server
            ready(f"http://{HOST}:{listening.getsockname()[1]}")
            while not self._stopping.is_set:
                _turn(sockets, LONGEST_WAIT_SECONDS)
            _finish(server, sockets)
        finally:
            with self._while_open:
                self._server = None
            server.task_dispatcher.shutdown(timeout=1)
            wasyncore.close_all(sockets)

    @override
    def stop(self) -> None:
        self._stopping.set()
        # Not a moment later: a closed server's descriptor may be another file's.
        with self._while_open:
            if self._server is not None:
                self._server.pull_trigger()


def _listening(port: int) -> socket.socket:
    """A bound socket, before anything else is started for it."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        message = (
            f"CLAUDE_MEM_PORT: port {port} of {HOST} cannot be used: "
            f"{error.strerror}; stop what uses it or choose another"
        )
        raise ConfigurationError(message) from error
    return bound


def _server(
    runtime: Runtime,
    app: App,
    listening: socket.socket,
    sockets: dict[int, Any],
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
            clear_untrusted_proxy_headers=True,
        ),
    )
    # It warns of every request that waits for a thread, which is how a pool works.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    door = Door(runtime.access, runtime.audit, runtime.system.new_id)
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
