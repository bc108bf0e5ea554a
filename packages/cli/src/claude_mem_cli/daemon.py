# SPDX-License-Identifier: Apache-2.0
"""A server in the background: started until it answers, stopped until it is gone."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    StorageFullError,
    StorageReadOnlyError,
)

from claude_mem_cli.server_files import ServerRecord, running

LOG = Path("logs", "server.log")
LARGEST_LOG = 5 * 1024 * 1024
PATIENCE = 60.0
"""Seconds that a server may take to start, and to stop."""

LOOK_EVERY = 0.05

_RELAYED: tuple[type[ClaudeMemError], ...] = (
    InvalidInputError,
    ConflictError,
    ConfigurationError,
    StorageFullError,
    StorageReadOnlyError,
)


def start(env: Mapping[str, str], folder: Path) -> ServerRecord:
    """The server that was started in the background, once it answers.

    Its own words go to `logs/server.log` in the data folder.

    Raises:
        ClaudeMemError: Why it did not start, in its own words.
    """
    log = folder / LOG
    handle = _open_log(log)
    try:
        begin = os.lseek(handle, 0, os.SEEK_END)
        child = _spawn(env, handle)
    finally:
        os.close(handle)
    with child.stdout or open(os.devnull, "rb") as told:  # noqa: PTH123
        said = _first_line(told)
    record = running(folder)
    if record is not None and record.pid == child.pid and answers(record.url):
        # The process goes on without us; nobody is to wait for it.
        child.returncode = 0
        return record
    child.terminate()
    child.wait()
    raise _failure(said, log, begin)


def stop(record: ServerRecord) -> None:
    """Ask a server to stop, and return when its process is gone.

    Raises:
        AdapterError: It is still there after a minute.
    """
    if record.is_alive:
        os.kill(record.pid, signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while record.is_alive:
        if time.monotonic() > end:
            raise AdapterError(f"pid {record.pid} has not stopped in {PATIENCE:.0f} s")
        time.sleep(LOOK_EVERY)


def answers(url: str) -> bool:
    """Whether a server says at `url` that it is well."""
    where = urlsplit(url)
    line = HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200  # noqa: PLR2004 - HTTP's own number
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def _open_log(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _spawn(env: Mapping[str, str], log: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "claude_mem_cli", "server", "start"]
    return subprocess.Popen(  # noqa: S603 - this very program
        [*command, "--foreground", "--json"],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


def _first_line(told: IO[bytes]) -> bytes:
    """What the server says when it answers or fails; empty when it says nothing."""
    with selectors.DefaultSelector() as selector:
        selector.register(told, selectors.EVENT_READ)
        return told.readline() if selector.select(PATIENCE) else b""


def _failure(said: bytes, log: Path, begin: int) -> ClaudeMemError:
    try:
        told = json.loads(said)
        code, message = told["error"], told["message"]
    except (ValueError, KeyError):
        with log.open("rb") as file:
            file.seek(begin)
            lines = file.read().decode(errors="replace").split("\n")
        last = next((one for one in reversed(lines) if one.strip()), "no word")
        return AdapterError(f"the server did not start: {last}; see {log}")
    kinds = {kind.code: kind for kind in _RELAYED}
    return kinds.get(code, AdapterError)(message)
