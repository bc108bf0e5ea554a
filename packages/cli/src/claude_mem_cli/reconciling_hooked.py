# SPDX-License-Identifier: Apache-2.0
"""Reconciling in the background, as a hook starts it: seen and felt by nobody.

It shows the key that the hook shows, so that what it fills in lands where the hook's
own events do; and it asks a running server alone, as only one process may open a store
that a server is about to open.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from claude_mem_core.domain.value import ERRORS_REDACTOR
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.backfill import take_all
from claude_mem_cli.client_http import ClientHttp
from claude_mem_cli.connect import await_spool, server_place
from claude_mem_cli.hook.place import place
from claude_mem_cli.http_line import HttpLine
from claude_mem_cli.server_files import ServerRecord, running
from claude_mem_cli.transcripts import Finder, Found, is_of_folder

SETTLES = 1.0
"""Seconds until an agent has written what it told its hook of, and the hooks beside
this one are through."""

SERVER_WITHIN = 30.0
"""Seconds that a server may take to start."""

SPOOL_WITHIN = 15.0
LOOK_EVERY = 0.1
NICENESS = 10
MOST_PREVIOUS = 5
"""Sessions of a folder that are looked at when another begins, the newest first."""

MOST_LOOKED_AT = 100
MOST_ROUNDS = 20
LOCK = "reconciling.lock"
LOG = "reconcile.log"
LONGEST_LOG = 1024 * 1024


def in_background(
    env: Mapping[str, str],
    transcript: str | None,
    *,
    hook: str,
    folder: str | None,
    previous: bool,
) -> None:
    """Reconcile a session, and those before it of its folder.

    Where no server comes up nothing is done: the next session's start does it then.

    Args:
        env: The environment of the hook.
        transcript: The file that the hook names, which need not be there.
        hook: The agent's name.
        folder: Where it works.
        previous: Also the sessions of this folder that came before.
    """
    os.nice(NICENESS)
    time.sleep(SETTLES)
    data = CoreSettings.from_env(env).folder
    record = _server(data)
    if record is None:
        return
    await_spool(data, within=SPOOL_WITHIN)
    try:
        _all(env, record, transcript, hook=hook, folder=folder, previous=previous)
    except ClaudeMemError as error:
        _log(data, error)


def _all(
    env: Mapping[str, str],
    record: ServerRecord,
    transcript: str | None,
    *,
    hook: str,
    folder: str | None,
    previous: bool,
) -> None:
    finder = Finder(env, [hook])
    own = finder.one(Path(transcript)) if transcript else None
    mine = [own] if own is not None else []
    others = _previous(finder, Path(folder), own) if previous and folder else []
    key = place(env, hook).key
    line = HttpLine(record.url, key, server_place(record))
    with closing(ClientHttp(line)) as client:
        for found in (*mine, *others):
            _reconcile(found, client, Path(record.data_dir))


def _server(data: Path) -> ServerRecord | None:
    until = time.monotonic() + SERVER_WITHIN
    while (record := running(data)) is None and time.monotonic() < until:
        time.sleep(LOOK_EVERY)
    return record


def _previous(finder: Finder, folder: Path, own: Found | None) -> list[Found]:
    found: list[Found] = []
    for one in finder.newest(MOST_LOOKED_AT):
        is_own = own is not None and one.path.absolute() == own.path.absolute()
        if not is_own and is_of_folder(one, folder):
            found.append(one)
        if len(found) == MOST_PREVIOUS:
            break
    return found


def _reconcile(found: Found, client: ClientHttp, data: Path) -> None:
    """Once, and again as long as it was written meanwhile; beside no other process."""
    with _alone(data, found) as is_ours:
        for _ in range(MOST_ROUNDS if is_ours else 0):
            before = found.state
            for _ in take_all(
                [found],
                into=None,
                client=client,
                folder=data,
                again=False,
                step=lambda _: None,
            ):
                pass
            if found.state == before:
                break


@contextmanager
def _alone(data: Path, found: Found) -> Iterator[bool]:
    """Hold a transcript for the block; False where another process has it.

    One file has room for the locks of all: a byte that need not be there for each.
    """
    name = hashlib.sha256(str(found.path.absolute()).encode()).digest()
    byte = int.from_bytes(name[:6], "big")
    handle = os.open(data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            yield False
            return
        yield True


def _log(data: Path, error: ClaudeMemError) -> None:
    """Say what failed where an operator looks for it; nobody else is told."""
    folder = data / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / LOG
    with suppress(FileNotFoundError):
        if path.stat().st_size > LONGEST_LOG:
            path.unlink()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a") as file:
        file.write(f"{at} {screen.line(ERRORS_REDACTOR.text(str(error)))}\n")
