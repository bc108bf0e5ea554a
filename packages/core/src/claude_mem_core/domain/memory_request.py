# SPDX-License-Identifier: Apache-2.0
"""Memories that are asked for by their ids."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from claude_mem_core.domain.filters import Filters, Moment
from claude_mem_core.domain.listing import MOST_IN_A_LIST, listed
from claude_mem_core.domain.memory_item import MemoryItem, MemoryRecord
from claude_mem_core.domain.value import Id, Value


class MemoryRequest(Moment):
    """Which memories are wanted whole.

    Attributes:
        evidence: With the words that they were taken from.
    """

    ids: Annotated[
        tuple[Id, ...],
        BeforeValidator(listed),
        Field(min_length=1, max_length=MOST_IN_A_LIST),
    ]
    evidence: bool = Field(default=False, strict=True)

    def shows(self, item: MemoryRecord) -> bool:
        """Whether the memory was there, at the moment that is asked about.

        Without another time every memory is, one that gave way or expired too.
        """
        known = self.known_at
        if self.as_of is None:
            return known is None or item.created_at_epoch <= known
        wanted = Filters(as_of=self.as_of, known_at=known)
        return wanted.of((item.project_id,), now=self.as_of).passes(item, platform=None)


class Evidence(Value):
    """The words at one source of a memory.

    Attributes:
        text: Null where the source cites none, or its event has them no longer.
    """

    source_id: Id
    event_id: Id | None = None
    text: str | None = None


class FoundMemories(Value):
    """Memories in the order in which they were asked for.

    Attributes:
        evidence: Parallel to the memories, where it was asked for.
        missing: The ids that are no memory of the caller's.
    """

    memories: tuple[MemoryItem, ...] = ()
    evidence: tuple[tuple[Evidence, ...], ...] = ()
    missing: tuple[Id, ...] = ()
