# SPDX-License-Identifier: Apache-2.0
"""What was recorded of a memory's validity: its end, and what took its place.

People change their mind: an end is set, moved and taken back, and so is a successor.
What was recorded before is kept beside the memory, oldest first, so that a question
about what was known then is answered as it would have been answered then.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from claude_mem_core.domain.memory_item import EarlierValidity, MemoryRecord

M = TypeVar("M", bound=MemoryRecord)

Validity: TypeAlias = MemoryRecord | EarlierValidity
"""A memory says what is recorded now, and an earlier validity what was before."""

_FIELDS = (
    "valid_to_epoch",
    "superseded_by_id",
    "superseded_at_epoch",
    "superseded_from_epoch",
)


def recorded(item: MemoryRecord, moment: int | None) -> Validity:
    """What was recorded at a moment of a memory that was there; None is now."""
    if moment is not None:
        for one in item.earlier_validity:
            if one.until_epoch > moment:
                return one
    return item


def as_recorded(item: M, moment: int) -> M:
    """A memory with the validity that was recorded of it at a moment."""
    then = recorded(item, moment)
    if then is item:
        return item
    before = (one for one in item.earlier_validity if one.until_epoch <= moment)
    return item.changed(**_of(then), earlier_validity=tuple(before))


def remembering(after: M, before: M, *, now: int) -> M:
    """`after`, that keeps what was recorded of its validity until now.

    What was recorded no longer than the millisecond that it began in is left out.
    """
    known = before.earlier_validity
    begun = known[-1].until_epoch if known else before.created_at_epoch
    if now <= begun or _of(after) == _of(before):
        return after
    was = EarlierValidity.model_validate(
        {"until_epoch": now, **_of(before)}, by_name=True
    )
    return after.changed(earlier_validity=(*known, was))


def is_or_was_superseded_by(item: MemoryRecord, successor_id: str) -> bool:
    """Whether another one took a memory's place, now or before."""
    before = (one.superseded_by_id for one in item.earlier_validity)
    return successor_id in (item.superseded_by_id, *before)


def never_superseded_by(item: M, successor_id: str) -> M:
    """A memory whose place another one never took, neither now nor before."""
    earlier = tuple(
        one.changed(**_NO_SUCCESSOR) if one.superseded_by_id == successor_id else one
        for one in item.earlier_validity
    )
    now = _NO_SUCCESSOR if item.superseded_by_id == successor_id else {}
    return item.changed(**now, earlier_validity=earlier)


_NO_SUCCESSOR = dict.fromkeys(_FIELDS[1:])


def _of(validity: Validity) -> dict[str, object]:
    return {name: getattr(validity, name) for name in _FIELDS}
