# SPDX-License-Identifier: Apache-2.0
"""Claims come one after the other, until a signal, a pause or too many failures."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
from claude_mem_core.domain.generation_job import JobDraft
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import StorageError
from claude_mem_core.services.claims import Claims

SHORT, LONG = timedelta(milliseconds=30), timedelta(seconds=30)


@pytest.fixture
def put(queue):
    """Puts work in for a session."""

    def put(name: str, session: str = "s") -> None:
        fields = {"team_id": "local", "project_id": "p", "server_session_id": session}
        work = {"kind": "event", "source_id": name, "dedupe_key": name}
        assert queue.enqueue(JobDraft(**fields, **work))

    return put


@pytest.fixture
def settle(storage):
    """Settles a claim; gives what it was about."""

    def settle(claim) -> str:
        with storage.begin() as tx:
            tx.jobs.settle(claim, now=claim.lease_until_epoch)
        return claim.job.source_id

    return settle


def test_work_comes_in_order_until_none_is_left(queue, put, settle) -> None:
    for name in ("one", "two", "three"):
        put(name)
    idle = []

    claims = Claims(queue, StopSignal(), idle=SHORT).each(
        on_idle=lambda: idle.append(1)
    )

    assert [settle(claim) for claim in claims] == ["one", "two", "three"]
    assert idle == [1]


def test_each_claim_begins_the_idle_time_anew(queue, put, settle) -> None:
    put("one")
    claims = Claims(queue, StopSignal(), idle=LONG).each()

    seen = [settle(next(claims))]
    threading.Timer(0.05, put, ["two"]).start()
    seen.append(settle(next(claims)))

    assert seen == ["one", "two"]


def test_a_signal_ends_the_claims_at_once_and_is_no_idleness(queue) -> None:
    stop, idle = StopSignal(), []
    threading.Timer(0.05, stop.set).start()

    claims = Claims(queue, stop, idle=LONG).each(on_idle=lambda: idle.append(1))

    assert list(claims) == []
    assert idle == []
    assert stop.listeners == 0


def test_a_signal_wins_over_the_end_of_the_idle_time_and_over_work(queue, put) -> None:
    stop, idle = StopSignal(), []
    put("one")
    stop.set()

    claims = Claims(queue, stop, idle=timedelta(0)).each(on_idle=lambda: idle.append(1))

    assert list(claims) == []
    assert idle == []


def test_a_claim_that_fails_for_a_moment_is_tried_again(
    queue, storage, put, settle, caplog
) -> None:
    put("one")
    _fail(storage, times=2)

    with caplog.at_level(logging.WARNING):
        claim = next(Claims(queue, StopSignal(), idle=LONG).each())

    assert settle(claim) == "one"
    assert caplog.text.count("is tried again") == 2


def test_three_failures_in_a_row_are_given_up_with_the_error(queue, storage) -> None:
    _fail(storage, times=3)

    with pytest.raises(StorageError, match="gone for now"):
        next(Claims(queue, StopSignal(), idle=LONG).each())


def test_a_signal_ends_the_pause_after_a_failure(queue, storage) -> None:
    stop = StopSignal()
    _fail(storage, times=1, then=stop.set)

    assert list(Claims(queue, stop, idle=LONG).each()) == []


def test_only_the_work_of_the_session_that_was_named_comes(queue, put, settle) -> None:
    put("ours")
    put("theirs", session="other")

    claims = Claims(queue, StopSignal(), session_id="s", idle=timedelta(0)).each()

    assert [settle(claim) for claim in claims] == ["ours"]


def _fail(storage, *, times, then=lambda: None) -> None:
    """Let the next reads of the ledger fail."""
    read, left = storage.read, [times]

    def failing():
        if left[0] == 0:
            return read()
        left[0] -= 1
        then()
        raise StorageError("the disk is gone for now")

    storage.read = failing
