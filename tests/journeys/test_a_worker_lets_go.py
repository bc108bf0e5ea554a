# SPDX-License-Identifier: Apache-2.0
"""A process that is asked to end gives back what it holds; one that hangs is noticed."""

from __future__ import annotations

import signal
import time

from clients import wait_until_done
from evidence import UNFINISHED, faults, rows
from machine import Machine
from template import NO_WORK, ONE, Template
from workers import dismiss, go_on, hire

CLOSING = "SELECT id FROM agent_events WHERE turn_role = 'closes'"
STATES = "SELECT status, lease_until_epoch, claims, lost_leases FROM generation_jobs j"
OF_THE_TURN = f"{STATES} WHERE source_id IN ({CLOSING})"


def test_a_worker_that_is_asked_to_end_gives_long_work_back_as_it_goes(
    template: Template, prepared: Machine
):
    worker = _at_work_for(template, prepared, "a-generator-of-a-minute")
    dismiss(worker)

    assert rows(prepared, OF_THE_TURN) == [("queued", None, 1, 0)]
    _done_by_another(prepared)
    assert rows(prepared, OF_THE_TURN) == [("completed", None, 2, 0)]


def test_a_server_that_is_asked_to_end_gives_long_work_back_as_it_goes(
    template: Template, prepared: Machine
):
    prepared.start("--plant", "a-generator-of-a-minute")
    with template.clients(prepared, names=ONE, turns=1).at_work():
        pass
    _wait_until_it_works(prepared)
    assert prepared.stop() == 0

    assert rows(prepared, OF_THE_TURN) == [("queued", None, 1, 0)]


def test_a_worker_that_is_asked_to_end_finishes_its_short_work(
    template: Template, prepared: Machine
):
    worker = _at_work_for(template, prepared, "a-generator-of-a-second")
    dismiss(worker)

    assert rows(prepared, OF_THE_TURN) == [("completed", None, 1, 0)]
    assert len(rows(prepared, "SELECT id FROM memory_items")) == 1
    assert prepared.stop() == 0


def test_a_server_whose_only_worker_hangs_is_not_ready_until_it_goes_on(
    prepared: Machine,
):
    prepared.env.update(NO_WORK)
    prepared.start()
    worker = hire(prepared, "w")
    _wait_for(prepared, 200)

    worker.send_signal(signal.SIGSTOP)
    assert "generationWorker" in _wait_for(prepared, 503)
    go_on(worker)
    _wait_for(prepared, 200)

    dismiss(worker)
    assert prepared.stop() == 0


def _at_work_for(template: Template, machine: Machine, plant: str):
    """A worker that has begun the work of the only turn."""
    machine.env.update(NO_WORK)
    machine.start()
    worker = hire(machine, "w", "--plant", plant)
    with template.clients(machine, names=ONE, turns=1).at_work():
        pass
    _wait_until_it_works(machine)
    return worker


def _wait_until_it_works(machine: Machine) -> None:
    begun = f"{STATES} WHERE source_id IN ({CLOSING}) AND status = 'processing'"
    while not rows(machine, begun):
        time.sleep(0.02)


def _done_by_another(machine: Machine) -> None:
    other = hire(machine, "other")
    wait_until_done(machine)
    dismiss(other)
    assert machine.stop() == 0
    assert faults(machine, []) == []
    assert rows(machine, UNFINISHED) == []


def _wait_for(machine: Machine, status: int) -> str:
    """What the server says once it answers so; it has 30 seconds for it."""
    end = time.monotonic() + 30
    while (answer := machine.call("GET", "/readyz"))[0] != status:
        assert time.monotonic() < end, answer
        time.sleep(0.1)
    return str(answer[1])
