# SPDX-License-Identifier: Apache-2.0
"""Histories of what was recorded, and a model that answers questions about them.

The model keeps nothing but the history: it plays it again up to the moment whose
knowledge is asked for, and looks at what has come of it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, TypeAlias

from claude_mem_core.domain.by_hand import (
    Expiry,
    Hand,
    current_by_hand,
    expired,
    given_way,
)
from claude_mem_core.domain.filters import Moment, as_known
from claude_mem_core.domain.memory_item import MemoryItem, MemoryRecord
from claude_mem_core.domain.supersession import superseded
from claude_mem_core.ports.storage import Storage
from hypothesis import strategies as st

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW

Shown: TypeAlias = tuple[int | None, str | None]
"""Until when a memory holds, and what took its place."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was recorded once.

    Attributes:
        at: When it was recorded.
        since: From when on it holds; None: from then on.
        until: Until when it was to hold, if that was said.
        of: Which of the earlier facts it takes the place of, if any.
    """

    at: int
    since: int | None
    until: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody said of a fact.

    Attributes:
        at: When; where the fact was recorded later, right after that.
        what: That it ends, or ends as before; that another fact took its place, or
            that none did.
        of: Of which fact.
        end: When it ends; None: when it is said.
        by: Which other fact took its place.
    """

    at: int
    what: Literal["end", "unend", "supersede", "reinstate"]
    of: int
    end: int | None
    by: int


@dataclass(slots=True)
class Known:
    """What is known of a fact at a moment.

    Attributes:
        until: Until when it holds.
        by: Which fact took its place.
    """

    until: int | None
    by: int | None = None


@dataclass(frozen=True)
class History:
    """Facts in the order in which they were recorded, and what people said of them."""

    facts: Sequence[Fact]
    deeds: Sequence[Deed] = ()

    def write(self, storage: Storage, project_id: str) -> None:
        """Keep the history as services would, each fact as a memory."""
        with storage.begin() as tx:
            tx.projects.add(samples.project(project_id))
            items: dict[int, MemoryItem] = {}
            ids = map(str, count())
            for at, one in self._told():
                before = dict(items)
                if isinstance(one, Fact):
                    number = len(items)
                    items[number] = _memory(project_id, number, one)
                    tx.memories.add(items[number])
                    gone = self._place_of(number)
                    if gone is not None and items[gone].superseded_by_id is None:
                        items[gone] = superseded(items[gone], items[number])
                else:
                    _do(one, items, Hand(lambda: f"hand {next(ids)}", at))
                for number, item in before.items():
                    if items[number] is not item:
                        tx.memories.replace(items[number])

    def known(self, at: int | None) -> Mapping[int, Known]:
        """What was known of each fact at a moment; None is now."""
        known: dict[int, Known] = {}
        for told_at, one in self._told():
            if at is not None and told_at > at:
                break
            if isinstance(one, Fact):
                number = len(known)
                known[number] = Known(one.until)
                gone = self._place_of(number)
                if gone is not None and known[gone].by is None:
                    known[gone].by = number
            else:
                self._learn(one, known, told_at)
        return known

    def answer(self, project_id: str, asked: Mapping[str, Any]) -> Mapping[str, Shown]:
        """The memories that were true and known, and how they were known."""
        at, true = asked.get("known_at"), asked.get("as_of")
        moment = true if true is not None else NOW if at is None else at
        found = {}
        for number, one in self.known(at).items():
            if true is not None and self._start(number) > true:
                continue
            ended = one.until is not None and one.until <= moment
            replaced = one.by is not None and (
                true is None or self._start(one.by) <= true
            )
            if (ended and not asked.get("include_expired")) or (
                replaced and not asked.get("include_superseded")
            ):
                continue
            by = None if one.by is None else f"{project_id}/{one.by}"
            found[f"{project_id}/{number}"] = (one.until, by)
        return found

    def _told(self) -> Iterator[tuple[int, Fact | Deed]]:
        """All that was recorded, in the order of time; a deed after its facts."""
        every: list[tuple[int, int, Fact | Deed]] = [
            (fact.at, 0, fact) for fact in self.facts
        ]
        for drawn in self.deeds:
            of, by = (one % len(self.facts) for one in (drawn.of, drawn.by))
            about = max(self.facts[of].at, self.facts[by].at)
            every.append((max(drawn.at, about), 1, replace(drawn, of=of, by=by)))
        for at, _, one in sorted(every, key=lambda told: told[:2]):
            yield at, one

    def _learn(self, deed: Deed, known: Mapping[int, Known], at: int) -> None:
        one = known[deed.of]
        if deed.what == "end":
            has_ended = one.until is not None and one.until <= at
            if deed.end is not None or not has_ended:
                one.until = at if deed.end is None else deed.end
        elif deed.what == "unend":
            one.until = self.facts[deed.of].until
        elif deed.what == "reinstate":
            one.by = None
        elif one.by is None and deed.by != deed.of:
            one.by = deed.by

    def _place_of(self, number: int) -> int | None:
        """Which fact's place a fact took when it was recorded, unless it was taken."""
        of = self.facts[number].of
        return of % number if of is not None and number else None

    def _start(self, number: int) -> int:
        fact = self.facts[number]
        return fact.at if fact.since is None else fact.since


def shown(
    items: Sequence[MemoryRecord], asked: Mapping[str, Any]
) -> Mapping[str, Shown]:
    """How the memories of an answer are shown."""
    moment = Moment(known_at=asked.get("known_at"))
    told = (as_known(item, moment) for item in items)
    return {one.id: (one.valid_to_epoch, one.superseded_by_id) for one in told}


def _memory(project_id: str, number: int, fact: Fact) -> MemoryItem:
    return samples.memory(
        f"{project_id}/{number}",
        "banana",
        project_id=project_id,
        server_session_id=None,
        created_at_epoch=fact.at,
        valid_from_epoch=fact.since,
        valid_to_epoch=fact.until,
    )


def _do(deed: Deed, items: dict[int, MemoryItem], hand: Hand) -> None:
    """What the services do when somebody says so."""
    item = items[deed.of]
    if deed.what == "end":
        items[deed.of] = expired(item, Expiry(valid_to_epoch=deed.end), hand)
    elif deed.what == "unend":
        items[deed.of] = expired(item, Expiry(undo=True), hand)
    elif deed.what == "reinstate":
        if item.superseded_by_id is not None:
            items[deed.of] = current_by_hand(item, hand)
    elif item.superseded_by_id is None and deed.by != deed.of:
        items[deed.of], items[deed.by] = given_way(item, items[deed.by], hand)


moments = st.integers(NOW - 6, NOW + 6)
perhaps = st.none() | moments
_facts = st.lists(
    st.builds(Fact, moments, perhaps, perhaps, st.none() | st.integers(0, 9)),
    min_size=1,
    max_size=8,
).map(lambda facts: sorted(facts, key=lambda fact: fact.at))
_deeds = st.lists(
    st.builds(
        Deed,
        moments,
        st.sampled_from(("end", "end", "unend", "supersede", "reinstate")),
        st.integers(0, 2),
        perhaps,
        st.integers(0, 9),
    ),
    max_size=8,
)
histories = st.builds(History, _facts, _deeds)
questions = st.fixed_dictionaries(
    {
        "as_of": perhaps,
        "known_at": perhaps,
        "include_superseded": st.booleans(),
        "include_expired": st.booleans(),
    }
)
