# SPDX-License-Identifier: Apache-2.0
"""A server is ready when what it takes in becomes memories, and says why when not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import JobQuery
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.domain.worker import WorkerRecord
from claude_mem_core.errors import ConflictError
from claude_mem_core.reference.jobs import InProcessJobs
from claude_mem_core.services.status import STUCK_AFTER

ME = Principal.local()


@pytest.fixture
def who(system) -> WorkerRecord:
    now = system.now()
    return WorkerRecord(
        id="w", engine="x", host="h", pid=1, started_at_epoch=now, seen_at_epoch=now
    )


def missing(runtime) -> list[str]:
    return [issue.field for issue in runtime.shortcomings()]


def test_nobody_at_work_is_a_shortcoming(runtime) -> None:
    assert missing(runtime) == ["generationWorker"]


def test_the_own_worker_is_enough(runtime) -> None:
    runtime.start(work=True)

    assert missing(runtime) == []


def test_a_worker_elsewhere_is_enough_until_it_is_silent(runtime, system, who) -> None:
    runtime.workers.enter(who)
    system.pass_time(timedelta(seconds=19))
    assert missing(runtime) == []
    runtime.workers.beat(who)
    system.pass_time(timedelta(seconds=21))
    assert missing(runtime) == ["generationWorker"]


def test_a_worker_that_left_is_gone_at_once(runtime, who) -> None:
    runtime.workers.enter(who)
    runtime.workers.leave(who)

    assert missing(runtime) == ["generationWorker"]


def test_a_worker_that_fails_is_told_without_what_it_failed_at(runtime, who) -> None:
    error = {"health": "errored", "last_error": "StorageError: /home/me is full"}
    runtime.workers.enter(who.changed(**error))

    (issue,) = runtime.shortcomings()

    assert issue.field == "generationWorker"
    assert "/home/me" not in str(issue)


def test_a_worker_that_only_the_engine_knows_is_enough(
    runtime, queue, who, monkeypatch
) -> None:
    knows = EngineHealth(engine="rq", workers=("w",))
    monkeypatch.setattr(queue, "health", lambda: knows)
    assert missing(runtime) == []

    failing = {"health": "errored", "last_error": "StorageError: no"}
    runtime.workers.enter(who.changed(**failing))
    assert missing(runtime) == ["generationWorker"]


def test_a_bell_that_does_not_ring_is_told_with_its_reason(
    runtime, queue, who, monkeypatch
) -> None:
    runtime.workers.enter(who)
    sad = EngineHealth(engine="rq", problem="nobody answers at 127.0.0.1:6379")
    monkeypatch.setattr(queue, "health", lambda: sad)

    assert [issue.cause for issue in runtime.shortcomings()] == [sad.problem]


def test_work_that_nobody_touches_is_told_and_a_backlog_that_shrinks_is_not(
    runtime, draft, queue, storage, system, who
) -> None:
    drafts = [draft("user_prompt"), draft("tool_use"), draft("tool_use")]
    runtime.events.accept_batch(drafts, by=ME)
    system.pass_time(timedelta(seconds=119))
    runtime.workers.beat(who)
    assert missing(runtime) == []

    system.pass_time(timedelta(seconds=2))
    runtime.workers.beat(who)
    assert missing(runtime) == ["queueDepth"]

    claim = queue.claim()
    with storage.begin() as tx:
        tx.jobs.settle(claim, now=system.now(), skip="turn_open")
    assert missing(runtime) == []


def test_long_work_under_a_lease_is_no_standstill_until_its_lease_ends(
    runtime, draft, queue, system, who
) -> None:
    other = draft("user_prompt", content_session_id="s2")
    runtime.events.accept_batch([draft("user_prompt"), other], by=ME)
    claim = queue.claim()
    for _ in range(7):
        system.pass_time(timedelta(seconds=20))
        claim = queue.extend(claim)
    runtime.workers.beat(who)
    assert missing(runtime) == []

    system.pass_time(timedelta(seconds=31))
    runtime.workers.beat(who)
    assert missing(runtime) == ["queueDepth"]


def test_two_workers_of_one_name_on_two_machines_are_one_too_many(runtime, who) -> None:
    runtime.workers.enter(who)
    runtime.workers.enter(who.changed(pid=2))

    with pytest.raises(ConflictError, match="another name"):
        runtime.workers.enter(who.changed(host="elsewhere"))


def test_being_a_worker_is_seen_while_it_lasts(runtime, who, draft) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    stop = StopSignal()
    worker = threading.Thread(target=runtime.be_worker, args=(who, stop))
    worker.start()

    while runtime.status.progress().queue_depth or not runtime.workers.present():
        assert worker.is_alive()
    assert missing(runtime) == []
    stop.set()
    worker.join()

    assert missing(runtime) == ["generationWorker"]
    (job,) = runtime.jobs.list(JobQuery(), by=ME)
    assert job.worker == "w"


def test_while_jobs_move_no_session_is_looked_at(
    runtime, draft, system, monkeypatch
) -> None:
    for event_type in ("prompt", "stop"):
        runtime.events.accept(draft(event_type), by=ME)
    runtime.generator.work()
    looks: list[int] = []
    look = InProcessJobs.due_since

    def counted(jobs: InProcessJobs, *, now: int) -> int | None:
        looks.append(now)
        return look(jobs, now=now)

    monkeypatch.setattr(InProcessJobs, "due_since", counted)

    assert not runtime.status.progress().is_stuck
    assert looks == []
    system.pass_time(STUCK_AFTER + timedelta(seconds=1))
    assert runtime.status.progress().is_stuck
    assert len(looks) == 1
