# SPDX-License-Identifier: Apache-2.0
"""Full-text search in this process: an inverted index."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from claude_mem_core.domain.bm25 import Frequencies, Occurrences
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.parts import is_looked_into
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS, search_fields

_NONE = (0,) * len(FIELD_WEIGHTS)


class LexicalIndex:
    """Memories by their tokens."""

    def __init__(self, items: Iterable[MemoryItem] = ()) -> None:
        self._postings: dict[str, dict[str, tuple[int, ...]]] = {}
        self._own: dict[str, tuple[str, ...]] = {}
        self._lengths: dict[str, int] = {}
        for item in items:
            self.add(item)

    def add(self, item: MemoryItem) -> None:
        """Index a memory; one with the same id gives way."""
        self.remove(item.id)
        counts = [Counter(own) for own in search_fields(item).values()]
        every = tuple(dict.fromkeys(token for own in counts for token in own))
        for token in every:
            found = tuple(own[token] for own in counts)
            self._postings.setdefault(token, {})[item.id] = found
        self._own[item.id] = every
        self._lengths[item.id] = sum(own.total() for own in counts)

    def remove(self, item_id: str) -> None:
        """Forget a memory; one that is not there is no error."""
        self._lengths.pop(item_id, None)
        for token in self._own.pop(item_id, ()):
            del self._postings[token][item_id]
            if not self._postings[token]:
                del self._postings[token]

    def words_with(self, part: str) -> Iterable[str]:
        """The tokens that are looked into and contain a part, itself not."""
        for token in self._postings:
            if part in token and part != token and is_looked_into(token):
                yield token

    def having(self, terms: Sequence[str]) -> set[str]:
        """The ids of the memories that have any of the terms."""
        return {one for term in terms for one in self._postings.get(term, ())}

    def counts(self, item_id: str, terms: Sequence[str]) -> Occurrences:
        """For each field, how often a memory has each term."""
        each = [self._postings.get(term, {}).get(item_id, _NONE) for term in terms]
        return tuple(zip(*each, strict=True))

    def tokens(self, item_id: str) -> int:
        """How many tokens a memory has."""
        return self._lengths[item_id]

    def frequencies(self, terms: Sequence[str]) -> Frequencies:
        """What there is of the terms in all of it."""
        having = tuple(len(self._postings.get(term, ())) for term in terms)
        return Frequencies(len(self._lengths), sum(self._lengths.values()), having)


class LexicalIndexes:
    """An index for each project, brought up to date when it is asked.

    Stored memories are frozen, so one that is the same object needs no second look.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._indexes: defaultdict[str, LexicalIndex] = defaultdict(LexicalIndex)
        self._indexed: defaultdict[str, dict[str, MemoryItem]] = defaultdict(dict)

    def of(self, project_id: str, items: Mapping[str, MemoryItem]) -> LexicalIndex:
        """The index of a project's memories, which are `items` and no others."""
        with self._lock:
            index, indexed = self._indexes[project_id], self._indexed[project_id]
            for item_id in indexed.keys() - items.keys():
                index.remove(item_id)
            for item_id, item in items.items():
                if indexed.get(item_id) is not item:
                    index.add(item)
            self._indexed[project_id] = dict(items)
            return index
