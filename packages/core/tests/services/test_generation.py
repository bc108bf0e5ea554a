# SPDX-License-Identifier: Apache-2.0
"""A finished turn becomes memories once, whoever dies meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.errors import (
    ConflictError,
    GeneratorError,
    GeneratorPausedError,
    StorageError,
)
from claude_mem_core.ports.generator import (
    EARLIER_EVENTS,
    EARLIER_TURNS,
    Generation,
    ModelCallError,
)
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem

Make = Callable[..., AgentEventDraft]
ME = Principal.local()


@pytest.fixture
def take(runtime: Runtime, draft: Make) -> Callable[..., str]:
    """Accepts events of these types and gives their session's id."""

    def take_in(*event_types: str) -> str:
        drafts = [draft(event_type) for event_type in event_types]
        accepted = runtime.events.accept_batch(drafts, by=ME)
        return accepted[0].event.server_session_id or ""

    return take_in


@pytest.fixture
def memories(storage: InProcessStorage) -> Callable[..., Sequence[MemoryItem]]:
    def of_session(session_id: str, kind: str = "observation") -> Sequence[MemoryItem]:
        with storage.read() as snapshot:
            return snapshot.memories.of_session(session_id, scope=ME.scope, kind=kind)

    return of_session


@pytest.fixture
def jobs(storage: InProcessStorage) -> Callable[[], Sequence[GenerationJob]]:
    return lambda: list(storage._state.jobs.values())


def test_a_turn_ends_with_the_agents_stop(runtime, take, memories, generator) -> None:
    session_id = take("user_prompt", "tool_use", "assistant_message", "turn_end")

    runtime.generator.drain()

    titles = [item.title for item in memories(session_id)]
    assert titles == ["user_prompt tool_use assistant_message turn_end"]
    assert generator.turns[0].number == 1


def test_a_turn_that_was_not_stopped_ends_with_the_next_prompt(
    runtime, take, memories
) -> None:
    session_id = take("user_prompt", "tool_use", "user_prompt", "tool_use")

    runtime.generator.drain()

    assert [item.title for item in memories(session_id)] == ["user_prompt tool_use"]


def test_the_reference_clients_stop_ends_a_turn_too(runtime, draft, memories) -> None:
    stop = draft("assistant_message", payload={"last_assistant_message": "Done."})
    events = runtime.events.accept_batch([draft("user_prompt"), stop], by=ME)

    runtime.generator.drain()

    assert len(memories(events[0].event.server_session_id)) == 1


def test_the_prompt_after_a_stop_does_not_make_the_turn_again(
    runtime, take, generator, jobs
) -> None:
    take("user_prompt", "turn_end", "user_prompt")

    runtime.generator.drain()

    assert len(generator.turns) == 1
    assert [job.skip_reason for job in jobs()] == ["turn_open", None, "turn_closed"]


def test_a_turn_is_shown_with_the_few_turns_before_it(runtime, take, generator) -> None:
    take(*(["user_prompt", "turn_end"] * (EARLIER_TURNS + 2)))

    runtime.generator.drain()

    turns = generator.turns
    assert [len(turn.earlier) for turn in turns] == [
        2 * min(turn.number - 1, EARLIER_TURNS) for turn in turns
    ]
    assert turns[1].earlier == turns[0].events
    assert turns[-1].earlier[-2:] == turns[-2].events


def test_what_no_memory_may_tell_is_not_shown_with_a_later_turn(
    runtime, draft, generator
) -> None:
    events = [
        draft("user_prompt", payload={"prompt": "<private>the plan</private>"}),
        draft("tool_use", payload={"tool_name": "Bash"}),
        draft("turn_end"),
        draft("user_prompt", payload={"prompt": "hello"}),
        draft("tool_use", payload={"tool_name": "TodoWrite"}),
        draft("turn_end"),
        draft("user_prompt", payload={"prompt": "go on"}),
        draft("turn_end"),
    ]
    for event in events:
        runtime.events.accept(event, by=ME)

    runtime.generator.drain()

    last = generator.turns[-1]
    assert [event.event_type for event in last.earlier] == ["user_prompt", "turn_end"]
    assert "TodoWrite" not in str(last.earlier)


