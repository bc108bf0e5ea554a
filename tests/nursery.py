# SPDX-License-Identifier: Apache-2.0
"""Processes of the product that need not load it: each is a fork of one that has.

The tests run the command thousands of times, and most of a second of a processor would
go into the same imports each time. A fork is as much a process as any other: it has its
own arguments, environment, streams, exit status and death. A name that is replaced in
it is replaced there alone.

Run as a program, this is the process that forks: it answers each line of JSON with one.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

LONGEST = 60
"""Seconds that a command may take that is waited for."""


class Child:
    """A process of the product; the part of `subprocess.Popen` that the tests use."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """The exit status, if it has ended."""
        if self.returncode is None:
            self.returncode = self._nursery.ask(status_of=self.pid)
        return self.returncode

    def wait(self, timeout: float = LONGEST) -> int:
        """The exit status once it has ended.

        Raises:
            subprocess.TimeoutExpired: It goes on after so many seconds.
        """
        if self.poll() is None and not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        status = self.poll()
        assert status is not None
        return status

    def _has_ended(self, timeout: float) -> bool:
        """Whether it ends within so many seconds; its status is not asked yet."""
        try:
            # Its number is not given to another process before that.
            end = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            # Only some kernels tell of the end of a process that is not one's own.
            until = time.monotonic() + timeout
            while self.poll() is None and time.monotonic() < until:
                time.sleep(0.01)
            return self.returncode is not None
        try:
            return bool(select.select([end], [], [], timeout)[0])
        finally:
            os.close(end)

    def wait_until_stopped(self) -> None:
        """Wait until it stands still."""
        self._nursery.ask(stop_of=self.pid)

    def send_signal(self, how: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Starts processes of the product; safe to use from many threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._parent = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self,
        args: Sequence[str],
        env: Mapping[str, str],
        streams: Sequence[str | Path],
        *,
        faults: Sequence[str] = (),
    ) -> Child:
        """A process of the command.

        Args:
            args: What follows its name.
            env: All of its environment.
            streams: The file that it reads, and the two to which it writes.
            faults: What `python -m faults` is told to put into it.
        """
        call = [*faults, "--", *args] if faults else list(args)
        return Child(
            self,
            self.ask(
                args=call,
                env=dict(env),
                streams=list(map(str, streams)),
                folder=str(Path.cwd()),
                faulty=bool(faults),
            ),
        )

    def run(
        self, args: Sequence[str], env: Mapping[str, str], given: str = os.devnull
    ) -> tuple[int, str, str]:
        """The exit status of a command, and what it wrote to both streams.

        Args:
            args: What follows its name.
            env: All of its environment.
            given: The file that it reads.
        """
        with tempfile.TemporaryDirectory() as name:
            out, err = Path(name) / "out", Path(name) / "err"
            code = self.start(args, env, (given, out, err)).wait()
            return code, out.read_text("utf-8"), err.read_text("utf-8")

    def close(self) -> None:
        """End the process that forks, not those that it forked."""
        self._parent.communicate(timeout=LONGEST)

    def ask(self, **what: object) -> Any:
        """The answer of the process that forks."""
        with self._turn:
            self._parent.stdin.write(json.dumps(what) + "\n")
            self._parent.stdin.flush()
            answer = self._parent.stdout.readline()
        assert answer, "the process that forks has ended"
        return json.loads(answer)


def _load() -> None:
    """Import all that the command may need."""
    import claude_mem_cli.commands

    for found in pkgutil.walk_packages(
        claude_mem_cli.commands.__path__, "claude_mem_cli.commands."
    ):
        importlib.import_module(found.name)
    for point in entry_points(group="claude_mem"):
        point.load()


def _serve() -> None:
    """Do what each line asks; returns in the forks, and never in the one that forks."""
    # Away from the places of the streams, which those of a command take.
    asked, answers = os.fdopen(os.dup(0)), os.dup(1)
    for line in asked:
        what = json.loads(line)
        if "status_of" in what:
            found = _status(what["status_of"])
        elif "stop_of" in what:
            os.waitid(os.P_PID, what["stop_of"], os.WSTOPPED | os.WNOWAIT)
            found = None
        else:
            found = os.fork()
            _ended.pop(found, None)
            if not found:
                os.close(answers)
                os.close(asked.fileno())
                return _become(what)
        os.write(answers, f"{json.dumps(found)}\n".encode())
    os._exit(0)


_ended: dict[int, int] = {}
"""The exit statuses that were told; more than one may ask for each."""


def _status(pid: int) -> int | None:
    if pid not in _ended:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            return None
        _ended[pid] = os.waitstatus_to_exitcode(status)
    return _ended[pid]


def _become(what: Mapping[str, Any]) -> None:
    """Take the arguments, the environment and the streams of a command, and be it."""
    os.environ.clear()
    os.environ.update(what["env"])
    os.chdir(what["folder"])
    given, *taken = what["streams"]
    os.dup2(os.open(given, os.O_RDONLY), 0)
    for number, path in enumerate(taken, 1):
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, how, 0o600), number)
    if what["faulty"]:
        from faults.__main__ import start

        start(what["args"])
    else:
        from claude_mem_cli.main import main

        sys.argv = ["claude-mem", *what["args"]]
        main()


if __name__ == "__main__":
    _load()
    _serve()
