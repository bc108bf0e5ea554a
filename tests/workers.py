# SPDX-License-Identifier: Apache-2.0
"""Workers of their own processes, hired and dismissed, stopped and killed."""

from __future__ import annotations

import random
import signal
import threading
import time
from itertools import count

from evidence import rows
from machine import Machine
from nursery import Child

LIST = "SELECT id, pid FROM generation_workers"
Worker = Child


def hire(machine: Machine, name: str, *faults: str) -> Worker:
    """A worker that is on the store's list."""
    worker = machine.spawn("server", "worker", "--name", name, faults=faults)
    while (name, worker.pid) not in rows(machine, LIST):
        assert worker.poll() is None, "the worker ended before it was ready"
        time.sleep(0.02)
    return worker


def dismiss(worker: Worker) -> None:
    """Ask a worker to end, and see that it does so in good order."""
    worker.terminate()
    assert worker.wait(timeout=30) == 0


def wait_until_stopped(process: Worker) -> None:
    """Wait until a process stands still."""
    process.wait_until_stopped()


def go_on(process: Worker) -> None:
    """Let a process that stands still go on."""
    process.send_signal(signal.SIGCONT)


class Crew:
    """So many workers at once, of which one after the other is killed.

    Attributes:
        kills: How many were killed by now.
    """

    def __init__(self, machine: Machine, size: int, chance: random.Random) -> None:
        self.kills = 0
        self._machine = machine
        self._chance = chance
        self._names = (f"w{number}" for number in count())
        self._workers = dict(self._new() for _ in range(size))

    def kill_one(self) -> None:
        """Kill any of those who are at work, at any moment, and hire another."""
        victim = self._chance.choice(self._at_work())
        threading.Event().wait(self._chance.uniform(0, 0.1))
        worker = self._workers.pop(victim)
        worker.kill()
        worker.wait(timeout=30)
        self.kills += 1
        self._workers.update([self._new()])

    def dismiss(self) -> None:
        """End them all in good order."""
        for name in self._at_work(all_of_them=True):
            dismiss(self._workers[name])

    def _new(self) -> tuple[str, Worker]:
        name = next(self._names)
        return name, self._machine.spawn("server", "worker", "--name", name)

    def _at_work(self, *, all_of_them: bool = False) -> list[str]:
        """The names of those who are on the store's list: at least one, or all."""
        wanted = len(self._workers) if all_of_them else 1
        while True:
            known = {str(name) for name, _ in rows(self._machine, LIST)}
            present = sorted(known & self._workers.keys())
            if len(present) >= wanted:
                return present
            assert all(one.poll() is None for one in self._workers.values())
            time.sleep(0.02)
