# SPDX-License-Identifier: Apache-2.0
"""Each planted bug is seen by the harness, and without the bug it sees nothing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

import pytest
from clients import wait_until_done
from evidence import faults, opened, rows
from faults.__main__ import KILLED
from faults.patching import replace
from faults.plants import PLANTS
from faults.points import PAGES_A_CHECKPOINT, POINTS, Point
from machine import Machine
from template import NAMES, NO_WORK, ONE, Template
from workers import dismiss, go_on, hire, wait_until_stopped

TARGETS = {
    PAGES_A_CHECKPOINT,
    *(point.target for point in POINTS.values() if isinstance(point, Point)),
    *(target for plant in PLANTS.values() for target in plant.twins),
}

SOMEBODY_KNOWS = str(len(NAMES) + 1)

WAITING_OF_THE_SECOND = """
    SELECT j.id FROM generation_jobs j JOIN server_sessions s
      ON s.id = j.server_session_id AND s.content_session_id = 'second'
    WHERE j.status <> 'completed'
"""


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_fault_has_its_place_in_the_product(target: str):
    replace(target, lambda function: function)


@pytest.mark.parametrize(
    "target", ["claude_mem_core.runtime:Gone", "claude_mem_gone:a"]
)
def test_a_fault_whose_place_is_gone_ends_the_process(target: str):
    with pytest.raises(SystemExit, match="any more"):
        replace(target, lambda function: function)


def _with(plant: str | None) -> Sequence[str]:
    return ["--plant", plant] if plant else []


def _seen(found: list[str], sentence: str | None) -> bool:
    """Whether the harness found just what it should."""
    if sentence is None:
        return found == []
    return any(one.startswith(sentence) for one in found)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (None, None),
        ("acknowledge-before-commit", "an acknowledged event is lost"),
    ],
)
def test_an_acknowledgement_before_the_commit_is_seen(
    template: Template, prepared: Machine, plant: str | None, sentence: str | None
):
    # An answer is written in two pieces: one more than there are clients, and one of
    # them has a whole one.
    prepared.start(*_with(plant), "--at", "reply-written", "--hit", SOMEBODY_KNOWS)
    clients = template.clients(prepared)
    with clients.at_work():
        assert prepared.server.wait(timeout=30) == KILLED
        prepared.start()
    assert prepared.stop() == 0

    assert _seen(faults(prepared, clients.acknowledged), sentence)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [(None, None), ("event-without-job", "an event has no job of its own")],
)
def test_an_event_that_rings_and_has_no_job_is_seen(
    template: Template, prepared: Machine, plant: str | None, sentence: str | None
):
    prepared.start("--hurry", *_with(plant))
    clients = template.clients(prepared)
    with clients.at_work():
        pass
    wait_until_done(prepared)
    assert prepared.stop() == 0

    assert _seen(faults(prepared, clients.acknowledged), sentence)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [(None, None), ("no-fencing", "a result was written twice")],
)
def test_a_worker_that_writes_although_another_did_its_job_is_seen(
    template: Template, prepared: Machine, plant: str | None, sentence: str | None
):
    prepared.env.update(NO_WORK)
    prepared.start("--hurry")
    at = ["--at", "generated", "--stop"]
    late = hire(prepared, "late", "--hurry", *_with(plant), *at)
    clients = template.clients(prepared, names=ONE, turns=1)
    with clients.at_work():
        wait_until_stopped(late)
    other = hire(prepared, "other", "--hurry")
    wait_until_done(prepared)
    go_on(late)
    dismiss(late)
    dismiss(other)
    assert prepared.stop() == 0

    assert _seen(faults(prepared, clients.acknowledged), sentence)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [(None, None), ("two-on-a-session", "two of a session were done at once")],
)
def test_two_workers_on_one_session_are_seen(
    template: Template, prepared: Machine, plant: str | None, sentence: str | None
):
    prepared.env.update(NO_WORK)
    prepared.start()
    with template.clients(prepared, names=["first"]).at_work():
        pass
    late = hire(prepared, "late", *_with(plant), "--at", "generated", "--stop")
    wait_until_stopped(late)
    with template.clients(prepared, names=["second"]).at_work():
        pass
    other = hire(prepared, "other", *_with(plant))
    # Whoever may do what is left of the first does it before that.
    while rows(prepared, WAITING_OF_THE_SECOND):
        time.sleep(0.02)
    go_on(late)
    wait_until_done(prepared)
    dismiss(late)
    dismiss(other)
    assert prepared.stop() == 0

    assert _seen(faults(prepared, []), sentence)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [(None, None), ("kept-in-two-steps", "a memory is there twice")],
)
def test_memories_that_are_kept_before_their_job_is_settled_are_seen(
    template: Template, prepared: Machine, plant: str | None, sentence: str | None
):
    # The sixth event ends the turn: its job is the one that makes a memory.
    prepared.start("--hurry", *_with(plant), "--at", "settled", "--hit", "6")
    clients = template.clients(prepared, names=ONE, turns=1)
    with clients.at_work():
        assert prepared.server.wait(timeout=30) == KILLED
        prepared.start("--hurry")
    wait_until_done(prepared)
    assert prepared.stop() == 0

    assert _seen(faults(prepared, clients.acknowledged), sentence)


@pytest.mark.parametrize(
    ("plant", "refusals"), [(None, set()), ("deferred-begin", {503})]
)
def test_a_transaction_that_reads_before_it_may_write_is_seen(
    template: Template, prepared: Machine, plant: str | None, refusals: set[int]
):
    prepared.env.update(NO_WORK)
    # The first event of a session writes before it: it puts the session in.
    at = ["--at", "before-event-insert", "--hit", "2", "--stop"]
    prepared.start(*_with(plant), *at)
    clients = template.clients(prepared, names=ONE, turns=1)
    with clients.at_work():
        wait_until_stopped(prepared.server)
        got_between = _writes_from_elsewhere(prepared)
        go_on(prepared.server)
    assert prepared.stop() == 0

    assert got_between == (plant is not None)
    assert {status for status, _ in clients.refused} == refusals


@pytest.mark.parametrize(
    ("plant", "levels"), [(None, {"2"}), ("synchronous-off", {"0"})]
)
def test_a_connection_that_does_not_wait_for_the_disk_is_seen(
    template: Template, prepared: Machine, plant: str | None, levels: set[str]
):
    trace = prepared.folder / "synchronous.txt"
    prepared.start(*_with(plant), "--trace", str(trace))
    with template.clients(prepared).at_work():
        pass
    assert prepared.stop() == 0

    seen = {tuple(line.split(": ")) for line in trace.read_text().splitlines()}
    assert {begin for begin, _ in seen} == {"BEGIN", "BEGIN IMMEDIATE"}
    assert {level for _, level in seen} == levels


def _writes_from_elsewhere(machine: Machine) -> bool:
    """Whether another can write between a transaction's read and its write."""
    with opened(machine, wait=0) as store:
        try:
            store.execute("UPDATE teams SET updated_at_epoch = updated_at_epoch + 1")
            store.commit()
        except sqlite3.OperationalError:
            return False
        return True
