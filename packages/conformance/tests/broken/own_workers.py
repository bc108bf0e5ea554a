# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Engines with workers of their own that each break one promise."""

from __future__ import annotations

import queue
from datetime import timedelta

from claude_mem_conformance.own_workers import OwnWorkersContract
from claude_mem_core.reference.queue import InProcessQueueEngine

from broken.registry import breaks

SOON = timedelta(milliseconds=20)


class WithOwnWorkers(InProcessQueueEngine):
    """A sound one: its bell is a list of the sessions that were rung."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self.rung = queue.Queue()

    def ring(self, session_id, *, kind="event"):
        super().ring(session_id, kind=kind)
        self.rung.put(session_id)

    def run_worker(self, drain, *, name, stop):
        while not stop.wait(SOON):
            while not self.rung.empty():
                drain(self.rung.get())


@breaks(OwnWorkersContract.test_a_worker_drains_what_is_rung, "engine")
class RingsAtWorkAreLost(WithOwnWorkers):
    def run_worker(self, drain, *, name, stop):
        while not stop.wait(SOON):
            if not self.rung.empty():
                drain(self.rung.get())
                self.rung = queue.Queue()


@breaks(OwnWorkersContract.test_a_worker_stops, "engine")
class WorkersStopWhenTheyHaveWorked(WithOwnWorkers):
    def run_worker(self, drain, *, name, stop):
        while not stop.is_set:
            drain(self.rung.get(timeout=6))
