# SPDX-License-Identifier: Apache-2.0
"""A small piece of work, what it makes undisturbed, and data folders to disturb it in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from clients import Clients, events, new_project, wait_until_done
from evidence import MEMORIES, rows
from machine import Machine

NAMES, TURNS = ("s0", "s1", "s2", "s3"), 2
EVENTS = len(NAMES) * TURNS * 6
ONE = NAMES[:1]
NO_WORK = {"CLAUDE_MEM_GENERATION_DISABLED": "true"}


class Template:
    """A data folder with one project, to be copied.

    Attributes:
        memories: What the work makes when nobody disturbs it.
    """

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
        assert len(self.memories) >= len(NAMES) * TURNS

    def copy(self, folder: Path) -> Machine:
        """A machine with a copy of the data folder."""
        shutil.copytree(self._machine.folder, folder / "data")
        return Machine(folder / "data")

    def clients(
        self, machine: Machine, *, names: Sequence[str] = NAMES, turns: int = TURNS
    ) -> Clients:
        """A client for each session of the work, by their names."""
        streams = [events(one, turns, project_id=self.project_id) for one in names]
        return Clients(machine, streams)
