# SPDX-License-Identifier: Apache-2.0
"""One writer at a time, and one trip to the disk for all who wait in line.

A commit costs the disk's own time, however little it holds. So a block that finds
others waiting behind it leaves the transaction open for them, as a group, and the
last of the group commits. No block returns before its commit is done: what it wrote is
on the disk then, or it raises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from claude_mem_core.errors import ClaudeMemError, StorageError

from claude_mem_storage_sqlite.connections import WAIT_SECONDS, Place, open_writer
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.lease import Lease

LARGEST_GROUP = 64
"""Blocks that share one commit: more would make the first of them wait for long."""

_LOOK_AFTER = 0.1
"""Seconds after which a block commits its group itself: the one behind it that should
have done so was interrupted in the line, or is taking long."""


class _Group:
    """Blocks that are committed together."""

    def __init__(self) -> None:
        self.size = 0
        self.error: ClaudeMemError | None = None
        self.done = threading.Event()


class Writer:
    """The connection that writes."""

    def __init__(self, place: Place) -> None:
        self._lease = Lease(place.lease, wait=WAIT_SECONDS)
        self._turn = threading.Lock()
        self._line = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None
        self._owner: int | None = None
        self._closed = False
        try:
            self.connection = open_writer(place)
        except BaseException:
            self._lease.close()
            raise

    @contextmanager
    def block(self) -> Iterator[Connection]:
        """A write that is on the disk when the block is left, or that never was."""
        if self._owner == threading.get_ident():
            raise StorageError("a write block inside a write block")
        self._stand_in_line()
        try:
            self._owner = threading.get_ident()
            group = self._joined()
            with self._alone_in(group):
                yield self.connection
            if not self._waiting or group.size >= LARGEST_GROUP:
                self._finish(group)
        finally:
            self._owner = None
            self._turn.release()
        self._await(group)

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """The connection without a transaction, for what must not be in one."""
        with self._turn:
            self._require_open()
            if self._group is not None:
                self._finish(self._group)
            with self._lease.held():
                yield self.connection

    def close(self) -> None:
        """Close the connection; the last one of all writes the log back."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            if self._group is not None:
                self._finish(self._group)
            try:
                with self._lease.held():
                    self.connection.close()
            finally:
                self.connection.close()
                self._lease.close()

    def _stand_in_line(self) -> None:
        with self._line:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._line:
                self._waiting -= 1

    def _joined(self) -> _Group:
        self._require_open()
        if self._group is None:
            self._lease.take()
            try:
                self.connection.run("BEGIN IMMEDIATE")
            except BaseException:
                self._lease.give_back()
                raise
            self._group = _Group()
        self._group.size += 1
        return self._group

    @contextmanager
    def _alone_in(self, group: _Group) -> Iterator[None]:
        """Undo the block alone when it raises, not those before it in the group."""
        first = group.size == 1
        try:
            if not first:
                self.connection.run("SAVEPOINT block")
            yield
            if not first:
                self.connection.run("RELEASE block")
        except BaseException as error:
            self._undo(group, error, alone=first)
            raise

    def _undo(self, group: _Group, error: BaseException, *, alone: bool) -> None:
        if alone:
            self._end(group)
        elif self.connection.in_transaction:
            self.connection.run("ROLLBACK TO block")
            self.connection.run("RELEASE block")
            if not self._waiting:
                self._finish(group)
        else:
            # The error was so grave that SQLite undid the whole transaction.
            message = f"the transaction was rolled back: {error}"
            kind = type(error) if isinstance(error, StorageError) else StorageError
            group.error = kind(message)
            self._end(group)

    def _finish(self, group: _Group) -> None:
        try:
            self.connection.run("COMMIT")
        except ClaudeMemError as error:
            group.error = error
        self._end(group)

    def _end(self, group: _Group) -> None:
        """Leave no transaction open, let others write, and tell the group."""
        try:
            if self.connection.in_transaction:
                self.connection.run("ROLLBACK")
        finally:
            self._group = None
            self._lease.give_back()
            group.done.set()

    def _await(self, group: _Group) -> None:
        while not group.done.wait(_LOOK_AFTER):
            with self._turn:
                if self._group is group:
                    self._finish(group)
        if group.error is not None:
            raise type(group.error)(str(group.error)) from group.error

    def _require_open(self) -> None:
        if self._closed:
            raise StorageError("the storage is closed")
