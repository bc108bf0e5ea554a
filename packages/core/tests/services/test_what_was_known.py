# SPDX-License-Identifier: Apache-2.0
"""What was known then is what was recorded by then, whatever was said of it since."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.by_hand import Expiry, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.filters import Moment
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemoryItemPatch,
)
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.services.memories import remembered
from claude_mem_core.services.succession import introduced, keep, kept

ME = Principal.local()
UNDO = Expiry(undo=True)
DAY = 86_400_000


class _House:
    """A runtime whose clock the tests turn, a day with each deed."""

    def __init__(self, runtime, storage, system, project) -> None:
        self.runtime, self._storage, self.system = runtime, storage, system
        self.project = project
        self._begin = system.now()

    def day(self, number: float) -> int:
        return self._begin + int(number * DAY)

    def at(self, number: int) -> None:
        self.system.epoch = self.day(number)

    def add(self, text: str, **fields: object) -> MemoryItem:
        given = {"project_id": self.project.id, "kind": "manual", "type": "decision"}
        draft = MemoryItemDraft.model_validate({**given, "text": text, **fields})
        return self.runtime.memories.add(draft, by=ME)

    def ends(self, item: MemoryItem, at: int | None) -> None:
        self.runtime.memories.expire(item.id, Expiry(valid_to_epoch=at), by=ME)

    def unends(self, item: MemoryItem) -> None:
        self.runtime.memories.expire(item.id, UNDO, by=ME)

    def supersede(self, old: MemoryItem, new: MemoryItem | None) -> None:
        told = (
            Supersession(undo=True)
            if new is None
            else Supersession(superseded_by_id=new.id)
        )
        self.runtime.memories.supersede(old.id, told, by=ME)

    def make(self, stem: str, *texts: str) -> list[MemoryItem]:
        """Keep generated memories in the place of those of the same stem."""
        drafts = [
            MemoryItemDraft(
                project_id=self.project.id,
                kind="observation",
                type="decision",
                title=text,
                sources=({"source_type": "agent_event"},),
            )
            for text in texts
        ]
        items = [
            remembered(one, system=self.system, created=self.day(0)) for one in drafts
        ]
        with self._storage.read() as snapshot:
            newcomers = introduced(snapshot, items, scope=ME.scope)
        with self._storage.begin() as tx:
            keep(tx, stem, newcomers, scope=ME.scope)
        with self._storage.read() as snapshot:
            return list(kept(snapshot, stem, scope=ME.scope))

    def known(self, number: float, words: str = "npm", **asked: object) -> set[str]:
        """What a search finds that asks what was known at a moment."""
        query = SearchQuery(
            project_id=self.project.id,
            query=words,
            known_at=self.day(number),
            **asked,
        )
        hits = self.runtime.recall.search(query, by=ME).hits
        return {hit.item.id for hit in hits}

    def shown(self, item: MemoryItem, number: float) -> MemoryItem:
        moment = Moment(known_at=self.day(number))
        return self.runtime.memories.get(item.id, by=ME, moment=moment)


@pytest.fixture
def house(runtime, storage, system, project) -> _House:
    return _House(runtime, storage, system, project)


def test_an_end_counts_from_when_it_was_said(house: _House) -> None:
    item = house.add("We use npm.")
    house.at(2)
    house.ends(item, house.day(1))
    house.at(3)

    assert house.known(1.5) == {item.id}
    assert house.known(2.5) == set()
    assert house.known(1.5, as_of=house.day(1.2)) == {item.id}
    assert house.known(2.5, as_of=house.day(1.2)) == set()
    assert house.known(2.5, as_of=house.day(0.5)) == {item.id}
    assert house.shown(item, 1.5).valid_to_epoch is None
    assert house.shown(item, 2).valid_to_epoch == house.day(1)


def test_an_end_that_was_moved_and_taken_back_is_known_as_it_was_then(
    house: _House,
) -> None:
    item = house.add("We use npm.", valid_to_epoch=house.day(90))
    for day, end in ((1, 10), (2, 20), (3, 30)):
        house.at(day)
        house.ends(item, house.day(end))
    house.at(4)
    house.unends(item)
    house.at(5)
    house.ends(item, None)

    ends = [house.shown(item, day + 0.5).valid_to_epoch for day in range(6)]
    assert ends == [house.day(one) for one in (90, 10, 20, 30, 90, 5)]
    assert [len(house.shown(item, day).earlier_validity) for day in (0, 3, 9)] == [
        *(0, 3, 5)
    ]
    true = house.day(15)
    found = [bool(house.known(day + 0.5, as_of=true)) for day in range(6)]
    assert found == [True, False, True, True, True, False]


def test_every_way_of_asking_tells_what_was_known_then(house: _House) -> None:
    item = house.add("We use npm.")
    house.at(2)
    house.ends(item, house.day(1))
    then = {"known_at": house.day(1.5), "as_of": house.day(1.5)}
    where = {"project_id": house.project.id, **then}

    asked = TimelineQuery(**where, anchor=item.id)
    [around] = house.runtime.recall.timeline(asked, by=ME).items
    pack = house.runtime.context.pack(ContextQuery(**where), by=ME)
    request = MemoryRequest(ids=(item.id,), **then)
    [got] = house.runtime.memories.get_many(request, by=ME).memories
    [latest] = house.runtime.recall.search(SearchQuery(**where), by=ME).hits

    assert [one.id for one in pack.items] == [item.id]
    for one in (around, *pack.items, got, latest.item):
        assert (one.valid_to_epoch, one.earlier_validity) == (None, ())


def test_a_successor_that_was_taken_back_was_known_until_then(house: _House) -> None:
    old, new, newest = (house.add(f"We use npm {n}.") for n in range(3))
    for day, successor in ((1, new), (2, None), (3, newest), (4, None)):
        house.at(day)
        house.supersede(old, successor)
    house.at(9)

    told = [house.shown(old, day + 0.5).superseded_by_id for day in range(5)]
    assert told == [None, new.id, None, newest.id, None]
    found = [old.id in house.known(day + 0.5) for day in range(5)]
    assert found == [True, False, True, False, True]


def test_an_end_and_a_successor_are_known_side_by_side(house: _House) -> None:
    old, new = house.add("We use npm."), house.add("We use npm again.")
    house.at(1)
    house.supersede(old, new)
    house.at(2)
    house.ends(old, house.day(7))
    house.at(3)
    house.supersede(old, None)

    then = [house.shown(old, day + 0.5) for day in range(4)]
    assert [one.superseded_by_id for one in then] == [None, new.id, new.id, None]
    sevens = [None, None, house.day(7), house.day(7)]
    assert [one.valid_to_epoch for one in then] == sevens


def test_what_is_taken_back_in_the_same_millisecond_was_never_known(
    house: _House,
) -> None:
    item = house.add("We use npm.")
    house.at(1)
    house.ends(item, house.day(3))
    house.unends(item)

    assert house.shown(item, 1).valid_to_epoch is None
    assert house.known(1) == {item.id}
    assert len(house.shown(item, 1).earlier_validity) == 1


def test_a_clock_that_was_set_back_loses_no_end_that_counts(house: _House) -> None:
    item = house.add("We use npm.")
    house.at(5)
    house.ends(item, house.day(30))
    house.at(4)
    house.ends(item, house.day(3))
    house.at(6)
    house.unends(item)

    told = [house.shown(item, day).valid_to_epoch for day in (4.5, 5.5, 6.5)]
    assert told == [None, house.day(3), None]


def test_a_corrected_memory_has_its_present_words_at_any_time(house: _House) -> None:
    item = house.add("We use npm.")
    house.at(1)
    house.ends(item, house.day(1))
    house.at(2)
    patch = MemoryItemPatch(text="We used yarn.")
    house.runtime.memories.update(item.id, patch, by=ME)

    then = house.shown(item, 0.5)
    assert (then.text, then.valid_to_epoch) == ("We used yarn.", None)
    assert house.known(0.5, "yarn") == {item.id}
    assert house.shown(item, 1.5).valid_to_epoch == house.day(1)


def test_what_is_made_anew_keeps_what_people_had_said_of_it(house: _House) -> None:
    [item] = house.make("turn", "Retries of the queue wait five seconds")
    house.at(1)
    house.ends(item, house.day(1))
    house.at(2)
    house.unends(item)
    house.at(3)
    [anew] = house.make("turn", "Locks are files in the data folder")

    assert (anew.id, anew.valid_to_epoch) == (item.id, None)
    assert house.known(1.5, "locks") == set()
    assert house.known(2.5, "locks") == {item.id}


def test_no_memory_was_ever_superseded_by_one_that_is_gone(house: _House) -> None:
    """Neither its id nor what it hid stays behind."""
    first, gone = house.make("turn", "Locks are files", "We moved on to pnpm")
    old = house.add("We use npm.")
    house.at(1)
    house.supersede(old, gone)
    house.at(2)
    house.supersede(old, None)
    house.at(3)
    house.supersede(old, first)
    assert house.known(1.5) == set()
    house.at(4)
    house.make("turn", "Locks are files")

    now = house.shown(old, 9)
    assert gone.id not in str(now)
    assert house.known(1.5) == {old.id}
    assert now.superseded_by_id == first.id


def test_a_successor_stays_when_the_one_before_it_is_made_anew(house: _House) -> None:
    [before] = house.make("turn", "Locks are files")
    old, new = house.add("We use npm."), house.add("We use pnpm.")
    for day, successor in ((1, before), (2, None), (3, new)):
        house.at(day)
        house.supersede(old, successor)
    house.at(4)
    house.make("turn", "Retries wait five seconds")

    told = [house.shown(old, day + 0.5).superseded_by_id for day in range(5)]
    assert told == [None, before.id, None, new.id, new.id]
