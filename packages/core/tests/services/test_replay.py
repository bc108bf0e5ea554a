# SPDX-License-Identifier: Apache-2.0
"""The past is shown to any generator again, to compare or to take over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemPatch
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.replay import ReplayPage, ReplayRequest
from claude_mem_core.errors import (
    ConfigurationError,
    GeneratorError,
    InvalidInputError,
    NotFoundError,
)
from claude_mem_core.ports.generator import (
    FinishedSession,
    Generation,
    ModelCallError,
    ObservationGenerator,
    Turn,
)
from claude_mem_core.runtime import Runtime, assemble
from typing_extensions import override

ME = Principal.local()
WET = ReplayRequest(generator="loud", dry_run=False)


@dataclass
class LoudGenerator(ObservationGenerator):
    """Like the other, in capitals, and as many memories of a turn as it is told."""

    told: ObservationGenerator
    many: int = 1
    fails_at: int | None = None
    turns: list[int] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    @property
    @override
    def name(self) -> str:
        return "loud"

    @override
    def observe(self, turn: Turn) -> Generation:
        self.before()
        self.turns.append(turn.number)
        if turn.number == self.fails_at:
            raise GeneratorError("it is away", kind="transient")
        [draft] = self.told.observe(turn).memories
        loud = [
            draft.changed(title=f"{draft.title} {part}".upper())
            for part in range(self.many)
        ]
        return Generation(tuple(loud), None if loud else "nothing_to_remember")

    @override
    def summarise(self, session: FinishedSession) -> Generation:
        [draft] = self.told.summarise(session).memories
        titles = " ".join(item.title or "" for item in session.memories)
        return Generation((draft.changed(title=titles or "nothing"),))


@pytest.fixture
def loud(generator) -> LoudGenerator:
    return LoudGenerator(generator)


@pytest.fixture
def runtime(storage, queue, generator, system, loud) -> Iterator[Runtime]:
    def other(name: str) -> LoudGenerator:
        if name != "loud":
            raise ConfigurationError(f"no generator {name!r}; installed: loud")
        return loud

    with assemble(
        storage=storage,
        queue=queue,
        generator=generator,
        system=system,
        generators=other,
    ) as runtime:
        yield runtime


@pytest.fixture
def session(runtime, draft) -> str:
    """A session of two turns, ended, with its memories."""
    types = ["user_prompt", "turn_end", "user_prompt", "tool_use", "turn_end"]
    drafts = [draft(one) for one in [*types, "session_end"]]
    accepted = runtime.events.accept_batch(drafts, by=ME)
    runtime.generator.drain()
    return str(accepted[0].event.server_session_id)


@pytest.fixture
def stored(storage, session) -> Callable[[], Sequence[MemoryItem]]:
    def items() -> Sequence[MemoryItem]:
        with storage.read() as snapshot:
            memories = snapshot.memories
            return [
                *memories.of_session(session, scope=ME.scope, kind="observation"),
                *memories.of_session(session, scope=ME.scope, kind="summary"),
            ]

    return items


def again(runtime: Runtime, project, asked: ReplayRequest) -> ReplayPage:
    return runtime.replay.regenerate(project.id, asked, by=ME)


def test_the_same_generator_gives_the_same_again(runtime, project, stored) -> None:
    before = stored()

    page = again(runtime, project, ReplayRequest(dry_run=False))

    assert (page.generator, page.sessions, page.compared) == ("told", 1, 3)
    assert (page.same, page.differences, page.next) == (3, (), None)
    assert stored() == before


def test_a_dry_run_tells_what_would_be_different_and_writes_nothing(
    runtime, project, session, stored
) -> None:
    before = stored()

    page = again(runtime, project, ReplayRequest(generator="loud"))

    assert page.dry_run
    assert [one.turn for one in page.differences] == [1, 2, None]
    first, _, last = page.differences
    assert (first.session_id, first.before[0].title) == (
        session,
        "user_prompt turn_end",
    )
    assert first.after[0].title == "USER_PROMPT TURN_END 0"
    # The summary is made of what the turns would become, not of what is stored.
    assert last.after[0].title.startswith("USER_PROMPT TURN_END 0 USER_PROMPT")
    assert stored() == before


def test_what_is_different_takes_the_place_of_what_was_stored(
    runtime, project, stored
) -> None:
    ids = [item.id for item in stored()]

    again(runtime, project, WET)

    first, second, summary = stored()
    assert [first.id, second.id, summary.id] == ids
    assert first.title == "USER_PROMPT TURN_END 0"
    assert first.metadata["generator"] == "loud"
    assert summary.title == f"{first.title} {second.title}"
    assert again(runtime, project, WET).same == 3


def test_more_memories_come_and_go(runtime, project, loud, stored) -> None:
    loud.many = 3
    again(runtime, project, WET)
    assert len(stored()) == 3 + 3 + 1

    loud.many = 0
    again(runtime, project, WET)
    assert [item.kind for item in stored()] == ["summary"]


def test_what_a_person_corrected_stays(runtime, project, loud, stored) -> None:
    kept = stored()[0]
    runtime.memories.update(kept.id, MemoryItemPatch(title="As I say"), by=ME)

    for loud.many in (1, 0):
        again(runtime, project, WET)

    assert stored()[0].title == "As I say"
    assert again(runtime, project, WET).same == again(runtime, project, WET).compared


def test_what_the_generator_fails_at_stays(
    runtime, project, session, loud, stored
) -> None:
    before = stored()[0]
    loud.fails_at = 1

    page = again(runtime, project, WET)

    [refusal] = page.refusals
    assert (refusal.session_id, refusal.turn) == (session, 1)
    assert refusal.message == "transient: it is away"
    assert stored()[0] == before
    assert stored()[1].title == "USER_PROMPT TOOL_USE TURN_END 0"


def test_a_turn_that_goes_on_is_left_alone(runtime, project, draft, loud) -> None:
    started = [draft(one) for one in ("user_prompt", "turn_end", "user_prompt")]
    runtime.events.accept_batch(started, by=ME)
    runtime.generator.drain()

    page = again(runtime, project, WET)

    assert page.compared == 1
    assert loud.turns == [1]


def test_every_taking_over_is_on_record(storage, runtime, project, session) -> None:
    again(runtime, project, WET)

    told = [
        (entry.target_id, entry.metadata)
        for entry in storage._state.audit.values()
        if entry.action == "observation.regenerated"
    ]
    assert told == [(session, {"turn": turn, "count": 1}) for turn in (1, 2, None)]


def test_sessions_come_page_by_page(runtime, project, draft, system, loud) -> None:
    for name in ("one", "two", "three"):
        events = [
            draft(one, content_session_id=name) for one in ("user_prompt", "turn_end")
        ]
        runtime.events.accept_batch(events, by=ME)
    runtime.generator.drain()
    loud.before = lambda: setattr(system, "epoch", system.epoch + 3_000)

    asked, pages = ReplayRequest(generator="loud"), []
    while not pages or pages[-1].next:
        pages.append(again(runtime, project, asked))
        asked = asked.changed(after=pages[-1].next)

    assert [page.sessions for page in pages] == [1, 1, 1]
    assert len({one.session_id for page in pages for one in page.differences}) == 3


def test_an_unknown_generator_is_refused_by_name(runtime, project) -> None:
    with pytest.raises(InvalidInputError, match="'shy'; installed: loud"):
        again(runtime, project, ReplayRequest(generator="shy"))


def test_a_runtime_without_other_generators_has_none(storage, queue, generator) -> None:
    runtime = assemble(storage=storage, queue=queue, generator=generator)
    project = runtime.projects.create(ProjectDraft(name="Alone"), by=ME)
    with pytest.raises(InvalidInputError, match="no generator 'loud' was given"):
        again(runtime, project, WET)


def test_another_teams_project_looks_as_if_it_did_not_exist(runtime, project) -> None:
    stranger = Principal(team_id="strangers")
    with pytest.raises(NotFoundError):
        runtime.replay.regenerate(project.id, WET, by=stranger)


@pytest.mark.usefixtures("session")
def test_what_a_model_takes_for_it_is_written_down_in_a_dry_run_too(
    runtime, project, loud, storage, monkeypatch
) -> None:
    used = Usage(provider="p", model="m", outcome="ok", input_tokens=10)
    seen = loud.observe
    monkeypatch.setattr(
        loud, "observe", lambda turn: replace(seen(turn), usage=(used,))
    )

    runtime.replay.regenerate(project.id, ReplayRequest(generator="loud"), by=ME)

    with storage.read() as snapshot:
        (*_, call) = snapshot.model_calls.latest("p", limit=9)
        assert snapshot.model_calls.spent(since=0).calls == len(loud.turns)
    assert (call.project_id, call.job_id) == (project.id, None)


@pytest.mark.usefixtures("session")
def test_what_a_failed_call_takes_for_it_is_written_down_too(
    runtime, project, loud, storage
) -> None:
    def fail() -> None:
        used = Usage(provider="p", model="m", outcome="parse_error", input_tokens=10)
        raise ModelCallError(GeneratorError("prose", kind="parse_error"), (used,))

    loud.before = fail

    page = runtime.replay.regenerate(project.id, ReplayRequest(generator="loud"), by=ME)

    assert page.refusals
    with storage.read() as snapshot:
        assert snapshot.model_calls.spent(since=0).input_tokens > 0
