# SPDX-License-Identifier: Apache-2.0
"""People say which memory took another's place, and until when one holds."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.by_hand import Expiry, Supersession
from claude_mem_core.domain.filters import Moment
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemoryItemPatch,
)
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.errors import ConflictError, InvalidInputError, NotFoundError
from claude_mem_core.services.memories import remembered
from claude_mem_core.services.succession import introduced, keep, kept

ME = Principal.local()
UNDO = Supersession(undo=True)


@pytest.fixture
def add(runtime, project, system):
    """Adds a memory of a text, a moment later than the one before."""

    def one(text: str, **fields: object) -> MemoryItem:
        system.epoch += 1_000
        given = {"project_id": project.id, "kind": "manual", "type": "decision"}
        draft = MemoryItemDraft.model_validate({**given, "text": text, **fields})
        return runtime.memories.add(draft, by=ME)

    return one


@pytest.fixture
def made(storage, system, project):
    """Keeps a generated memory under a stem, and gives it as it is then."""

    def one(stem: str, text: str, *, at: int) -> MemoryItem:
        draft = MemoryItemDraft(
            project_id=project.id,
            kind="observation",
            type="decision",
            title=text,
            facts=(text,),
            trust="user",
            sources=({"source_type": "agent_event", "event_id": None},),
        )
        items = [remembered(draft, system=system, created=at)]
        with storage.read() as snapshot:
            newcomers = introduced(snapshot, items, scope=ME.scope)
        with storage.begin() as tx:
            keep(tx, stem, newcomers, scope=ME.scope)
        with storage.read() as snapshot:
            return kept(snapshot, stem, scope=ME.scope)[0]

    return one


def supersede(runtime, old: MemoryItem, new: MemoryItem):
    told = Supersession(superseded_by_id=new.id)
    return runtime.memories.supersede(old.id, told, by=ME)


def found(runtime, project, **asked: object) -> set[str]:
    query = SearchQuery.model_validate({"project_id": project.id, **asked})
    return {hit.item.id for hit in runtime.recall.search(query, by=ME).hits}


def actions(storage, item: MemoryItem) -> list[str]:
    with storage.begin() as tx:
        entries = tx.audit.list(AuditQuery(limit=100), scope=ME.scope)
    return [one.action for one in entries if one.target_id == item.id]


def test_a_memory_takes_the_place_of_another_when_somebody_says_so(
    runtime, project, storage, system, add
) -> None:
    old, new = add("We use npm."), add("We use pnpm.")
    system.epoch += 5_000

    change = supersede(runtime, old, new)

    gone = change.memory
    assert not change.unchanged
    assert gone.superseded_by_id == new.id
    assert gone.superseded_at_epoch == gone.updated_at_epoch == system.epoch
    assert gone.superseded_from_epoch == new.created_at_epoch
    assert runtime.memories.get(old.id, by=ME) == gone
    assert found(runtime, project, query="use npm pnpm") == {new.id}
    assert actions(storage, old)[0] == "memory.supersede"
    before = system.epoch - 1
    then = runtime.memories.get(old.id, by=ME, moment=Moment(known_at=before))
    assert (then.superseded_by_id, then.sources) == (None, old.sources)
    successor = runtime.memories.get(new.id, by=ME, moment=Moment(known_at=before))
    assert successor.sources == new.sources
    assert found(runtime, project, query="npm", known_at=before) == {old.id}


def test_saying_again_that_it_gave_way_changes_nothing(runtime, storage, add) -> None:
    old, new = add("We use npm."), add("We use pnpm.")
    first = supersede(runtime, old, new)

    again = supersede(runtime, old, new)

    assert again.unchanged
    assert again.memory == first.memory
    assert actions(storage, old).count("memory.supersede") == 1


def test_what_gave_way_to_another_is_a_conflict_that_names_the_successor(
    runtime, add
) -> None:
    old, new, newest = add("We use npm."), add("We use pnpm."), add("We use yarn.")
    supersede(runtime, old, new)

    with pytest.raises(ConflictError, match=f"gave way to '{new.id}' already"):
        supersede(runtime, old, newest)

    assert runtime.memories.get(old.id, by=ME).superseded_by_id == new.id


def test_no_memory_takes_the_place_of_what_took_its_own(runtime, add) -> None:
    first, second, third = add("One."), add("Two."), add("Three.")
    supersede(runtime, first, second)
    supersede(runtime, second, third)

    with pytest.raises(ConflictError, match=f"{first.id!r} gave way to {third.id!r}"):
        supersede(runtime, third, first)
    with pytest.raises(InvalidInputError, match="its own place"):
        supersede(runtime, third, third)

    assert runtime.memories.get(third.id, by=ME).superseded_by_id is None


def test_both_memories_are_of_one_project_and_the_callers(runtime, add) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    mine, theirs = add("We use npm."), add("We use pnpm.", project_id=other.id)
    nobody = Principal(team_id="strangers")

    with pytest.raises(InvalidInputError, match="another project"):
        supersede(runtime, mine, theirs)
    for item_id, successor in ((mine.id, "nowhere"), ("nowhere", mine.id)):
        with pytest.raises(NotFoundError, match="nowhere"):
            runtime.memories.supersede(
                item_id, Supersession(superseded_by_id=successor), by=ME
            )
    with pytest.raises(NotFoundError, match=mine.id):
        runtime.memories.supersede(mine.id, UNDO, by=nobody)
    with pytest.raises(NotFoundError, match=mine.id):
        runtime.memories.expire(mine.id, Expiry(), by=nobody)


def test_undone_it_is_as_if_nobody_had_said_it(runtime, project, storage, add) -> None:
    old, new = add("We use npm."), add("We use pnpm.")
    supersede(runtime, old, new)

    undone = runtime.memories.supersede(old.id, UNDO, by=ME)
    again = runtime.memories.supersede(old.id, UNDO, by=ME)

    now = undone.memory.updated_at_epoch
    [was] = undone.memory.earlier_validity
    again_current = old.changed(updated_at_epoch=now, earlier_validity=(was,))
    assert undone.memory == again_current
    assert (was.until_epoch, was.superseded_by_id) == (now, new.id)
    assert (undone.unchanged, again.unchanged) == (False, True)
    assert runtime.memories.get(new.id, by=ME).sources == new.sources
    assert found(runtime, project, query="use") == {old.id, new.id}
    assert actions(storage, old)[:2] == ["memory.reinstate", "memory.supersede"]


def test_a_generator_takes_back_nothing_that_somebody_said(runtime, made) -> None:
    old = made("one", "Retries of the queue wait five seconds", at=1)
    new = made("two", "Locks are files in the data folder", at=2)
    ending = made("three", "Logs are written in UTC", at=3)
    supersede(runtime, old, new)
    runtime.memories.expire(ending.id, Expiry(valid_to_epoch=9), by=ME)

    old_now = made("one", "Something else was made of it", at=1)
    new_now = made("two", "Another thing was made of it", at=2)
    end_now = made("three", "A third thing was made of it", at=3)

    assert (old_now.title, old_now.superseded_by_id) == (old.title, new.id)
    assert (new_now.title, new_now.id) == (new.title, new.id)
    assert (end_now.title, end_now.valid_to_epoch) == (ending.title, 9)


def test_a_successor_that_somebody_named_gives_way_to_a_repetition_like_others(
    runtime, made
) -> None:
    old = made("one", "Locks are files in the data folder", at=1)
    new = made("two", "Retries of the queue wait five seconds", at=2)
    supersede(runtime, old, new)

    newest = made("three", "Retries of the queue wait five seconds now", at=3)

    assert runtime.memories.get(new.id, by=ME).superseded_by_id == newest.id


def test_a_successor_that_was_corrected_too_gives_way_to_none(runtime, made) -> None:
    old = made("one", "Locks are files in the data folder", at=1)
    new = made("two", "Retries of the queue wait five seconds", at=2)
    supersede(runtime, old, new)
    runtime.memories.update(new.id, MemoryItemPatch(subtitle="Checked."), by=ME)

    made("three", "Retries of the queue wait five seconds now", at=3)

    assert runtime.memories.get(new.id, by=ME).superseded_by_id is None


def test_what_a_rule_superseded_is_brought_back_for_good(runtime, made) -> None:
    old = made("one", "Retries of the queue wait five seconds", at=1)
    made("two", "Retries of the queue wait five seconds now", at=2)
    assert runtime.memories.get(old.id, by=ME).superseded_by_id is not None

    runtime.memories.supersede(old.id, UNDO, by=ME)
    made("two", "Retries of the queue wait five seconds now", at=2)

    assert runtime.memories.get(old.id, by=ME).superseded_by_id is None


@pytest.mark.parametrize("fields", [{}, {"superseded_by_id": "m", "undo": True}])
def test_a_supersession_says_one_thing(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="supersededById, or undo"):
        Supersession.model_validate(fields)


def test_a_memory_holds_no_longer_when_somebody_says_so(
    runtime, project, storage, system, add
) -> None:
    item = add("We use npm.")
    system.epoch += 5_000
    at = system.epoch

    change = runtime.memories.expire(item.id, Expiry(), by=ME)
    system.epoch += 5_000
    again = runtime.memories.expire(item.id, Expiry(), by=ME)

    assert change.memory.valid_to_epoch == at
    assert (change.unchanged, again.unchanged) == (False, True)
    assert again.memory == change.memory
    assert found(runtime, project, query="npm") == set()
    assert found(runtime, project, query="npm", as_of=at - 1) == {item.id}
    assert found(runtime, project, query="npm", include_expired=True) == {item.id}
    assert actions(storage, item).count("memory.expire") == 1


def test_a_memory_ends_at_a_moment_and_undone_has_its_own_end_again(
    runtime, add
) -> None:
    item = add("We use npm until May.", valid_to_epoch=LATE)

    for day in ("2026-03-01", "2026-04-01"):
        told = Expiry.from_wire({"validToEpoch": day})
        change = runtime.memories.expire(item.id, told, by=ME)
    undone = runtime.memories.expire(item.id, Expiry(undo=True), by=ME)
    again = runtime.memories.expire(item.id, Expiry(undo=True), by=ME)

    assert change.memory.valid_to_epoch == APRIL + 86_400_000 - 1
    assert len(change.memory.sources) == len(item.sources) + 1
    now = undone.memory.updated_at_epoch
    assert undone.memory == item.changed(updated_at_epoch=now)
    assert again.unchanged


def test_an_expiry_says_one_thing() -> None:
    with pytest.raises(ValueError, match="validToEpoch and undo"):
        Expiry(valid_to_epoch=1, undo=True)


@pytest.mark.parametrize("end", ["x", -5, True, 10**15, [1]])
def test_a_forged_mark_is_undone_without_harm(runtime, add, end) -> None:
    mark = {"source_type": "manual", "metadata": {"endBefore": end, "gaveWayTo": "y"}}
    item = add("We use npm.", sources=(mark,))

    undone = runtime.memories.expire(item.id, Expiry(undo=True), by=ME)

    assert undone.memory.valid_to_epoch is None


def test_a_memory_is_shown_as_it_was_known_and_absent_before(runtime, add) -> None:
    item = add("We use npm.")
    born = item.created_at_epoch
    runtime.memories.expire(item.id, Expiry(valid_to_epoch=born + 500), by=ME)

    for moment in (Moment(known_at=born - 1), Moment(as_of=born + 500)):
        request = MemoryRequest(ids=(item.id,), **dict(moment))
        assert runtime.memories.get_many(request, by=ME).missing == (item.id,)
        with pytest.raises(NotFoundError):
            runtime.memories.get(item.id, by=ME, moment=moment)
    assert runtime.memories.get(item.id, by=ME, moment=Moment(as_of=born)).id == item.id


LATE = 1_900_000_000_000
APRIL = 1_775_001_600_000
