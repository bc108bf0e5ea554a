# SPDX-License-Identifier: Apache-2.0
"""What a transcript tells of is found among what is kept, and what comes late counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AcceptedEvent, AgentEventDraft
from claude_mem_core.domain.coverage import ReconcileRequest, Reconciliation
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem

Make = Callable[..., AgentEventDraft]
ME = Principal.local()
FILLED: JsonObject = {"readFrom": "transcript"}


@pytest.fixture
def at(draft: Make) -> Make:
    """An event of session `s` at a moment."""

    def make(event_type: str, moment: int, **fields: object) -> AgentEventDraft:
        named = {"content_session_id": "s", "occurred_at_epoch": moment}
        return draft(event_type, **{**named, **fields})

    return make


def take(runtime: Runtime, *drafts: AgentEventDraft) -> list[AcceptedEvent]:
    return list(runtime.events.accept_batch(drafts, by=ME))


def ask(runtime: Runtime, *seen: JsonObject, **more: object) -> Reconciliation:
    events = [{"occurredAtEpoch": 1, **one} for one in seen]
    asked = {"contentSessionId": "s", "events": events, **more}
    return runtime.sessions.reconcile(ReconcileRequest.from_wire(asked), by=ME)


def call(name: str, kind: str = "tool_use") -> JsonObject:
    return {"eventType": kind, "toolUseId": name}


def test_of_a_session_that_is_not_known_everything_is_missing(runtime) -> None:
    found = ask(runtime, call("a"), call("b"), keep=True)

    assert (found.session_id, found.missing) == (None, (0, 1))
    assert (found.coverage.seen, found.coverage.ratio) == (2, 0.0)


def test_a_call_is_found_by_its_id_however_it_ended(runtime, at) -> None:
    take(runtime, at("tool_use", 1, tool_use_id="a"))

    found = ask(runtime, call("a", "tool_failure"), call("b"))

    assert found.missing == (1,)


def test_what_has_no_id_is_found_once_by_what_it_says_at_the_nearest_time(
    runtime, at
) -> None:
    says = [{"prompt": "Go on"}, {"prompt": "Go on"}, {"prompt": "Stop"}]
    seen = [{"eventType": "user_prompt", "sourceEventId": f"u{n}"} for n in range(3)]
    take(runtime, at("user_prompt", 70, payload=says[0]))
    times = (10, 80, 90)
    asked = [
        {**one, "says": said, "occurredAtEpoch": when}
        for one, said, when in zip(seen, says, times, strict=True)
    ]

    assert ask(runtime, *asked).missing == (0, 2)


def test_coverage_tells_live_from_filled_and_is_kept_where_more_was_seen(
    runtime, at
) -> None:
    (first, *_) = take(
        runtime,
        at("user_prompt", 1, source_event_id="p"),
        at("tool_use", 2, tool_use_id="a"),
        at("tool_use", 3, tool_use_id="b", metadata=FILLED),
    )
    prompt = {"eventType": "user_prompt", "sourceEventId": "p"}
    end = {"eventType": "turn_end", "sourceEventId": "e"}

    ask(runtime, prompt, call("a"), call("b"), call("c"), end, keep=True)
    ask(runtime, call("a"), keep=True)

    session = runtime.sessions.get(first.event.server_session_id, by=ME)
    kept = session.coverage
    assert kept is not None
    assert (kept.seen, kept.live, kept.filled, kept.missing) == (4, 2, 1, 1)
    assert kept.ratio == 0.75


def test_of_an_excluded_project_nothing_is_missing() -> None:
    system = RealSystem()
    storage = InProcessStorage(system)
    runtime = assemble(
        storage=storage,
        queue=InProcessQueueEngine(storage, system),
        generator=RuleBasedGenerator(),
        system=system,
        keeping=Keeping(excluded_projects=("/home/me/secret",)),
    )

    found = ask(runtime, call("a"), rootPath="/home/me/secret")

    assert (found.excluded, found.missing) == (True, ())


def test_a_late_event_falls_into_its_turn_which_is_made_again(
    runtime, at, generator
) -> None:
    take(
        runtime,
        *(at("user_prompt", 10), at("tool_use", 11, tool_use_id="a")),
        *(at("turn_end", 19), at("user_prompt", 20), at("tool_use", 21)),
        at("turn_end", 29),
    )
    runtime.generator.drain()
    made = len(generator.turns)

    late = [at("tool_use", when, tool_use_id=f"l{when}") for when in (12, 13)]
    take(runtime, *late)
    runtime.generator.drain()

    (again,) = generator.turns[made:]
    assert again.number == 1
    times = [event.occurred_at_epoch for event in again.events]
    assert times == [10, 11, 12, 13, 19]


def test_late_events_that_come_one_by_one_are_made_into_one_turn_once(
    runtime, at, generator
) -> None:
    take(runtime, at("user_prompt", 10), at("turn_end", 19), at("user_prompt", 20))
    runtime.generator.drain()
    made = len(generator.turns)

    for when in (11, 12, 13):
        runtime.events.accept(at("tool_use", when, tool_use_id=f"l{when}"), by=ME)
    runtime.generator.drain()

    assert [len(turn.events) for turn in generator.turns[made:]] == [5]


def test_a_whole_turn_that_comes_late_ends_no_other(runtime, at, generator) -> None:
    take(runtime, at("user_prompt", 10), at("tool_use", 11))
    take(runtime, at("user_prompt", 30), at("tool_use", 31))
    runtime.generator.drain()
    made = len(generator.turns)

    take(runtime, at("user_prompt", 20), at("tool_use", 21), at("turn_end", 29))
    take(runtime, at("tool_use", 32), at("turn_end", 39))
    runtime.generator.drain()

    times = [
        [event.occurred_at_epoch for event in turn.events]
        for turn in generator.turns[made:]
    ]
    assert times == [[20, 21, 29], [30, 31, 32, 39]]


def test_what_comes_late_into_a_private_turn_is_not_kept(runtime, at) -> None:
    secret = {"prompt": "<private>the plan</private>"}
    take(
        runtime,
        *(at("user_prompt", 10, payload=secret), at("turn_end", 19)),
        *(at("user_prompt", 20, payload=secret), at("turn_end", 29)),
        *(at("user_prompt", 30), at("turn_end", 39)),
    )

    (late,) = take(runtime, at("tool_use", 12, payload={"tool_input": "the plan"}))

    assert "plan" not in str(late.event.payload)


def test_a_late_event_does_not_open_a_session_that_has_ended(runtime, at) -> None:
    (first, *_) = take(runtime, at("user_prompt", 10), at("session_end", 20))
    take(runtime, at("tool_use", 12, tool_use_id="a"))

    session = runtime.sessions.get(first.event.server_session_id, by=ME)
    assert session.status == "completed"