def test_no_more_than_the_newest_events_before_a_turn_are_shown(
    runtime, take, generator
) -> None:
    take(
        "user_prompt",
        *["tool_use"] * EARLIER_EVENTS,
        "turn_end",
        "user_prompt",
        "turn_end",
    )

    runtime.generator.drain()

    first, second = generator.turns
    assert second.earlier == first.events[-EARLIER_EVENTS:]


def said(draft: Make, text: str) -> AgentEventDraft:
    return draft("turn_end", payload={"last_assistant_message": text})


def test_a_last_message_that_comes_after_the_sessions_end_is_not_lost(
    runtime, draft, memories, generator
) -> None:
    late = [draft("user_prompt"), draft("session_end"), said(draft, "Done.")]
    events = runtime.events.accept_batch(late, by=ME)

    runtime.generator.drain()

    assert len(generator.turns[-1].events) == 3
    assert len(memories(events[0].event.server_session_id)) == 1


def test_an_agent_that_stops_twice_is_heard_twice(runtime, draft, generator) -> None:
    prompt = draft("user_prompt")
    stops = [said(draft, "Half done."), said(draft, "Done."), said(draft, "Done.")]
    runtime.events.accept_batch([prompt, *stops], by=ME)

    runtime.generator.drain()

    assert [len(turn.events) for turn in generator.turns] == [2, 3]


def test_a_session_without_prompts_has_a_turn_for_each_stop(
    runtime, draft, memories, generator
) -> None:
    drafts = [
        *(draft("tool_use"), said(draft, "One.")),
        *(draft("tool_use"), said(draft, "Two."), said(draft, "Two.")),
        draft("session_end"),
    ]
    events = runtime.events.accept_batch(drafts, by=ME)

    runtime.generator.drain()

    assert [len(turn.events) for turn in generator.turns] == [2, 2]
    assert len(memories(events[0].event.server_session_id)) == 2


def test_what_comes_late_is_still_of_the_turn_of_its_prompt(
    runtime, take, generator
) -> None:
    take("user_prompt", "turn_end", "tool_use", "user_prompt")

    runtime.generator.drain()

    assert [turn.number for turn in generator.turns] == [1, 1]
    assert len(generator.turns[-1].events) == 3


def test_every_job_ends_with_memories_or_a_reason(runtime, take, jobs) -> None:
    take("tool_use", "user_prompt", "tool_use", "turn_end", "session_end")

    runtime.generator.drain()

    assert {job.status for job in jobs()} == {"completed"}
    assert runtime.status.progress().queue_depth == 0


def test_the_end_of_a_session_closes_its_turn_and_sums_it_up(
    runtime, take, memories
) -> None:
    session_id = take("user_prompt", "tool_use")

    ended = runtime.sessions.end(session_id, by=ME)
    runtime.generator.drain()

    assert ended.generation_job is not None
    assert ended.generation_job.kind == "summary"
    assert [item.title for item in memories(session_id)] == ["user_prompt tool_use"]
    assert [item.title for item in memories(session_id, "summary")] == ["1 turns"]


def test_ending_a_session_twice_gives_the_same_summary_job(runtime, take) -> None:
    session_id = take("user_prompt", "turn_end")

    first = runtime.sessions.end(session_id, by=ME)
    runtime.generator.drain()
    again = runtime.sessions.end(session_id, by=ME)

    assert again.generation_job is not None
    assert again.generation_job.id == first.generation_job.id
    assert runtime.generator.drain() == 0


def test_a_session_that_ends_after_every_turn_is_summed_up_as_a_whole(
    runtime, take, memories
) -> None:
    for _ in range(3):
        session_id = take("user_prompt", "turn_end")
        runtime.sessions.end(session_id, by=ME)
        runtime.generator.drain()

    assert [item.title for item in memories(session_id, "summary")] == ["3 turns"]


