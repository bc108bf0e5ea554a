# SPDX-License-Identifier: Apache-2.0
"""The turn to write, handed round between the processes on one database.

SQLite's own locks would do, but for its versions 3.7.0 to 3.51.2: there two
connections that write and checkpoint at the same moment can damage the file. Whoever
writes or checkpoints holds this lease. It is a lock on a file beside the database,
never on the database: closing any descriptor of that one drops SQLite's own locks.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claude_mem_core.errors import StorageError

LOOK_EVERY = 0.002
"""Seconds between two looks at a lease that somebody else holds."""


class Lease:
    """A file whose lock one process holds at a time; the kernel frees a dead one's.

    The file is opened, or made, when the lease is first taken.

    A process that is forked off lets go of the file at once: the kernel takes the
    lock for held as long as anybody has the descriptor, the holder dead or not.
    """

    def __init__(self, path: Path, *, wait: float) -> None:
        self._path = path
        self._wait = wait
        self._handle = -1

    def take(self) -> None:
        """Wait for the lease.

        Raises:
            StorageError: Another process did not let go of it in time, or its file
                cannot be opened.
        """
        if self._handle < 0:
            self._open()
        if not self._taken():
            self._take_later()

    def give_back(self) -> None:
        """Let the next process write."""
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The lease for the length of a block."""
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def close(self) -> None:
        """Let go of the file."""
        _OPEN.discard(self)
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            self._handle = os.open(self._path, flags, 0o600)
        except OSError as error:
            message = f"{self._path} cannot be opened: {error.strerror}"
            raise StorageError(message) from error
        _OPEN.add(self)

    def _take_later(self) -> None:
        deadline = time.monotonic() + self._wait
        # A lock that is waited for in the kernel knows no deadline: so we look again.
        while not self._taken():
            if time.monotonic() > deadline:
                message = f"another process has been writing for {self._wait:g} s"
                raise StorageError(f"{message}; {self._path} is its lease")
            time.sleep(LOOK_EVERY)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_OPEN: set[Lease] = set()


def _let_go_in_child() -> None:
    for lease in tuple(_OPEN):
        lease.close()


os.register_at_fork(after_in_child=_let_go_in_child)
