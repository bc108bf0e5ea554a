# SPDX-License-Identifier: Apache-2.0
"""What people say of whole memories: that one took another's place, or holds no longer.

Whoever says so becomes a source of the memories, so that no generator takes it back.
Such a source says what was done, by a key of its metadata, and so it can be undone.
What was recorded until then stays known as that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from claude_mem_core.domain.listing import LastMoment
from claude_mem_core.domain.memory_item import MemoryItem, MemorySource
from claude_mem_core.domain.supersession import (
    ENDED,
    GAVE_WAY,
    TOOK_PLACE,
    current_again,
    end_before,
    is_deed,
    superseded,
    without_inheritance,
)
from claude_mem_core.domain.validity import remembering
from claude_mem_core.domain.value import Id, Text, Value


class Supersession(Value):
    """That a memory gave way to another one.

    Attributes:
        superseded_by_id: The memory that takes its place.
        undo: In place of it: none does.
    """

    superseded_by_id: Id | None = None
    undo: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.superseded_by_id is None) != self.undo:
            cure = "send one of the two"
            message = "it needs supersededById, or undo, and not both"
            raise PydanticCustomError("supersession", message, {"cure": cure})
        return self


class Expiry(Value):
    """Until when a memory holds.

    Attributes:
        valid_to_epoch: The moment from which on it holds no longer; else now.
        undo: In place of it: what was said of its end before counts again.
        reason: Why it holds no longer, kept beside the memory with who said so.
    """

    valid_to_epoch: LastMoment | None = None
    undo: bool = Field(default=False, strict=True)
    reason: Text | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.undo and self.valid_to_epoch is not None:
            message = "it has validToEpoch and undo"
            cure = "leave one of the two out"
            raise PydanticCustomError("expiry", message, {"cure": cure})
        return self


class MemoryChange(Value):
    """A memory after something was said of it.

    Attributes:
        unchanged: Whether it was so already.
    """

    memory: MemoryItem
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """Whoever does something to memories.

    Attributes:
        new_id: Gives an id that no other record has.
        now: When it is done.
    """

    new_id: Callable[[], str]
    now: int

    def source(self, item: MemoryItem, **noted: JsonValue) -> MemorySource:
        """The hand as a source of a memory, and what it did."""
        return MemorySource(
            source_type="manual",
            id=self.new_id(),
            memory_item_id=item.id,
            created_at_epoch=self.now,
            metadata=noted,
        )


def given_way(
    old: MemoryItem, new: MemoryItem, hand: Hand
) -> tuple[MemoryItem, MemoryItem]:
    """`old` and `new`, when somebody said that `new` took the place of `old`."""
    gone = superseded(old, new)
    known = max(gone.superseded_at_epoch or 0, hand.now)
    mark = hand.source(old, **{GAVE_WAY: new.id})
    return (
        gone.changed(
            superseded_at_epoch=known,
            sources=(*old.sources, mark),
            updated_at_epoch=hand.now,
        ),
        _noted(new, hand.source(new, **{TOOK_PLACE: old.id}), hand),
    )


def current_by_hand(old: MemoryItem, hand: Hand) -> MemoryItem:
    """`old` when somebody said that nothing took its place.

    Was it a rule that said so, then the hand stays, and the rule says it no more.
    """
    again = remembering(current_again(old), old, now=hand.now).changed(
        updated_at_epoch=hand.now
    )
    bare = _without(again, GAVE_WAY)
    if bare.sources != again.sources:
        return bare
    return _noted(again, hand.source(old), hand)


def without_claim(new: MemoryItem, old: MemoryItem) -> MemoryItem:
    """`new` as it was before it took the place of `old`."""
    return _without(without_inheritance(new, old), TOOK_PLACE, old.id)


def expired(item: MemoryItem, told: Expiry, hand: Hand) -> MemoryItem:
    """The memory when it ends as somebody says; itself where it does so already."""
    if told.undo:
        return _unended(item, hand)
    end, at = item.valid_to_epoch, told.valid_to_epoch
    if at is None and end is not None and end <= hand.now:
        return item
    at = hand.now if at is None else at
    if at == end:
        return item
    why = {} if told.reason is None else {"reason": told.reason}
    mark = hand.source(item, **{ENDED: _end_before(item)}, **why)
    return _ending(_noted(_without(item, ENDED), mark, hand), item, at, hand)


def _unended(item: MemoryItem, hand: Hand) -> MemoryItem:
    """The memory with the end that it had before anybody said another one."""
    before, bare = _end_before(item), _without(item, ENDED)
    if bare.sources == item.sources:
        return item
    return _ending(bare.changed(updated_at_epoch=hand.now), item, before, hand)


def _ending(
    after: MemoryItem, before: MemoryItem, at: int | None, hand: Hand
) -> MemoryItem:
    return remembering(after.changed(valid_to_epoch=at), before, now=hand.now)


def _end_before(item: MemoryItem) -> int | None:
    """Until when it held before anybody said otherwise."""
    for source in item.sources:
        if is_deed(source) and ENDED in source.metadata:
            return end_before(source.metadata)
    return item.valid_to_epoch


def _noted(item: MemoryItem, mark: MemorySource, hand: Hand) -> MemoryItem:
    return item.changed(sources=(*item.sources, mark), updated_at_epoch=hand.now)


def _without(item: MemoryItem, key: str, value: JsonValue = None) -> MemoryItem:
    """The memory without its marks of one kind, or of one kind and value."""
    kept = (
        one
        for one in item.sources
        if not is_deed(one)
        or key not in one.metadata
        or value not in (None, one.metadata[key])
    )
    return item.changed(sources=tuple(kept))
