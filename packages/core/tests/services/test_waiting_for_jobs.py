# SPDX-License-Identifier: Apache-2.0
"""Who waits for a job is told how it ended, or sent away in time."""

from __future__ import annotations

import threading
from datetime import timedelta

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.stop_signal import StopSignal

ME = Principal.local()
A_MOMENT = timedelta(milliseconds=200)
LONG = timedelta(minutes=5)


def test_who_waits_gets_the_job_once_it_has_ended(runtime, draft) -> None:
    accepted = runtime.events.accept(draft("tool_use"), by=ME)
    runtime.start(work=True)

    job = runtime.jobs.ended(
        accepted.generation_job.id, by=ME, within=LONG, stop=StopSignal()
    )

    assert job.status == "completed"
    assert job.skip_reason == "turn_open"


def test_who_waits_gets_a_job_that_is_cancelled(runtime, draft) -> None:
    job_id = runtime.events.accept(draft("tool_use"), by=ME).generation_job.id
    cancelling = threading.Thread(
        target=runtime.jobs.cancel, args=[job_id], kwargs={"by": ME}
    )
    cancelling.start()

    job = runtime.jobs.ended(job_id, by=ME, within=LONG, stop=StopSignal())

    cancelling.join()
    assert job.status == "cancelled"


def test_who_has_waited_long_enough_gets_the_job_as_it_is(runtime, draft) -> None:
    job = runtime.events.accept(draft("tool_use"), by=ME).generation_job

    for within in (timedelta(0), A_MOMENT):
        assert (
            runtime.jobs.ended(job.id, by=ME, within=within, stop=StopSignal()) == job
        )


def test_nobody_waits_once_a_stop_is_given(runtime, draft) -> None:
    job = runtime.events.accept(draft("tool_use"), by=ME).generation_job
    stop = StopSignal()
    stop.set()

    assert runtime.jobs.ended(job.id, by=ME, within=timedelta(days=1), stop=stop) == job
