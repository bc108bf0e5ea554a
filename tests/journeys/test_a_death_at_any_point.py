# SPDX-License-Identifier: Apache-2.0
"""A server that dies at a named point of its way loses nothing and doubles nothing."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from clients import Clients, events, new_project, wait_until_done
from evidence import MEMORIES, UNFINISHED, faults, rows
from faults.__main__ import KILLED
from machine import Machine

SESSIONS, TURNS = 4, 2
HITS = (1, 7)
OF_AN_EVENT = (
    "before-begin", "event-inserted", "job-inserted", "before-commit", "committed",
    "before-ring", "rung", "reply-written",
)  # fmt: skip
OF_A_JOB = (
    "recovered", "claimed", "generated", "settled", "memory-inserted", "kept",
    "before-release", "page-written",
)  # fmt: skip


class Template:
    """A data folder with one project, and what the same events make undisturbed."""

    def __init__(self, folder: Path) -> None:
        self._machine = Machine(folder / "data")
        self._machine.start()
        self.project_id = new_project(self._machine)
        assert self._machine.stop() == 0
        undisturbed = self.copy(folder / "undisturbed")
        undisturbed.start()
        with self.clients(undisturbed).at_work():
            pass
        wait_until_done(undisturbed)
        assert undisturbed.stop() == 0
        self.memories = rows(undisturbed, MEMORIES)

    def copy(self, folder: Path) -> Machine:
        """A machine with a copy of the data folder."""
        shutil.copytree(self._machine.folder, folder / "data")
        return Machine(folder / "data")

    def clients(self, machine: Machine) -> Clients:
        """A client for each session."""
        names = [f"s{number}" for number in range(SESSIONS)]
        streams = [events(one, TURNS, project_id=self.project_id) for one in names]
        return Clients(machine, streams)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("template"))


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("point", [*OF_AN_EVENT, *OF_A_JOB])
def test_a_death_at_this_point_ends_as_if_it_never_was(
    template: Template, tmp_path: Path, point: str, hit: int
):
    machine = template.copy(tmp_path)
    machine.start("--hurry", "--at", point, "--hit", str(hit))
    server = machine.server
    clients = template.clients(machine)
    with clients.at_work():
        if point == "before-release":
            clients.finish()
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == KILLED
        machine.start("--hurry")
    wait_until_done(machine)
    assert machine.stop() == 0

    assert len(clients.acknowledged) == SESSIONS * TURNS * 6
    assert faults(machine, clients.acknowledged) == []
    assert rows(machine, UNFINISHED) == []
    assert rows(machine, MEMORIES) == template.memories
