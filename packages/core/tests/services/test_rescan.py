# SPDX-License-Identifier: Apache-2.0
"""What was kept before a rule was there goes, and what cites it stays right."""

from __future__ import annotations

import random

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.redaction.moves import edits, found_at, moved
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.rescan import RescanPage, RescanQuery
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.errors import GeneratorError, InvalidInputError
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem
from secret_samples import draw

ME = Principal.local()
OLD = Keeping(redactor=Redactor(finds_secrets=False))
TOKEN = f"ghp_{draw(random.Random(1), 36)}"
MARK = "[redacted:github-token]"


class FailingGenerator(RuleBasedGenerator):
    def observe(self, turn: object) -> None:  # type: ignore[override]
        raise GeneratorError(f"of {turn.number}: {TOKEN}", kind="unrecoverable")  # type: ignore[attr-defined]


@pytest.fixture
def storage() -> InProcessStorage:
    return InProcessStorage(RealSystem())


def _runtime(storage: InProcessStorage, keeping: Keeping) -> Runtime:
    system = RealSystem()
    return assemble(
        storage=storage,
        queue=InProcessQueueEngine(storage, system),
        generator=FailingGenerator(),
        system=system,
        keeping=keeping,
    )


def _filled(runtime: Runtime) -> tuple[str, str]:
    """A project in which everything holds the token; its id, and an event's."""
    project = runtime.projects.create(
        ProjectDraft(name=f"p {TOKEN}", metadata={"a": TOKEN}), by=ME
    )
    runtime.sessions.start(
        ServerSessionDraft(project_id=project.id, content_session_id="s", title=TOKEN),
        by=ME,
    )
    event = runtime.events.accept(_event(project.id, 1), by=ME).event
    words = {"event_id": event.id, "json_path": "$.out"}
    sources = [
        MemorySourceDraft(source_type="agent_event", **words, start=start, end=end)
        for start, end in ((0, 3), (3, 43), (44, 47))
    ]
    runtime.memories.add(
        MemoryItemDraft(
            project_id=project.id,
            kind="manual",
            type="note",
            title=f"t {TOKEN}",
            metadata={"b": [TOKEN]},
            sources=tuple(sources),
        ),
        by=ME,
    )
    runtime.generator.drain()
    return project.id, event.id


def _event(project_id: str, number: int) -> AgentEventDraft:
    return AgentEventDraft(
        project_id=project_id,
        source_type="hook",
        event_type="turn_end",
        content_session_id="s",
        occurred_at_epoch=number,
        payload={"out": f"is {TOKEN} for"},
    )


def _all_pages(runtime: Runtime, **asked: object) -> list[RescanPage]:
    pages = [runtime.rescan.page(RescanQuery(limit=1, **asked), by=ME)]
    while pages[-1].next is not None:
        query = RescanQuery(limit=1, after=pages[-1].next, **asked)
        pages.append(runtime.rescan.page(query, by=ME))
    return pages


def test_a_rescan_takes_out_what_a_rule_knows_now(storage: InProcessStorage) -> None:
    _filled(_runtime(storage, OLD))
    assert TOKEN in repr(storage._state)
    runtime = _runtime(storage, Keeping())

    pages = _all_pages(runtime)

    assert TOKEN not in repr(storage._state)
    found = sum(page.found.get("github-token", 0) for page in pages)
    assert found >= 7
    assert MARK in repr(storage._state.jobs)
    assert "ghp-" not in repr(storage._state.projects)


def test_a_second_rescan_finds_nothing(storage: InProcessStorage) -> None:
    _filled(_runtime(storage, OLD))
    runtime = _runtime(storage, Keeping())
    _all_pages(runtime)

    again = _all_pages(runtime)

    assert [page for page in again if page.found or page.rewritten] == []
    assert sum(page.seen.get("events", 0) for page in again) == 1


def test_a_dry_run_tells_the_same_and_changes_nothing(
    storage: InProcessStorage,
) -> None:
    _filled(_runtime(storage, OLD))
    runtime = _runtime(storage, Keeping())
    before = repr(storage._state)

    told = _all_pages(runtime, dry_run=True)
    after = repr(storage._state)
    done = _all_pages(runtime)

    assert after == before
    assert [page.found for page in told] == [page.found for page in done]


def test_what_a_memory_cites_is_still_what_it_cited(storage: InProcessStorage) -> None:
    _, event_id = _filled(_runtime(storage, OLD))
    runtime = _runtime(storage, Keeping())

    _all_pages(runtime)

    event = runtime.events.get(event_id, by=ME)
    with storage.read() as snapshot:
        (item,) = snapshot.memories.citing(event_id, scope=ME.scope)
    text = found_at("$.out", event.payload)
    assert isinstance(text, str)
    cited = [text[source.start : source.end] for source in item.sources]
    assert cited == ["is ", MARK, "for"]


def test_an_event_that_comes_again_after_a_rescan_is_known(
    storage: InProcessStorage,
) -> None:
    project_id, event_id = _filled(_runtime(storage, OLD))
    runtime = _runtime(storage, Keeping())
    _all_pages(runtime)

    again = runtime.events.accept(_event(project_id, 1), by=ME)

    assert not again.created
    assert again.event.id == event_id


def test_sessions_that_became_alike_are_kept_apart(storage: InProcessStorage) -> None:
    old = _runtime(storage, OLD)
    project = old.projects.create(ProjectDraft(name="p"), by=ME)
    for seed in (5, 6):
        name = f"ghp_{draw(random.Random(seed), 36)}"
        draft = ServerSessionDraft(project_id=project.id, content_session_id=name)
        old.sessions.start(draft, by=ME)

    _all_pages(_runtime(storage, Keeping()))

    names = [one.content_session_id or "" for one in storage._state.sessions.values()]
    assert len(set(names)) == 2
    assert all(name.startswith(MARK) for name in names)


def test_a_page_begins_only_where_another_ended(storage: InProcessStorage) -> None:
    runtime = _runtime(storage, Keeping())
    runtime.projects.create(ProjectDraft(name="p"), by=ME)

    for told in ("nonsense", "events|", "jobs|p|x"):
        with pytest.raises(InvalidInputError, match="after"):
            runtime.rescan.page(RescanQuery(after=told), by=ME)


def test_places_move_by_what_was_done_before_them() -> None:
    text = f"one <private>b</private> two {TOKEN} three"
    redactor = Redactor()
    kept = redactor.text(text)

    done = edits(text, redactor)

    for word in ("one ", " two ", " three"):
        at = text.index(word)
        start, end = moved((at, at + len(word)), done)
        assert kept[start:end] == word
    at = text.index(TOKEN)
    start, end = moved((at + 5, at + 9), done)
    assert kept[start:end] == MARK


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": [1, {"b c": "x"}]}),
        ("$.a[1]['b c']", "x"),
        ("$.a[7]", None),
        ("$.b", None),
        ("$.a.b", None),
        ("$..a", None),
        ("a", None),
    ],
)
def test_a_path_leads_to_a_place_or_nowhere(path: str, found: object) -> None:
    assert found_at(path, {"a": [1, {"b c": "x"}]}) == found
