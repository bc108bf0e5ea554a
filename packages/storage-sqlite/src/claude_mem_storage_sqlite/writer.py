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

from claude_mem_core.errors import ClaudeMemError, StorageError, StorageReadOnlyError

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

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.size = 0
        self.error: ClaudeMemError | None = None
        self.done = threading.Event()


class Writer:
    """The connection that writes; it is opened by the first block.

    One that was told that the store is read-only is closed: SQLite decides that when a
    file is opened, so that only another one will find that it is so no longer.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lease = Lease(place.lease, wait=WAIT_SECONDS)
        self._turn = threading.Lock()
        self._line = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None
        self._owner: int | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection | None:
        """The connection, None while there is none."""
        return self._connection

    def open(self) -> None:
        """Have a connection.

        Raises:
            StorageReadOnlyError: This process may not write the store.
        """
        with self._turn:
            self._require_open()
            self._opened()

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
                yield group.connection
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
            connection = self._opened()
            with self._lease.held():
                yield connection

    def close(self) -> None:
        """Close the connection; the last one of all writes the log back."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            if self._group is not None:
                self._finish(self._group)
            try:
                if self._connection is not None:
                    self._close_in_turn(self._connection)
            finally:
                self._lease.close()

    def _close_in_turn(self, connection: Connection) -> None:
        try:
            with self._lease.held():
                connection.close()
        finally:
            connection.close()

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
        group = self._group or self._begun()
        group.size += 1
        return group

    def _begun(self) -> _Group:
        connection = self._opened()
        self._lease.take()
        try:
            self._require_own_file()
            connection.run("BEGIN IMMEDIATE")
        except BaseException as error:
            self._lease.give_back()
            self._close_if_read_only(error)
            raise
        self._group = _Group(connection)
        return self._group

    def _opened(self) -> Connection:
        if self._connection is None:
            self._place.require_writable()
            self._connection = open_writer(self._place)
            self._identity = self._place.identity
        return self._connection

    def _require_own_file(self) -> None:
        """Refuse to write a file that nobody will find again by its name."""
        if self._place.identity != self._identity:
            raise StorageError(
                f"{self._place.path} was removed or replaced while it was in use; put "
                "it back, or stop all that use it and start them anew"
            )

    def _close_if_read_only(self, error: BaseException | None) -> None:
        if isinstance(error, StorageReadOnlyError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _alone_in(self, group: _Group) -> Iterator[None]:
        """Undo the block alone when it raises, not those before it in the group."""
        first = group.size == 1
        try:
            if not first:
                group.connection.run("SAVEPOINT block")
            yield
            if not first:
                group.connection.run("RELEASE block")
        except BaseException as error:
            self._undo(group, error, alone=first)
            raise

    def _undo(self, group: _Group, error: BaseException, *, alone: bool) -> None:
        if alone or not self._is_undone(group, error):
            message = f"the transaction was rolled back: {error}"
            kind = type(error) if isinstance(error, StorageError) else StorageError
            group.error = kind(message)
            self._end(group)
        elif not self._waiting:
            self._finish(group)

    def _is_undone(self, group: _Group, error: BaseException) -> bool:
        """Whether the block is undone, and the others of its group are as they were.

        After a grave error, such as a full disk, SQLite undoes the whole transaction.
        """
        is_open = group.connection.in_transaction
        if isinstance(error, StorageReadOnlyError) or not is_open:
            return False
        try:
            group.connection.run("ROLLBACK TO block")
            group.connection.run("RELEASE block")
        except ClaudeMemError:
            # What is left of the block must not be committed with the others.
            return False
        return True

    def _finish(self, group: _Group) -> None:
        try:
            group.connection.run("COMMIT")
        except ClaudeMemError as error:
            group.error = error
        self._end(group)

    def _end(self, group: _Group) -> None:
        """Leave no transaction open, let others write, and tell the group."""
        try:
            if group.connection.in_transaction:
                group.connection.run("ROLLBACK")
        except ClaudeMemError:
            # Closing it undoes the transaction too, and nothing begins in the midst
            # of one.
            self._drop()
        finally:
            self._close_if_read_only(group.error)
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
