# SPDX-License-Identifier: Apache-2.0
"""Being the server: one process, one data folder, one port."""

from __future__ import annotations

import errno
import gc
import logging
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.launch import (
    admit_local_token,
    installed_plugins,
    open_front_end,
    open_runtime,
    own_folder,
)
from claude_mem_core.runtime import GRACE, Loop
from claude_mem_core.settings import CoreSettings, Settings
from pydantic import Field
from typing_extensions import override

from claude_mem_cli import screen, server_files
from claude_mem_cli.processes import listener
from claude_mem_cli.server_files import ServerRecord
from claude_mem_cli.signals import stopping
from claude_mem_cli.spooled import TAKE_EVERY, Spooled

FRONT_END = "http"
REDACTOR = Redactor()
"""Whatever is kept elsewhere, no secret is written in a log."""

log = logging.getLogger(__name__)


class Listening(Settings):
    """The port that the front end will take, asked for beforehand."""

    host: str = "127.0.0.1"
    port: int = Field(default=37877, ge=0, le=65535)


def serve(env: Mapping[str, str], *, ready: Callable[[ServerRecord], None]) -> None:
    """Serve the data folder until SIGTERM or SIGINT, finishing what was begun.

    Args:
        env: The settings.
        ready: Called with the server's record when requests are answered.

    Raises:
        ConflictError: A server already runs on the data folder.
        ConfigurationError: The port is taken, or a setting is wrong.
    """
    folder = CoreSettings.from_env(env).folder
    require_free(env)
    with server_files.sole_server(own_folder(folder)):
        _serve(env, folder, ready)


def require_free(env: Mapping[str, str]) -> None:
    """Nothing, if a server could start here; it leaves no trace.

    Raises:
        ConflictError: A server already runs on the data folder.
        ConfigurationError: The port is taken.
    """
    record = server_files.running(CoreSettings.from_env(env).folder)
    if record is not None:
        raise server_files.already_running(record)
    wanted = Listening.from_env(env)
    port = wanted.port
    if port and _is_taken(wanted.host, port):
        pid = listener(port)
        who = f"pid {pid}" if pid else "another process"
        raise ConfigurationError(
            f"port {port} is taken by {who}; stop it, or set "
            "CLAUDE_MEM_PORT to another port"
        )


def log_to_stderr() -> None:
    """Send the log to standard error, with what a terminal could obey escaped."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _serve(
    env: Mapping[str, str], folder: Path, ready: Callable[[ServerRecord], None]
) -> None:
    def publish(url: str) -> None:
        record = ServerRecord.of_this_process(url, folder)
        server_files.publish(folder, record)
        # What is loaded by now stays. Looking through it for what can be freed would
        # hold up an answer for some 40 ms, again and again.
        gc.freeze()
        ready(record)

    plugins = installed_plugins()
    front_end = open_front_end(FRONT_END, env, plugins)
    with open_runtime(env, plugins) as runtime, stopping(front_end.stop):
        if not runtime.keeping.redactor.finds_secrets:
            log.warning("CLAUDE_MEM_REDACT_SECRETS is off: secrets are kept")
        for repair in runtime.status.repairs():
            log.warning("%s", repair)
        admit_local_token(runtime, folder)
        disabled = CoreSettings.from_env(env).generation_disabled
        spooled = Spooled(runtime, folder)
        # First what happened first: later hooks of a session come after it.
        spooled.once()
        runtime.start(work=not (disabled or runtime.has_own_workers))
        taking = Loop("spool", spooled.once, pause=TAKE_EVERY)
        taking.start()
        try:
            front_end.serve(runtime, ready=publish)
        finally:
            server_files.withdraw(folder)
            taking.stop(grace=GRACE)


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            # Any other fault is the front end's to explain.
            return error.errno == errno.EADDRINUSE
    return False


class _Plain(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        return screen.plain(REDACTOR.text(super().format(record)))
