# SPDX-License-Identifier: Apache-2.0
"""Full-text search in this process: an inverted index with BM25."""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS, search_fields
from claude_mem_core.reference.stemmer import stem

K1 = 1.2
B = 0.75
"""Robertson's usual values, which SQLite's FTS5 has too."""

_TOKEN = re.compile(r"[^\W_]+")


class LexicalIndex:
    """Memories by the stems of their words.

    A memory's score for a term is Okapi BM25 (Robertson and Zaragoza, 2009), with
    each occurrence counted by the weight of its field, as FTS5's `bm25()` does.
    """

    def __init__(
        self,
        items: Iterable[MemoryItem] = (),
        *,
        weights: Mapping[str, float] = FIELD_WEIGHTS,
    ) -> None:
        self._weights = weights
        self._postings: dict[str, dict[str, float]] = {}
        self._stems: dict[str, tuple[str, ...]] = {}
        self._lengths: dict[str, int] = {}
        self._words = 0
        for item in items:
            self.add(item)

    def add(self, item: MemoryItem) -> None:
        """Index a memory; one with the same id gives way."""
        self.remove(item.id)
        counts: Counter[str] = Counter()
        weighted: dict[str, float] = {}
        for field, text in search_fields(item).items():
            for token in tokens(text):
                counts[token] += 1
                weighted[token] = weighted.get(token, 0.0) + self._weights[field]
        for token, weight in weighted.items():
            self._postings.setdefault(token, {})[item.id] = weight
        self._stems[item.id] = tuple(weighted)
        self._lengths[item.id] = counts.total()
        self._words += counts.total()

    def remove(self, item_id: str) -> None:
        """Forget a memory; one that is not there is no error."""
        self._words -= self._lengths.pop(item_id, 0)
        for token in self._stems.pop(item_id, ()):
            del self._postings[token][item_id]
            if not self._postings[token]:
                del self._postings[token]

    def search(self, terms: Sequence[str]) -> dict[str, float]:
        """The ids of the memories that have any of the terms, and their scores."""
        scores: dict[str, float] = {}
        usual = self._words / len(self._lengths) if self._lengths else 0.0
        for term in terms:
            for item_id, score in self._scored(self._with_all(tokens(term)), usual):
                scores[item_id] = scores.get(item_id, 0.0) + score
        return scores

    def _scored(
        self, found: Mapping[str, float], usual: float
    ) -> Iterator[tuple[str, float]]:
        """BM25 of one term in each memory that has it; `usual` is the mean length."""
        total = len(self._lengths)
        rarity = math.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
        for item_id, weight in found.items():
            length = 1 - B + B * self._lengths[item_id] / usual
            yield item_id, rarity * weight * (K1 + 1) / (weight + K1 * length)

    def _with_all(self, parts: Iterable[str]) -> dict[str, float]:
        """The memories with every part of a term, by the weight of the rarest."""
        lists = [self._postings.get(part, {}) for part in parts]
        if not lists:
            return {}
        shared = set(lists[0]).intersection(*lists[1:])
        # In the order of the first list: a set's order changes from run to run.
        return {i: min(own[i] for own in lists) for i in lists[0] if i in shared}


class LexicalIndexes:
    """An index for each project, brought up to date when it is asked.

    Stored memories are frozen, so one that is the same object needs no second look.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._indexes: defaultdict[str, LexicalIndex] = defaultdict(LexicalIndex)
        self._indexed: defaultdict[str, dict[str, MemoryItem]] = defaultdict(dict)

    def search(
        self, project_id: str, items: Mapping[str, MemoryItem], terms: Sequence[str]
    ) -> dict[str, float]:
        """The scores of a project's memories, which are `items` and no others."""
        with self._lock:
            index, indexed = self._indexes[project_id], self._indexed[project_id]
            for item_id in indexed.keys() - items.keys():
                index.remove(item_id)
            for item_id, item in items.items():
                if indexed.get(item_id) is not item:
                    index.add(item)
            self._indexed[project_id] = dict(items)
            return index.search(terms)


def tokens(text: str) -> list[str]:
    """The stems of a text's words, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [stem(word) for word in _TOKEN.findall(bare)]
