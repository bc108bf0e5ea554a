# SPDX-License-Identifier: Apache-2.0
"""A server that dies at a named point of its way loses nothing and doubles nothing."""

from __future__ import annotations

import signal

import pytest
from clients import wait_until_done
from evidence import MEMORIES, UNFINISHED, faults, rows
from faults.__main__ import KILLED
from machine import Machine
from template import EVENTS, NO_WORK, Template
from workers import dismiss, hire

HITS = (1, 7)
OF_AN_EVENT = (
    "before-begin", "event-inserted", "job-inserted", "before-commit", "committed",
    "before-ring", "rung", "reply-written",
)  # fmt: skip
OF_A_JOB = (
    "recovered", "claimed", "generated", "settled", "memory-inserted", "kept",
    "before-release", "page-written",
)  # fmt: skip


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("point", [*OF_AN_EVENT, *OF_A_JOB])
def test_a_death_at_this_point_ends_as_if_it_never_was(
    template: Template, prepared: Machine, point: str, hit: int
):
    prepared.start("--hurry", "--at", point, "--hit", str(hit))
    server = prepared.server
    clients = template.clients(prepared)
    with clients.at_work():
        if point == "before-release":
            clients.finish()
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == KILLED
        prepared.start("--hurry")
    wait_until_done(prepared)
    assert prepared.stop() == 0

    assert len(clients.acknowledged) == EVENTS
    assert faults(prepared, clients.acknowledged) == []
    assert rows(prepared, UNFINISHED) == []
    assert rows(prepared, MEMORIES) == template.memories


def test_a_death_while_the_work_of_a_dead_one_is_brought_back_loses_nothing(
    template: Template, prepared: Machine
):
    prepared.start("--hurry", "--at", "claimed")
    clients = template.clients(prepared)
    with clients.at_work():
        assert prepared.server.wait(timeout=30) == KILLED
        # It may die before it is ready: the lease of the dead one is soon over.
        at = ["--hurry", "--at", "brought-back"]
        dying = prepared.spawn("server", "start", faults=at)
        assert dying.wait(timeout=30) == KILLED
        prepared.start("--hurry")
    wait_until_done(prepared)
    assert prepared.stop() == 0

    assert faults(prepared, clients.acknowledged) == []
    assert rows(prepared, MEMORIES) == template.memories


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("point", ["beating", "claimed", "settled", "kept"])
def test_a_worker_that_dies_at_this_point_leaves_its_work_to_the_next(
    template: Template, prepared: Machine, point: str, hit: int
):
    prepared.env.update(NO_WORK)
    prepared.start("--hurry")
    clients = template.clients(prepared)
    with clients.at_work():
        at = ["--hurry", "--at", point, "--hit", str(hit)]
        assert prepared.spawn("server", "worker", faults=at).wait(timeout=60) == KILLED
        worker = hire(prepared, "next", "--hurry")
    wait_until_done(prepared)
    dismiss(worker)
    assert prepared.stop() == 0

    assert faults(prepared, clients.acknowledged) == []
    assert rows(prepared, MEMORIES) == template.memories
