# SPDX-License-Identifier: Apache-2.0
"""Being a worker: a process that turns jobs into memories, beside a server or alone."""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.errors import ConflictError, InvalidInputError
from claude_mem_core.launch import open_runtime, own_folder
from claude_mem_core.settings import CoreSettings

from claude_mem_cli.signals import stopping

LOCKS = "workers"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def own_name() -> str:
    """A name that no other process has: the machine's, and this process's number."""
    machine = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:48].strip("-._")
    return f"{machine or 'worker'}-{os.getpid()}"


def work(
    env: Mapping[str, str],
    name: str | None,
    *,
    ready: Callable[[WorkerRecord], None],
) -> None:
    """Work on the store that `env` names until SIGTERM or SIGINT.

    What is being done then may be finished within ten seconds; else it is given back
    for another worker.

    Args:
        env: The settings.
        name: The worker's name; without one it has one that no other has.
        ready: Called once with its record, before it works.

    Raises:
        InvalidInputError: It is no name.
        ConflictError: A worker of this name is at work.
        ClaudeMemError: What the settings name cannot be opened.
    """
    settings = CoreSettings.from_env(env)
    folder = own_folder(settings.folder)
    held = nullcontext() if name is None else sole_worker(folder, name)
    with held, open_runtime(env) as runtime:
        now = runtime.system.now()
        who = WorkerRecord(
            id=name or own_name(),
            engine=settings.queue_engine,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at_epoch=now,
            seen_at_epoch=now,
        )
        stop = StopSignal()
        with stopping(stop.set):
            ready(who)
            runtime.be_worker(who, stop)


def work_once(env: Mapping[str, str]) -> int:
    """Do what the ledger holds now, and no more; how many jobs there were."""
    stop = StopSignal()
    with open_runtime(env) as runtime, stopping(stop.set):
        runtime.upkeep.recover()
        return runtime.generator.drain(stop=stop, worker=own_name())


@contextmanager
def sole_worker(folder: Path, name: str) -> Iterator[None]:
    """Hold a worker's name on this machine; it is free again however it ends.

    Raises:
        InvalidInputError: It is no name.
        ConflictError: Another process has it.
    """
    if not _NAME.fullmatch(name):
        cure = "use 1 to 64 letters, digits, dots, dashes and underscores"
        raise InvalidInputError.of("--name", f"{name!r} is no worker's name", cure)
    locks = folder / LOCKS
    locks.mkdir(mode=0o700, exist_ok=True)
    # It stays behind, as the server's does: taking it away could let two in.
    handle = os.open(locks / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = file.read().strip() or "another process"
            raise ConflictError(
                f"a worker {name!r} already works on {folder}: pid {pid}; "
                "give this one another name"
            ) from None
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
