# SPDX-License-Identifier: Apache-2.0
"""What stands around something in time."""

from __future__ import annotations

from typing import Annotated, NamedTuple, Self

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from claude_mem_core.domain.filters import Filters
from claude_mem_core.domain.index import IndexEntry, entry_of
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.project_named import OfProjects
from claude_mem_core.domain.search import View
from claude_mem_core.domain.value import LAST_EPOCH, Epoch, Id, Text, Value

Depth = Annotated[int, Field(default=10, strict=True, ge=0, le=100)]
LONGEST_ANCHOR = 256


def _named(value: object) -> object:
    """Refuse what can be no anchor in one sentence: it is one thing or the other."""
    is_id = isinstance(value, str) and 0 < len(value) <= LONGEST_ANCHOR
    is_epoch = type(value) is int and 0 <= value <= LAST_EPOCH
    if value is None or is_id or is_epoch:
        return value
    raise PydanticCustomError(
        "anchor",
        "it is no id and no moment",
        {"cure": "send the id of a memory or a session, a day, a time, or an epoch"},
    )


Anchor = Annotated[
    Annotated[StrictInt, Field(ge=0, le=LAST_EPOCH)]
    | Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_ANCHOR)],
    Field(union_mode="left_to_right"),
    BeforeValidator(_named),
]


class Place(NamedTuple):
    """Where a memory stands in time; of one moment, the ids decide."""

    epoch: int
    item_id: str = ""

    @classmethod
    def of(cls, item: MemoryRecord | Outline) -> Place:
        """The place of a memory."""
        return cls(item.when, item.id)


class TimelineQuery(OfProjects, Filters):
    """What the surroundings are wanted of.

    Attributes:
        anchor: The id of a memory, the id of a session, a day, a time or an epoch.
        query: In place of the anchor: the best memory that this finds.
        depth_before: At most so many memories before it.
        depth_after: At most so many after it.
    """

    anchor: Anchor | None = None
    query: Text | None = None
    depth_before: Depth
    depth_after: Depth
    view: View = "index"

    @model_validator(mode="after")
    def _has_one_anchor(self) -> Self:
        if (self.anchor is None) == (self.query is None):
            message = "anchor or query is needed, and not both"
            raise PydanticCustomError("anchor", message, {"cure": "send one of them"})
        return self


class Timeline(Value):
    """Memories around an anchor, oldest first.

    Attributes:
        anchor_id: The memory among them that is the anchor; none for a moment.
        anchor_epoch: The anchor's place in time; null when a query found nothing.
    """

    anchor_id: Id | None = None
    anchor_epoch: Epoch | None = None
    items: tuple[MemoryRecord, ...] = ()

    @property
    def index(self) -> tuple[IndexEntry, ...]:
        """The memories as lines of an index, in the same order."""
        return tuple(
            entry_of(one, why="anchor" if one.id == self.anchor_id else "")
            for one in self.items
        )
