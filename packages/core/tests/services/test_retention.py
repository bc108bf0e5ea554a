# SPDX-License-Identifier: Apache-2.0
"""The content of events goes when its time is over; what was made of it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.replay import ReplayRequest
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.services import retention

ME = Principal.local()
MONTH = timedelta(days=30)
SAID = {"prompt": "Why does the lamp flicker?"}


@pytest.fixture
def runtime(storage, queue, generator, system) -> Iterator[Runtime]:
    with assemble(
        storage=storage,
        queue=queue,
        generator=generator,
        system=system,
        retention=MONTH,
    ) as runtime:
        yield runtime


@pytest.fixture
def turn(runtime, draft) -> Callable[..., list[AgentEvent]]:
    """Takes in a turn of two events, and does its work unless told not to."""

    def take_in(session: str = "s1", *, work: bool = True) -> list[AgentEvent]:
        drafts = [
            draft(kind, payload=SAID, content_session_id=session)
            for kind in ("user_prompt", "turn_end")
        ]
        accepted = runtime.events.accept_batch(drafts, by=ME)
        if work:
            runtime.generator.drain()
        return [one.event for one in accepted]

    return take_in


def now(runtime: Runtime, events: list[AgentEvent]) -> list[AgentEvent]:
    return [runtime.events.get(event.id, by=ME) for event in events]


def test_what_an_old_event_said_goes_and_that_it_was_stays(
    runtime, system, turn
) -> None:
    events = turn()
    system.pass_time(MONTH + timedelta(milliseconds=1))

    assert runtime.retention.once() == 2

    for before, after in zip(events, now(runtime, events), strict=True):
        assert after.payload == {"prompt": ""}
        assert after.metadata == {"privacy": {"withheld": "expired"}}
        same = before.changed(payload=after.payload, metadata=after.metadata)
        assert after == same


def test_until_then_nothing_goes(runtime, system, turn) -> None:
    events = turn()
    system.pass_time(MONTH)

    assert runtime.retention.once() == 0
    assert now(runtime, events) == events


def test_work_that_is_to_be_done_is_waited_for(runtime, system, turn) -> None:
    events = turn(work=False)
    system.pass_time(2 * MONTH)
    assert runtime.retention.once() == 0
    assert now(runtime, events) == events

    runtime.generator.drain()
    assert runtime.retention.once() == 0
    system.pass_time(retention.LOOK_AGAIN)
    assert runtime.retention.once() == 2


def test_memories_stay_when_their_turn_is_made_anew(
    runtime, storage, system, turn, project, draft
) -> None:
    turn()
    system.pass_time(2 * MONTH)
    runtime.retention.once()

    page = runtime.replay.regenerate(project.id, ReplayRequest(dry_run=False), by=ME)
    late = draft("turn_end", payload={"last_assistant_message": "Late."})
    job = runtime.events.accept(late, by=ME).generation_job
    runtime.generator.drain()

    with storage.read() as snapshot:
        memories = snapshot.memories.page(
            project.id, scope=ME.scope, after=None, limit=9
        )
        ended = snapshot.jobs.get(job.id, scope=ME.scope)
    assert page.compared == 0
    assert [item.title for item in memories] == ["user_prompt turn_end"]
    assert ended.skip_reason == "expired"


def test_an_event_that_comes_again_is_still_known(runtime, system, draft) -> None:
    told = draft("tool_use", tool_use_id="t1", payload=SAID)
    [first] = runtime.events.accept_batch([told], by=ME)
    runtime.generator.drain()
    system.pass_time(2 * MONTH)
    runtime.retention.once()

    again = runtime.events.accept(told, by=ME)

    assert (again.created, again.event.id) == (False, first.event.id)


def test_many_go_page_by_page(monkeypatch, runtime, system, turn) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for name in ("s1", "s2", "s3"):
        turn(name)
    system.pass_time(2 * MONTH)

    assert [runtime.retention.once() for _ in range(5)] == [2, 2, 2, 0, 0]


def test_without_a_limit_everything_stays(storage, queue, generator, system) -> None:
    runtime = assemble(storage=storage, queue=queue, generator=generator, system=system)
    system.pass_time(timedelta(days=36_500))
    assert runtime.retention.once() == 0
