# SPDX-License-Identifier: Apache-2.0
"""What a generator made, kept: each memory in its place, and nothing said twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.by_hand import (
    Hand,
    current_by_hand,
    given_way,
    without_claim,
)
from claude_mem_core.domain.filters import Filters
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import TermQuery
from claude_mem_core.domain.supersession import (
    current_again,
    heir,
    likely_terms,
    superseded,
    takes_the_place_of,
    without_inheritance,
)
from claude_mem_core.domain.validity import never_superseded_by
from claude_mem_core.errors import ConflictError, InvalidInputError
from claude_mem_core.ports.storage import Snapshot, Transaction

LOOKED_AT = 8
"""Memories that are compared with a new one: a repetition is among the first found."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A memory that was made just now, and the ids of those that it may replace."""

    item: MemoryItem
    similar: tuple[str, ...] = ()


def introduced(
    snapshot: Snapshot, items: Sequence[MemoryItem], *, scope: Scope
) -> Sequence[Newcomer]:
    """The new memories with those that they may replace.

    It searches, and so is not done while others wait for their turn to write.
    """
    return [Newcomer(item, _similar(snapshot, item, scope=scope)) for item in items]


def keep(
    tx: Transaction, stem: str, newcomers: Sequence[Newcomer], *, scope: Scope
) -> None:
    """Put the memories of a turn or session in their places, whatever was there.

    A memory that says what an older one says, or revokes it, takes its place: the
    older one stays, and points to the newer.

    Args:
        tx: The transaction.
        stem: What the memories were made from: the start of their keys.
        newcomers: They; ids and sources are new.
        scope: Of the project.
    """
    places = [
        (_put(tx, one.item, key=f"{stem}:{index}", scope=scope), one.similar)
        for index, one in enumerate(newcomers)
    ]
    gone = list(_from(tx, stem, len(newcomers), scope=scope))
    for rest in (one for one in gone if not is_corrected(one)):
        for old in tx.memories.superseded_by(rest.id, scope=scope):
            tx.memories.replace(never_superseded_by(old, rest.id))
        _disinherit(tx, rest, scope=scope)
        tx.memories.remove(rest.id)
    for (item, freed), similar in places:
        known = tuple(dict.fromkeys((*similar, *freed)))
        others = tx.memories.get_many(known, scope=scope)
        _take_places(tx, item, [one for one in others if one.id != item.id])


def kept(snapshot: Snapshot, stem: str, *, scope: Scope) -> Sequence[MemoryItem]:
    """The memories that were made from a turn or session, in order."""
    return list(_from(snapshot, stem, 0, scope=scope))


def is_corrected(item: MemoryItem) -> bool:
    """Whether somebody wrote or corrected it by hand."""
    return any(source.source_type == "manual" for source in item.sources)


def supersede(
    tx: Transaction, old: MemoryItem, new: MemoryItem, hand: Hand, *, scope: Scope
) -> MemoryItem:
    """`old`, whose place `new` took because somebody said so.

    Raises:
        InvalidInputError: They are one memory, or not of one project.
        ConflictError: Another one took its place, or it took that of `new`.
    """
    _require_successor(tx, old, new, scope=scope)
    old, new = given_way(old, new, hand)
    tx.memories.replace(old)
    tx.memories.replace(new)
    return old


def reinstate(
    tx: Transaction, old: MemoryItem, hand: Hand, *, scope: Scope
) -> MemoryItem:
    """`old`, whose place nothing took because somebody said so."""
    for new in tx.memories.get_many([old.superseded_by_id or ""], scope=scope):
        tx.memories.replace(without_claim(new, old))
    old = current_by_hand(old, hand)
    tx.memories.replace(old)
    return old


def _require_successor(
    tx: Transaction, old: MemoryItem, new: MemoryItem, *, scope: Scope
) -> None:
    if old.id == new.id or old.project_id != new.project_id:
        cause = "a memory of another project takes no place in this one"
        if old.id == new.id:
            cause = "a memory does not take its own place"
        raise InvalidInputError.of(
            "supersededById", cause, "name another memory of its project"
        )
    if old.superseded_by_id is not None:
        message = (
            f"memory {old.id!r} gave way to {old.superseded_by_id!r} already: "
            "undo that first, or supersede that one"
        )
        raise ConflictError(message)
    if old.id in _successors(tx, new, scope=scope):
        message = (
            f"memory {new.id!r} gave way to {old.id!r}, at once or in the end: "
            "undo that first"
        )
        raise ConflictError(message)


