# SPDX-License-Identifier: Apache-2.0
"""What was lost or forgotten is found by the next round of upkeep."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.services.upkeep import Kept

ME = Principal.local()


@pytest.fixture
def rung(queue):
    """Notes every ring of the engine."""
    heard, ring = [], queue.ring

    def note(session_id: str, *, kind: str = "event") -> None:
        heard.append((session_id, kind))
        ring(session_id, kind=kind)

    queue.ring = note
    return heard


def test_a_round_without_anything_to_do_does_nothing(runtime, rung) -> None:
    assert runtime.upkeep.once() == Kept(recovered=0, closed=0, rung=0)
    assert rung == []


def test_the_job_of_a_worker_that_died_comes_back_and_is_rung_for(
    runtime, draft, queue, system, rung
) -> None:
    accepted = runtime.events.accept(draft("user_prompt"), by=ME)
    claim = queue.claim()
    rung.clear()
    system.pass_time(timedelta(seconds=31))

    assert runtime.upkeep.once() == Kept(recovered=1, closed=0, rung=1)

    assert rung == [(accepted.event.server_session_id, "event")]
    assert runtime.jobs.get(claim.job.id, by=ME).job.status == "queued"


def test_work_whose_ring_was_lost_is_rung_for_again(
    runtime, draft, queue, rung
) -> None:
    ring, queue.ring = queue.ring, lambda *_, **__: None
    accepted = runtime.events.accept(draft("user_prompt"), by=ME)
    queue.ring = ring

    assert runtime.upkeep.ring_waiting() == 1
    assert rung == [(accepted.event.server_session_id, "event")]


def test_nobody_rings_again_while_as_many_rings_wait_as_sessions(
    runtime, draft, queue, rung, monkeypatch
) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    rung.clear()
    unheard = EngineHealth(engine="rq", rings=1)
    monkeypatch.setattr(queue, "health", lambda: unheard)

    assert runtime.upkeep.ring_waiting() == 0
    assert rung == []


def test_work_that_waits_for_its_retry_is_not_rung_for_before_its_time(
    runtime, draft, queue, system
) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    queue.release(queue.claim(), after=timedelta(minutes=1))

    assert runtime.upkeep.ring_waiting() == 0
    system.pass_time(timedelta(minutes=1))
    assert runtime.upkeep.ring_waiting() == 1


def test_workers_that_were_silent_for_a_day_are_forgotten(
    runtime, storage, system
) -> None:
    now = system.now()
    who = WorkerRecord(
        id="w", engine="x", host="h", pid=1, started_at_epoch=now, seen_at_epoch=now
    )
    runtime.workers.enter(who)
    system.pass_time(timedelta(days=1))
    runtime.upkeep.once()
    with storage.read() as snapshot:
        assert list(snapshot.workers.list(since=0, until=system.now())) == []
