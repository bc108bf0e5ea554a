# SPDX-License-Identifier: Apache-2.0
"""What is asked of the memories, and what is found."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from claude_mem_core.domain.memory_item import MemoryItem, MemoryKind
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.project_named import OfProject
from claude_mem_core.domain.value import Id, Text, Value


class SearchQuery(OfProject):
    """A question in the asker's words, within one project."""

    query: Text
    limit: int = Field(default=20, strict=True, ge=1, le=100)
    platform_source: Platform | None = None


class TermQuery(Value):
    """A question as a store understands it: any of these terms, in one project.

    Attributes:
        terms: Single words, lower case; the store matches their inflections too.
        platform_source: Only memories of sessions on this platform.
        limit: How many candidates are wanted.
    """

    project_id: Id
    terms: tuple[Text, ...] = Field(min_length=1)
    platform_source: Platform | None = None
    limit: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that shares a term with a query, as far as ranking needs it.

    Attributes:
        score: The store's lexical score, at least 0, greater is better.
    """

    item_id: str
    session_id: str | None
    kind: MemoryKind
    created_at_epoch: int
    score: float


class SearchHit(Value):
    """A memory that was found, and how well it fits.

    Attributes:
        score: Greater is better; comparable within one answer only.
    """

    item: MemoryItem
    score: float


class SearchResult(Value):
    """The memories that fit, best first."""

    hits: tuple[SearchHit, ...]
