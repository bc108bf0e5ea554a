# SPDX-License-Identifier: Apache-2.0
"""The port to memories."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryKind,
    MemoryRecord,
)
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.search import Candidate, Matches, TermQuery
from claude_mem_core.domain.timeline import Place


class MemoryReader(Protocol):
    """Memories, to read.

    * outside the scope a memory looks as if it did not exist, to a search too;
    * a search finds what shares any of its terms, the better fit first;
    * a search goes to `limit_of_talk` where one of the first `limit` was said;
    * a memory is found under the tokens of `search_fields`, and no others;
    * how often a memory has each term is told exactly, field by field;
    * of words with a part those that `is_looked_into` are told, and no others;
    * which files a candidate names is told, each once, by `all_rooted`;
    * no term is an operator: `AND`, `NEAR`, `*`, `"` and `:` are only text;
    * what a filter does not ask for is never found, whatever fits better;
    * what was superseded is neither searched nor recent, but still there;
    * what has expired is neither searched nor recent, but still there;
    * a question about another time is answered as it was true and known then;
    * what stands beside some memories passes the filter, and is none of them;
    * lists and `records` have no sources, which are read with `get`.
    """

    @abstractmethod
    def get(self, item_id: str, *, scope: Scope) -> MemoryItem:
        """The memory with its sources; `NotFoundError` outside the scope."""

    @abstractmethod
    def get_many(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryItem]:
        """The memories in the order of the ids, without those outside the scope."""

    @abstractmethod
    def records(
        self, item_ids: Sequence[str], *, scope: Scope
    ) -> Sequence[MemoryRecord]:
        """What the memories say, in the order of the ids, without their sources."""

    @abstractmethod
    def find(self, key: str, *, scope: Scope) -> MemoryItem | None:
        """The memory that was added with this key."""

    @abstractmethod
    def search(self, query: TermQuery, *, scope: Scope) -> Matches:
        """The memories that share a term, the best lexical score first.

        Which memories come last, that share only the commoner terms, is left to the
        store where hundreds do; how many have a term, where more than a thousand do.
        """

    @abstractmethod
    def words_with(
        self, part: str, project_ids: Sequence[str], *, scope: Scope, limit: int
    ) -> Sequence[str]:
        """The tokens of some projects' memories that contain a part, shortest first.

        Of those that are as long the first in order come first; which of them come
        is left to the store where more than a thousand words contain the part.

        Args:
            part: At least four letters, which are only text.
            project_ids: Of the memories of these projects, whatever hides them.
            scope: What the caller may see.
            limit: At most so many.
        """

    @abstractmethod
    def among(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        """Those of some memories that pass the filter, sharing a term or not.

        Args:
            item_ids: The memories, in any order.
            query: The filter, and the terms that are counted; its limit is no matter.
            scope: What the caller may see.
        """

    @abstractmethod
    def beside(
        self, item_ids: Collection[str], query: TermQuery, *, scope: Scope
    ) -> Sequence[Candidate]:
        """The memories right before and right after these in their sessions.

        Args:
            item_ids: Some memories.
            query: The filter, and the terms that are counted; its limit is no matter.
            scope: What the caller may see.
        """

    @abstractmethod
    def recent(
        self,
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
        before: Place | None = None,
    ) -> Sequence[MemoryRecord]:
        """The memories that a filter lets pass, the latest first.

        Args:
            wanted: The filter.
            scope: What the caller may see.
            limit: At most so many.
            before: Only those that stand before this place in time.
        """

    @abstractmethod
    def outlines(
        self, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[Outline]:
        """The outlines of the memories that `recent` gives, in the same order.

        Args:
            wanted: The filter.
            scope: What the caller may see.
            limit: At most so many.
        """

    @abstractmethod
    def met(
        self,
        signatures: Collection[str],
        wanted: MemoryFilter,
        *,
        scope: Scope,
        limit: int,
    ) -> Sequence[Outline]:
        """The outlines of memories of one of these errors that pass, latest first.

        Args:
            signatures: What the errors are known by, as `metadata.signature` has it.
            wanted: The filter.
            scope: What the caller may see.
            limit: At most so many.
        """

    @abstractmethod
    def since(
        self, after: Place, wanted: MemoryFilter, *, scope: Scope, limit: int
    ) -> Sequence[MemoryRecord]:
        """The memories after a place in time that a filter lets pass, oldest first."""

    @abstractmethod
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[MemoryItem]:
        """A project's memories in the order they were put in, from one's id on.

        Args:
            project_id: Whose memories.
            scope: What the caller may see.
            after: The last one of the page before; None for the first page.
            limit: At most so many.
        """

    @abstractmethod
    def of_session(
        self, session_id: str, *, scope: Scope, kind: MemoryKind
    ) -> Sequence[MemoryItem]:
        """A session's memories of one kind, oldest first."""

    @abstractmethod
    def superseded_by(self, item_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        """The memories whose place this one took, or once had taken, oldest first."""

    @abstractmethod
    def count(self, project_id: str, *, scope: Scope) -> Mapping[MemoryKind, int]:
        """How many memories of each kind a project holds, no kind without any."""

    @abstractmethod
    def citing(self, event_id: str, *, scope: Scope) -> Sequence[MemoryItem]:
        """The memories of which a source is this event, oldest first."""


class MemoryRepository(MemoryReader, Protocol):
    """Memories.

    * an id, and a key, is taken once: `ConflictError`;
    * a memory and its session are of the same project: `ConflictError` else;
    * what was replaced or removed is found by its old words no longer.
    """

    @abstractmethod
    def add(self, item: MemoryItem, *, key: str | None = None) -> None:
        """Keep a new memory with its sources.

        Args:
            item: The memory.
            key: What it was generated from: the same work gives the same key.
        """

    @abstractmethod
    def replace(self, item: MemoryItem) -> None:
        """Put `item` and its sources in the place of the one with its id.

        Raises:
            NotFoundError: There is none.
        """

    @abstractmethod
    def reindex(self, item_id: str) -> None:
        """Write anew what a memory is found under.

        Raises:
            NotFoundError: There is no such memory.
        """

    @abstractmethod
    def remove(self, item_id: str) -> None:
        """Take a memory and its sources away; its key is free again.

        Raises:
            NotFoundError: There is none.
        """
