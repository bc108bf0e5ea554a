# SPDX-License-Identifier: Apache-2.0
"""What a generator makes is kept in its place, and nothing is said twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemoryItemPatch,
)
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime
from claude_mem_core.services.memories import remembered
from claude_mem_core.services.succession import introduced, keep, kept

ME = Principal.local()
RULE = "Retries of the queue wait five seconds"


@pytest.fixture
def make(storage: InProcessStorage, system, project) -> Callable[..., list[MemoryItem]]:
    """Keeps memories of these facts under a stem, and gives them as they are then."""

    def make_all(
        stem: str,
        *facts: str,
        at: int = 1,
        event_id: str | None = None,
        session_id: str | None = None,
    ) -> list[MemoryItem]:
        items = [_item(fact, project.id, system, at, event_id) for fact in facts]
        put(storage, stem, [one.changed(server_session_id=session_id) for one in items])
        return now(storage, stem)

    return make_all


def _item(
    fact: str, project_id: str, system, at: int, event_id: str | None = None
) -> MemoryItem:
    draft = MemoryItemDraft(
        project_id=project_id,
        kind="observation",
        type="decision",
        title=fact,
        facts=(fact,),
        trust="user",
        sources=({"source_type": "agent_event", "event_id": event_id},),
    )
    return remembered(draft, system=system, created=at)


def put(storage: InProcessStorage, stem: str, items: Sequence[MemoryItem]) -> None:
    with storage.read() as snapshot:
        newcomers = introduced(snapshot, items, scope=ME.scope)
    with storage.begin() as tx:
        keep(tx, stem, newcomers, scope=ME.scope)


def now(storage: InProcessStorage, stem: str) -> list[MemoryItem]:
    with storage.read() as snapshot:
        return list(kept(snapshot, stem, scope=ME.scope))


def found(runtime: Runtime, project, query: str) -> Sequence[str]:
    asked = SearchQuery(project_id=project.id, query=query)
    return [hit.item.id for hit in runtime.recall.search(asked, by=ME).hits]


def test_a_repetition_takes_the_place_of_what_it_repeats(
    runtime, storage, project, make
) -> None:
    [old] = make("one", RULE, at=1)
    [new] = make("two", f"{RULE} now", at=2)

    [old] = now(storage, "one")
    assert old.superseded_by_id == new.id
    assert (old.superseded_at_epoch, old.superseded_from_epoch) == (2, 2)
    assert old.valid_to_epoch is None
    assert found(runtime, project, "retries queue") == [new.id]


def test_the_newer_stays_whichever_comes_in_first(storage, make) -> None:
    [new] = make("two", f"{RULE} now", at=2)
    make("one", RULE, at=1)

    [old] = now(storage, "one")
    assert old.superseded_by_id == new.id
    assert now(storage, "two")[0].superseded_by_id is None


def test_doing_the_work_again_changes_nothing(storage, make) -> None:
    make("one", RULE, at=1)
    make("two", f"{RULE} now", at=2)
    before = now(storage, "one")

    make("two", f"{RULE} now", at=2)
    make("one", RULE, at=1)

    [old] = now(storage, "one")
    assert old.superseded_by_id == before[0].superseded_by_id


def test_what_was_replaced_stays_so_when_its_successor_is_made_again(
    storage, make
) -> None:
    make("one", RULE, at=1)
    [new] = make("two", f"{RULE} now", at=2)

    make("two", f"{RULE} now", at=2)

    assert now(storage, "one")[0].superseded_by_id == new.id


@pytest.fixture
def copied(runtime, project, make) -> Callable[..., list[MemoryItem]]:
    """Keeps what a turn of a moment says as a session of some name tells it."""

    def tell(session: str, *facts: str, at: int = 5) -> list[MemoryItem]:
        draft = ServerSessionDraft(project_id=project.id, content_session_id=session)
        session_id = runtime.sessions.start(draft, by=ME).session.id
        return make(
            f"turn of {session}",
            *facts,
            at=at,
            event_id=f"event of {session}",
            session_id=session_id,
        )

    return tell


def test_a_turn_that_another_session_copied_stays_where_it_was_known_first(
    runtime, storage, project, copied
) -> None:
    copied("first", RULE)
    copied("copy", RULE)

    [first], [copy] = now(storage, "turn of first"), now(storage, "turn of copy")
    assert copy.superseded_by_id == first.id
    assert first.superseded_by_id is None
    assert events_cited(first) == {"event of first", "event of copy"}
    assert found(runtime, project, "retries queue") == [first.id]


@pytest.mark.parametrize("again", ["first", "copy"])
def test_what_was_copied_stays_where_it_was_when_either_is_made_again(
    storage, copied, again
) -> None:
    copied("first", RULE)
    copied("copy", RULE)

    copied(again, RULE)

    [first], [copy] = now(storage, "turn of first"), now(storage, "turn of copy")
    assert (first.superseded_by_id, copy.superseded_by_id) == (None, first.id)


def test_a_copy_of_a_turn_that_changed_its_mind_changes_nothing(
    storage, copied
) -> None:
    choices = ("use pip for the tools", "use uv, never pip for the tools")
    before = [one.superseded_by_id for one in copied("first", *choices)]

    copied("copy", *choices)

    first, copy = now(storage, "turn of first"), now(storage, "turn of copy")
    assert [one.superseded_by_id for one in first] == before
    assert {one.superseded_by_id for one in copy} <= {one.id for one in first}


def test_of_two_turns_of_one_session_in_one_moment_the_later_stays(
    storage, make
) -> None:
    make("turn 1", RULE, at=5)
    [later] = make("turn 2", RULE, at=5)

    assert now(storage, "turn 1")[0].superseded_by_id == later.id


def test_what_a_session_says_again_later_takes_the_place_of_the_first(
    storage, copied
) -> None:
    copied("first", RULE, at=5)
    [later] = copied("later", RULE, at=6)

    assert now(storage, "turn of first")[0].superseded_by_id == later.id


def test_what_was_replaced_is_current_again_when_its_successor_changes(
    storage, make
) -> None:
    make("one", RULE, at=1)
    make("two", f"{RULE} now", at=2)

    make("two", "Locks are files", at=2)

    [old] = now(storage, "one")
    assert old.superseded_by_id is None
    assert (old.superseded_at_epoch, old.superseded_from_epoch) == (None, None)


def test_what_was_replaced_is_current_again_when_its_successor_goes(
    storage, make
) -> None:
    make("one", RULE, at=1)
    make("two", f"{RULE} now", at=2)

    make("two", at=2)

    assert now(storage, "two") == []
    assert now(storage, "one")[0].superseded_by_id is None


def test_what_a_user_corrected_is_not_written_over(runtime, storage, make) -> None:
    [item] = make("one", RULE)
    patch = MemoryItemPatch(title="As I say it")
    runtime.memories.update(item.id, patch, by=ME)
    runtime.memories.update(item.id, MemoryItemPatch(subtitle="Twice"), by=ME)

    make("one", "Something else")

    [item] = now(storage, "one")
    assert (item.title, item.subtitle) == ("As I say it", "Twice")
    kinds = [source.source_type for source in item.sources]
    assert kinds == ["agent_event", "manual"]


def test_another_projects_memories_are_left_alone(
    runtime, storage, system, make
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    put(storage, "theirs", [_item(RULE, other.id, system, 1)])

    make("ours", RULE, at=2)

    assert now(storage, "theirs")[0].superseded_by_id is None


def events_cited(item: MemoryItem) -> set[str | None]:
    return {source.event_id for source in item.sources}


def cited(make: Callable[..., list[MemoryItem]], stem: str, fact: str, at: int) -> None:
    make(stem, fact, at=at, event_id=f"event of {stem}")


def test_what_takes_the_place_of_a_repetition_has_the_evidence_of_both(
    storage, make
) -> None:
    cited(make, "one", RULE, 1)
    cited(make, "two", f"{RULE} now", 2)
    cited(make, "three", f"{RULE} now", 3)

    [newest] = now(storage, "three")
    assert events_cited(newest) == {"event of one", "event of two", "event of three"}


def test_the_evidence_of_what_changed_is_inherited_no_longer(storage, make) -> None:
    cited(make, "one", RULE, 1)
    cited(make, "two", f"{RULE} now", 2)

    cited(make, "one", "Locks are files", 1)

    [newest] = now(storage, "two")
    assert events_cited(newest) == {"event of two"}


def test_a_revocation_inherits_no_evidence(storage, make) -> None:
    cited(make, "one", "use pip", 1)
    cited(make, "two", "use uv, never pip", 2)

    [newest] = now(storage, "two")
    assert now(storage, "one")[0].superseded_by_id == newest.id
    assert events_cited(newest) == {"event of two"}
