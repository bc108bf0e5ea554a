# SPDX-License-Identifier: Apache-2.0
"""What is asked of the memories, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field

from claude_mem_core.domain.filters import Filters, MemoryFilter
from claude_mem_core.domain.index import IndexEntry, entry_of
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord
from claude_mem_core.domain.project_named import OfProjects
from claude_mem_core.domain.value import Text, Value

View = Literal["full", "index"]


class SearchQuery(OfProjects, Filters):
    """A question in the asker's words; without words, what was last.

    Attributes:
        view: Whether the memories are wanted whole, or as lines of an index.
        explain: Whether the parts of each score are wanted.
    """

    query: Text | None = None
    limit: int = Field(default=20, strict=True, ge=1, le=100)
    view: View = "full"
    explain: bool = Field(default=False, strict=True)


class TermQuery(Value):
    """A question as a store understands it: any of these terms.

    Attributes:
        terms: Single words, lower case; the store matches their inflections too.
        wanted: Among which memories.
        limit: How many candidates are wanted.
    """

    terms: tuple[Text, ...] = Field(min_length=1)
    wanted: MemoryFilter
    limit: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that shares a term with a query, as far as ranking needs it.

    Attributes:
        score: The store's lexical score, at least 0, greater is better.
        when_epoch: From when on it holds; the order within its session.
        author: Who said it.
        asks: Whether there is a question in it.
        length: Characters of its text and narrative.
    """

    item_id: str
    session_id: str | None
    kind: MemoryKind
    created_at_epoch: int
    score: float
    when_epoch: int = 0
    author: str | None = None
    asks: bool = False
    length: int = 0

    @classmethod
    def of(cls, item: MemoryRecord, score: float = 0.0) -> Self:
        """A memory with its score; 0 where it shares no term."""
        told = [piece for piece in (item.text, item.narrative) if piece]
        return cls(
            item_id=item.id,
            session_id=item.server_session_id,
            kind=item.kind,
            created_at_epoch=item.created_at_epoch,
            score=score,
            when_epoch=item.when,
            author=item.author,
            asks=any("?" in piece for piece in told),
            length=sum(map(len, told)),
        )


class SearchHit(Value):
    """A memory that was found, and how well it fits.

    Attributes:
        score: Greater is better; comparable within one answer only.
        why: What it was found by, in a few words.
        parts: What each signal added to the score.
    """

    item: MemoryRecord
    score: float
    why: str = ""
    parts: dict[str, float] = Field(default_factory=dict)


class SearchResult(Value):
    """The memories that fit, best first."""

    hits: tuple[SearchHit, ...]

    @property
    def index(self) -> tuple[IndexEntry, ...]:
        """The memories as lines of an index, in the same order."""
        return tuple(entry_of(hit.item, why=hit.why) for hit in self.hits)