def test_a_turn_that_nobody_ends_is_closed_when_it_was_idle(
    runtime, take, memories, system
) -> None:
    session_id = take("user_prompt", "tool_use")
    runtime.generator.drain()
    system.pass_time(timedelta(minutes=29))
    assert runtime.upkeep.close_idle_turns() == 0

    system.pass_time(timedelta(minutes=2))

    assert runtime.upkeep.close_idle_turns() == 1
    runtime.generator.drain()
    assert [item.title for item in memories(session_id)] == ["user_prompt tool_use"]
    assert runtime.upkeep.close_idle_turns() == 0


def test_a_memory_has_the_time_of_its_turn_and_names_its_generator(
    runtime, take, memories, generator
) -> None:
    session_id = take("user_prompt", "turn_end")
    runtime.generator.drain()

    item = memories(session_id)[0]

    assert item.created_at_epoch == generator.turns[0].events[-1].occurred_at_epoch
    assert item.metadata["generator"] == "told"


def test_every_source_of_a_memory_exists(runtime, take, memories) -> None:
    session_id = take("user_prompt", "tool_use", "turn_end")
    runtime.generator.drain()

    cited = [source.event_id for source in memories(session_id)[0].sources]

    assert len(cited) == 3
    assert all(runtime.events.get(event_id, by=ME) for event_id in cited)


def test_a_worker_that_lost_its_lease_writes_nothing(
    runtime, take, memories, generator, system, caplog
) -> None:
    session_id = take("user_prompt", "turn_end")
    runtime.generator.work()

    def lose_the_lease() -> None:
        generator.before = lambda: None
        system.pass_time(timedelta(minutes=1))
        assert runtime.generator.work()

    generator.before = lose_the_lease
    with caplog.at_level(logging.WARNING):
        runtime.generator.work()

    assert len(generator.turns) == 2
    assert len(memories(session_id)) == 1
    assert "is dropped" in caplog.text


def test_work_that_takes_longer_than_a_lease_keeps_its_claim(
    storage, generator, take
) -> None:
    system = RealSystem()
    queue = InProcessQueueEngine(storage, system, lease=timedelta(milliseconds=150))
    runtime = assemble(storage=storage, queue=queue, generator=generator, system=system)
    take("user_prompt", "turn_end")
    runtime.generator.work()

    def outlast_three_leases() -> None:
        until = system.now() + 450
        while system.now() < until:
            assert queue.claim(wait=timedelta(milliseconds=50)) is None

    generator.before = outlast_three_leases
    runtime.generator.work()

    assert len(generator.turns) == 1
    assert runtime.status.progress().queue_depth == 0


