# SPDX-License-Identifier: Apache-2.0
"""What is asked of the memories, and what is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self

from pydantic import Field

from claude_mem_core.domain.bm25 import Frequencies, Occurrences, occurrences
from claude_mem_core.domain.filters import Filters, MemoryFilter, Paths
from claude_mem_core.domain.index import IndexEntry, entry_of
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord, Trust
from claude_mem_core.domain.paths import all_rooted
from claude_mem_core.domain.project_named import OfProjects
from claude_mem_core.domain.search_fields import search_fields
from claude_mem_core.domain.value import Text, Value

View = Literal["full", "index"]

QUESTION_MARKS = "?\uff1f\u061f"
"""Of Latin letters, of Chinese and Japanese, of Arabic."""


NOTHING_FITS = 0.02
"""So unlikely to be answered is a question that has a common word in common with what
is known, and no more."""


class SearchQuery(OfProjects, Filters):
    """A question in the asker's words; without words, what was last.

    Attributes:
        view: Whether the memories are wanted whole, or as lines of an index.
        min_confidence: With less, nothing fits, and the answer is empty.
        explain: Whether the parts of each score are wanted.
        open_files: What the asker has open: memories that name one of these files
            come first where they fit about as well. `file` leaves all others out.
    """

    query: Text | None = None
    limit: int = Field(default=20, strict=True, ge=1, le=100)
    view: View = "full"
    min_confidence: float = Field(default=NOTHING_FITS, ge=0, le=1)
    explain: bool = Field(default=False, strict=True)
    open_files: Paths = ()

    @property
    def wording(self) -> Wording:
        """What it asks in words."""
        return Wording(self.query or "", self.open_files)


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in the asker's words, and what the asker has open."""

    text: str
    open_files: tuple[str, ...] = ()


class TermQuery(Value):
    """A question as a store understands it: any of these terms.

    Attributes:
        terms: Tokens, as `analysis.asked` gives them.
        wanted: Among which memories.
        limit: How many candidates are wanted.
        limit_of_talk: How many where one of the first `limit` is somebody's words: a
            turn of a talk leans on others, and a record of work tells the whole of it.
    """

    terms: tuple[Text, ...] = Field(min_length=1)
    wanted: MemoryFilter
    limit: int = Field(ge=1)
    limit_of_talk: int = 0

    @property
    def most(self) -> int:
        """How many candidates are wanted at most."""
        return max(self.limit, self.limit_of_talk)

    def cut(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """As many of the best as are wanted.

        Args:
            candidates: The best first; as many as there are, or `most`.
        """
        first = candidates[: self.limit]
        said = any(one.author is not None for one in first)
        return candidates[: self.most] if said else first


class Candidate(NamedTuple):
    """A memory that may answer a question, as far as ranking needs it.

    Attributes:
        when_epoch: From when on it holds; the order within its session.
        author: Who said it.
        trust: Whose word it is.
        asks: Whether there is a question in it.
        length: Characters of its text and narrative.
        tokens: How many tokens it is found under.
        files: Those that it names, by `all_rooted`: first what was read.
        counts: For each field, how often each term of the question stands in it.
    """

    item_id: str
    session_id: str | None
    kind: MemoryKind
    created_at_epoch: int
    when_epoch: int = 0
    author: str | None = None
    trust: Trust | None = None
    asks: bool = False
    length: int = 0
    tokens: int = 0
    files: tuple[str, ...] = ()
    counts: Occurrences = ()

    @classmethod
    def of(cls, item: MemoryRecord, terms: Sequence[str]) -> Self:
        """A memory, looked at for some terms."""
        fields = search_fields(item).values()
        return cls(
            item_id=item.id,
            session_id=item.server_session_id,
            kind=item.kind,
            created_at_epoch=item.created_at_epoch,
            when_epoch=item.when,
            author=item.author,
            trust=item.trust,
            asks=asks(item),
            length=length(item),
            tokens=sum(map(len, fields)),
            files=all_rooted((*item.files_read, *item.files_modified)),
            counts=occurrences(fields, terms),
        )


@dataclass(frozen=True, slots=True)
class Matches:
    """What a store found for a question.

    Attributes:
        candidates: The most promising first.
        frequencies: What there is of the terms in all the projects that were searched.
    """

    candidates: Sequence[Candidate]
    frequencies: Frequencies


def asks(item: MemoryRecord) -> bool:
    """Whether there is a question in a memory's text."""
    return any(mark in piece for piece in _told(item) for mark in QUESTION_MARKS)


def length(item: MemoryRecord) -> int:
    """Characters of a memory's text and narrative."""
    return sum(map(len, _told(item)))


def _told(item: MemoryRecord) -> list[str]:
    return [piece for piece in (item.text, item.narrative) if piece]


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
    """The memories that fit, best first.

    Attributes:
        confidence: How likely it is that they answer the question; None without one.
    """

    hits: tuple[SearchHit, ...]
    confidence: float | None = None

    @property
    def index(self) -> tuple[IndexEntry, ...]:
        """The memories as lines of an index, in the same order."""
        return tuple(entry_of(hit.item, why=hit.why) for hit in self.hits)
