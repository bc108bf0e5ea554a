# SPDX-License-Identifier: Apache-2.0
"""What could not be told to the server, kept on disk until it can be.

`spool/events.jsonl` has a line for each event. Writers and the server, which takes
them out, hold `spool/lock` for the moment in which they change it. It is for its owner
alone, as it holds what the agent sent; the key is not among that.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict

FOLDER = "spool"
EVENTS, LOCK, DROPPED = "events.jsonl", "lock", "dropped"
MOST_BYTES = 64 * 1024 * 1024
MOST_ENTRIES = 20_000
COUNT_FROM = 2 * 1024 * 1024
"""Bytes under which entries are not counted: so few could be no more than allowed."""

KEPT = 0.75
"""How much of what is allowed is left when the oldest are dropped."""

LOCK_WITHIN = 1.0


class Entry(TypedDict):
    """An event in the spool.

    Attributes:
        at: When it happened, as epoch.
        key: The public part of the key that it would have been sent with.
        body: What the agent sent, as text.
    """

    at: int
    agent: str
    event: str
    key: str | None
    body: str


def put(
    folder: str, entry: Entry, *, bytes_: int = MOST_BYTES, entries: int = MOST_ENTRIES
) -> int:
    """Keep an entry as the last one; how many of the oldest gave way to it."""
    line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
    spool = os.path.join(folder, FOLDER)
    os.makedirs(spool, mode=0o700, exist_ok=True)
    path = os.path.join(spool, EVENTS)
    with locked(spool):
        dropped = _make_room(spool, path, len(line), bytes_, entries)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
    return dropped


@contextmanager
def locked(spool: str) -> Iterator[bool]:
    """Hold the spool for the block; False where nobody let go of it in time."""
    handle = os.open(os.path.join(spool, LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def count_dropped(spool: str, more: int) -> int:
    """How many entries were dropped so far, with `more`."""
    path = os.path.join(spool, DROPPED)
    try:
        with open(path, encoding="ascii") as file:
            known = int(file.read() or 0)
    except (OSError, ValueError):
        known = 0
    if more:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{known + more}\n")
    return known + more


def _lock(handle: int) -> bool:
    end = time.monotonic() + LOCK_WITHIN
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        else:
            return True


def _make_room(spool: str, path: str, more: int, bytes_: int, entries: int) -> int:
    """Drop the oldest where the spool would be too large; how many that were."""
    try:
        size = os.stat(path).st_size
    except FileNotFoundError:
        return 0
    if size + more <= bytes_ and size < min(COUNT_FROM, bytes_) * bool(entries):
        return 0
    with open(path, "rb") as file:
        lines = file.readlines()
    if size + more <= bytes_ and len(lines) < entries:
        return 0
    left, kept = int(bytes_ * KEPT) - more, 0
    while kept < min(len(lines), int(entries * KEPT)):
        left -= len(lines[-1 - kept])
        if left < 0:
            break
        kept += 1
    draft = f"{path}.new"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(lines[len(lines) - kept :])
    os.replace(draft, path)
    dropped = len(lines) - kept
    count_dropped(spool, dropped)
    return dropped