def _successors(tx: Transaction, item: MemoryItem, *, scope: Scope) -> set[str]:
    """The ids of all that took a memory's place, one after the other."""
    seen = set[str]()
    following = item.superseded_by_id
    while following is not None and following not in seen:
        seen.add(following)
        found = tx.memories.get_many([following], scope=scope)
        following = found[0].superseded_by_id if found else None
    return seen


def _put(
    tx: Transaction, item: MemoryItem, *, key: str, scope: Scope
) -> tuple[MemoryItem, Sequence[str]]:
    """The memory in its place, and the ids of those whose place it no longer has."""
    known = tx.memories.find(key, scope=scope)
    if known is None:
        tx.memories.add(item, key=key)
        return item, ()
    if is_corrected(known):
        # The user knows better than any generator.
        return known, ()
    freed = _bring_back(tx, known.id, scope=scope)
    _disinherit(tx, known, scope=scope)
    sources = [source.changed(memory_item_id=known.id) for source in item.sources]
    anew = item.changed(
        id=known.id,
        sources=tuple(sources),
        earlier_validity=known.earlier_validity,
    )
    tx.memories.replace(anew)
    return anew, freed


def _from(
    snapshot: Snapshot | Transaction, stem: str, first: int, *, scope: Scope
) -> Iterator[MemoryItem]:
    for index in count(first):
        known = snapshot.memories.find(f"{stem}:{index}", scope=scope)
        if known is None:
            return
        yield known


def _bring_back(tx: Transaction, item_id: str, *, scope: Scope) -> Sequence[str]:
    """Make current again what a memory, which is to change, took the place of."""
    found = tx.memories.superseded_by(item_id, scope=scope)
    olds = [one for one in found if one.superseded_by_id == item_id]
    for old in olds:
        tx.memories.replace(current_again(old))
    return [one.id for one in olds]


def _disinherit(tx: Transaction, old: MemoryItem, *, scope: Scope) -> None:
    """Take from a memory's successor what it has from it, before it changes or goes."""
    successor = [old.superseded_by_id] if old.superseded_by_id else []
    for new in tx.memories.get_many(successor, scope=scope):
        tx.memories.replace(without_inheritance(new, old))


def _take_places(
    tx: Transaction, item: MemoryItem, others: Sequence[MemoryItem]
) -> None:
    for other in others:
        new, old = _in_order(item, other)
        if new.superseded_by_id is None and takes_the_place_of(new, old):
            tx.memories.replace(superseded(old, new))
            successor = heir(new, old)
            if successor is not new:
                tx.memories.replace(successor)
            if old is item:
                # What is not current itself takes no place.
                return
            item = successor


def _similar(snapshot: Snapshot, item: MemoryItem, *, scope: Scope) -> tuple[str, ...]:
    terms = likely_terms(item)
    if item.kind != "observation" or not terms:
        return ()
    wanted = Filters().of((item.project_id,), now=item.created_at_epoch)
    query = TermQuery(terms=terms, wanted=wanted, limit=LOOKED_AT)
    found = snapshot.memories.search(query, scope=scope)
    return tuple(one.item_id for one in found.candidates)


def _in_order(one: MemoryItem, other: MemoryItem) -> tuple[MemoryItem, MemoryItem]:
    """The two, that first which may take the other's place: the later.

    Two of one moment in two sessions tell the same turn, which one session copied from
    the other. What was known first stays, where it was done, and with it what became
    of it: a copy brings nothing new.
    """
    later, earlier = sorted((one, other), key=_age, reverse=True)
    return (earlier, later) if _is_copy(later, earlier) else (later, earlier)


def _is_copy(later: MemoryItem, earlier: MemoryItem) -> bool:
    if later.created_at_epoch != earlier.created_at_epoch:
        return False
    return later.server_session_id != earlier.server_session_id


def _age(item: MemoryItem) -> tuple[int, str]:
    """When it was, and as ids sort by when they were given, when that was known."""
    return item.created_at_epoch, item.id