def test_a_memory_that_cannot_be_kept_fails_its_job_and_no_other(
    runtime, draft, generator, jobs, memories
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    events = runtime.events.accept_batch(
        [
            draft("user_prompt"),
            draft("turn_end"),
            draft("user_prompt"),
            draft("turn_end"),
        ],
        by=ME,
    )
    honest = generator.observe

    def astray(turn):
        made = honest(turn)
        generator.observe = honest
        (draft_,) = made.memories
        return Generation(memories=(draft_.changed(project_id=other.id),))

    generator.observe = astray
    runtime.generator.drain()

    assert [job.status for job in jobs()] == [
        "completed", "failed", "completed", "completed",
    ]  # fmt: skip
    assert len(memories(events[0].event.server_session_id)) == 1


def test_a_store_that_fails_for_a_moment_costs_the_job_nothing(
    runtime, storage, take, generator, jobs, system
) -> None:
    take("user_prompt", "turn_end")
    runtime.generator.work()
    begin = storage.begin

    def fail_once():
        storage.begin = begin
        raise StorageError("the disk is gone")

    generator.before = lambda: setattr(storage, "begin", fail_once)
    with pytest.raises(StorageError):
        runtime.generator.work()
    generator.before = lambda: None
    assert jobs()[-1].status == "queued"
    system.pass_time(timedelta(seconds=1))
    runtime.generator.drain()

    assert {job.status for job in jobs()} == {"completed"}
    assert [job.attempts for job in jobs()] == [0, 0]


def test_the_worker_goes_on_after_an_error_that_nobody_foresaw(
    runtime, take, storage, caplog
) -> None:
    take("user_prompt", "turn_end")
    read = storage.read

    def fail_once():
        storage.read = read
        raise RuntimeError("out of the blue")

    storage.read = fail_once
    runtime.worker.start()
    while runtime.worker.state != "errored":
        assert runtime.worker.is_alive
    assert "out of the blue" in runtime.worker.problem
    while runtime.status.progress().queue_depth:
        assert runtime.worker.is_alive
    runtime.close()

    assert "out of the blue" in caplog.text


def test_a_job_is_tried_three_times_each_later_than_the_one_before(
    runtime, take, generator, system, jobs
) -> None:
    generator.before = failing("transient")
    take("user_prompt", "turn_end")
    waits = []
    while jobs()[-1].status != "failed":
        runtime.generator.drain()
        waits.append(jobs()[-1].available_at_epoch - system.now())
        system.pass_time(timedelta(milliseconds=max(0, waits[-1])))

    assert waits[:2] == [5_000, 25_000]
    assert len(generator.turns) == 3
    assert "the model sleeps" in jobs()[-1].last_error
    assert jobs()[-1].error_kind == "transient"


def test_a_provider_is_left_alone_for_as_long_as_it_asks(
    runtime, take, generator, system, jobs
) -> None:
    generator.before = failing("rate_limit", retry_after=timedelta(minutes=7))
    take("user_prompt", "turn_end")

    runtime.generator.drain()
    assert jobs()[-1].available_at_epoch == system.now() + 7 * 60_000

    system.pass_time(timedelta(minutes=7))
    generator.before = failing("rate_limit", retry_after=timedelta(days=1))
    runtime.generator.drain()
    assert jobs()[-1].available_at_epoch == system.now() + 60 * 60_000


@pytest.mark.parametrize(
    "kind", ["auth_invalid", "quota_exhausted", "unrecoverable", "parse_error"]
)
def test_what_another_try_cannot_cure_fails_at_once(
    runtime, take, generator, jobs, kind
) -> None:
    generator.before = failing(kind)
    take("user_prompt", "turn_end")

    runtime.generator.drain()

    assert (jobs()[-1].status, jobs()[-1].attempts) == ("failed", 1)
    assert jobs()[-1].error_kind == kind


def test_a_generator_that_says_nothing_has_failed(
    runtime, take, generator, jobs
) -> None:
    generator.observe = lambda _: Generation()
    take("user_prompt", "turn_end")

    runtime.generator.drain()

    assert (jobs()[-1].status, jobs()[-1].error_kind) == ("failed", "parse_error")
    assert "neither memories nor a reason" in jobs()[-1].last_error


def failing(kind: str, retry_after: timedelta | None = None) -> Callable[[], None]:
    def fail() -> None:
        raise GeneratorError("the model sleeps", kind=kind, retry_after=retry_after)

    return fail


def test_a_job_fails_at_once_when_trying_again_would_not_help(
    runtime, take, generator, jobs
) -> None:
    def fail() -> None:
        raise ValueError("no such field")

    generator.before = fail
    take("user_prompt", "turn_end", "user_prompt", "turn_end")
    runtime.generator.drain()

    assert [job.status for job in jobs()].count("failed") == 2
    assert len(generator.turns) == 2


def test_a_regenerated_turn_takes_the_place_of_the_old(runtime, take, memories) -> None:
    session_id = take("user_prompt", "tool_use", "turn_end")
    runtime.generator.drain()
    before = memories(session_id)[0]

    take("tool_use", "turn_end")
    runtime.generator.drain()

    after = memories(session_id)
    assert [item.id for item in after] == [before.id]
    assert after[0].title == "user_prompt tool_use turn_end tool_use turn_end"
    assert {source.memory_item_id for source in after[0].sources} == {before.id}


def test_the_worker_thread_does_the_work_and_stops(
    runtime: Runtime, take, generator
) -> None:
    take("user_prompt", "turn_end")
    runtime.start(work=True)
    with pytest.raises(ConflictError, match="started already"):
        runtime.worker.start()

    while runtime.status.progress().queue_depth:
        assert runtime.worker.is_alive
    runtime.close()

    assert len(generator.turns) == 1
    assert not runtime.worker.is_alive


def test_the_next_project_of_a_team_does_not_see_the_work(
    runtime, take, storage, project: Project
) -> None:
    take("user_prompt", "turn_end")
    runtime.generator.drain()

    with storage.read() as snapshot:
        theirs = snapshot.memories.recent(
            MemoryFilter(project_ids=(project.id,), now=1),
            scope=Scope("strangers"),
            limit=10,
        )
    assert list(theirs) == []


def usage(outcome: str = "ok") -> Usage:
    return Usage(
        provider="p", model="m", outcome=outcome, input_tokens=10, output_tokens=1
    )


def test_what_a_model_took_is_written_down_with_the_job(
    runtime, take, jobs, generator
) -> None:
    made = generator.observe
    generator.observe = lambda turn: replace(made(turn), usage=(usage(),))
    take("user_prompt", "turn_end")

    runtime.generator.drain()

    (job,) = [one for one in jobs() if one.skip_reason is None]
    (call,) = runtime.jobs.get(job.id, by=ME).calls
    assert (call.job_id, call.project_id, call.outcome) == (
        job.id,
        job.project_id,
        "ok",
    )


def test_what_a_failed_call_took_is_written_down_too(
    runtime, take, jobs, generator
) -> None:
    def refuse() -> None:
        error = GeneratorError("prose", kind="parse_error")
        raise ModelCallError(error, (usage("transient"), usage("parse_error")))

    generator.before = refuse
    take("user_prompt", "turn_end")

    runtime.generator.drain()

    (job,) = [one for one in jobs() if one.status == "failed"]
    calls = runtime.jobs.get(job.id, by=ME).calls
    assert [call.outcome for call in calls] == ["transient", "parse_error"]


def test_a_call_counts_though_the_claim_was_lost_meanwhile(
    runtime, take, jobs, generator, storage
) -> None:
    session_id = take("user_prompt", "turn_end")
    made = generator.observe

    def lose(turn):
        with storage.begin() as tx:
            tx.jobs.clear(session_id, now=runtime.system.now())
        return replace(made(turn), usage=(usage(),))

    generator.observe = lose

    runtime.generator.drain()

    with storage.read() as snapshot:
        assert snapshot.model_calls.spent(since=0).calls == 1
    assert not [
        one for one in jobs() if one.status == "completed" and not one.skip_reason
    ]


def test_a_pause_costs_a_job_no_try(runtime, take, jobs, generator, system) -> None:
    def pause() -> None:
        raise GeneratorPausedError(
            "not today", kind="quota_exhausted", retry_after=timedelta(hours=9)
        )

    generator.before = pause
    session_id = take("user_prompt", "turn_end")

    for _ in range(5):
        runtime.generator.drain()
        system.pass_time(timedelta(hours=9))

    (job,) = [one for one in jobs() if one.status == "queued"]
    assert (job.attempts, job.error_kind) == (0, "quota_exhausted")
    assert "not today" in (job.last_error or "")
    generator.before = lambda: None
    runtime.generator.drain()
    assert runtime.jobs.get(job.id, by=ME).job.status == "completed"
    assert session_id


def test_a_job_that_is_paused_until_later_is_not_claimed_before(
    runtime, take, generator, system
) -> None:
    def pause() -> None:
        raise GeneratorPausedError(
            "not now", kind="transient", retry_after=timedelta(minutes=1)
        )

    generator.before = pause
    take("user_prompt", "turn_end")
    runtime.generator.drain()
    seen = len(generator.turns)

    system.pass_time(timedelta(seconds=59))
    runtime.generator.drain()
    assert len(generator.turns) == seen
    system.pass_time(timedelta(seconds=1))
    runtime.generator.drain()

    assert len(generator.turns) == seen + 1
