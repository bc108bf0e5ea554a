# SPDX-License-Identifier: Apache-2.0
"""The files by which commands find the server of a data folder.

`server.runtime.json` says which process serves where; `server.pid` and
`server.port` say parts of it to scripts. They are there while a server answers.
`server.lock` is held as long as a server lives, so that there is never a second
one; it stays behind, because taking it away could let two in.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from claude_mem_core.domain.value import Epoch, Text, Value
from claude_mem_core.errors import ConflictError, InvalidInputError

from claude_mem_cli.processes import start_token
from claude_mem_cli.versions import own_version

PID, PORT, RUNTIME, LOCK = (
    "server.pid",
    "server.port",
    "server.runtime.json",
    "server.lock",
)
PATIENCE = 5.0
"""Seconds that a second start waits for the first to say where it serves."""

State = Literal["missing", "invalid", "stale", "alive"]


class ServerRecord(Value):
    """Which process serves a data folder, and where.

    Attributes:
        start_token: Tells the process from a later one with the same number.
    """

    pid: int
    port: int
    url: Text
    version: Text
    started_at_epoch: Epoch
    start_token: Text
    data_dir: Text

    @classmethod
    def of_this_process(cls, url: str, folder: Path) -> ServerRecord:
        """The record of this process, which serves `folder` at `url`."""
        pid = os.getpid()
        return cls(
            pid=pid,
            port=urlsplit(url).port or 0,
            url=url,
            version=own_version(),
            started_at_epoch=time.time_ns() // 1_000_000,
            start_token=start_token(pid) or "unknown",
            data_dir=str(folder),
        )

    @property
    def is_alive(self) -> bool:
        """Whether its process, and not a later one with its number, is there."""
        return start_token(self.pid) == self.start_token


@dataclass(frozen=True, slots=True)
class Seen:
    """What the files say, and how far it can be believed."""

    state: State
    record: ServerRecord | None = None


def look(folder: Path) -> Seen:
    """What the files of a data folder say of its server; nothing is changed."""
    try:
        text = (folder / RUNTIME).read_text()
    except FileNotFoundError:
        return Seen("missing")
    except (OSError, UnicodeDecodeError):
        return Seen("invalid")
    try:
        record = ServerRecord.from_wire(_json(text))
    except InvalidInputError:
        return Seen("invalid")
    return Seen("alive" if record.is_alive else "stale", record)


def running(folder: Path) -> ServerRecord | None:
    """The server of a data folder, None when none runs."""
    seen = look(folder)
    return seen.record if seen.state == "alive" else None


def publish(folder: Path, record: ServerRecord) -> None:
    """Say where the server is; old files give way, each at once and whole."""
    _write(folder / PORT, f"{record.port}\n")
    _write(folder / PID, f"{record.pid}\n")
    _write(folder / RUNTIME, json.dumps(record.to_wire(), indent=2) + "\n")


def withdraw(folder: Path) -> None:
    """Take the files away, if they are this process's own."""
    record = look(folder).record
    ours = record is not None and record.pid == os.getpid() and record.is_alive
    if ours:
        for name in (RUNTIME, PID, PORT):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def sole_server(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process; it is let go however the process ends.

    Raises:
        ConflictError: Another process holds it; the message names it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held(folder, file.read().strip()) from None
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def already_running(record: ServerRecord) -> ConflictError:
    """The error of a second start: one line that names the process and its port."""
    return ConflictError(
        f"a server already runs on {record.data_dir}: "
        f"pid {record.pid}, port {record.port}"
    )


def _held(folder: Path, pid: str) -> ConflictError:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        record = running(folder)
        if record is not None:
            return already_running(record)
        time.sleep(0.05)
    who = f"pid {pid}" if pid else "another process"
    return ConflictError(f"{who} is starting or stopping a server on {folder}")


def _json(text: str) -> object:
    with suppress(ValueError):
        return json.loads(text)
    return None


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)
