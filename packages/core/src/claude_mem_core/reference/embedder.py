# SPDX-License-Identifier: Apache-2.0
"""An embedder that needs no model: it sees spellings, and knows no meanings.

It is for tests, and for trying how an embedder is plugged in. `Sign-in fails` and
`signing in failed` are near to each other; `car` and `automobile` are not.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import mul
from sys import byteorder
from zlib import crc32

from typing_extensions import override

from claude_mem_core.domain.embedding import EmbeddingModel
from claude_mem_core.domain.terms import words
from claude_mem_core.ports.embedder import Embedder, Load, VectorIndex

DIMENSIONS = 256
_LONGEST = 4_000
_RULES = b"1: words and their trigrams, hashed by CRC-32 into 256 numbers"


class HashingEmbedder(Embedder):
    """Vectors of the words of a text and of their trigrams."""

    @property
    @override
    def model(self) -> EmbeddingModel:
        return EmbeddingModel("hashing", hashlib.sha256(_RULES).hexdigest(), DIMENSIONS)

    @override
    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        return [_vector(text[:_LONGEST]) for text in texts]

    @override
    def index(self) -> VectorIndex:
        return ScanningIndex()

    @override
    def close(self) -> None:
        pass


class ScanningIndex(VectorIndex):
    """Vectors in a dictionary, compared one after the other: for a few thousand."""

    def __init__(self) -> None:
        self._vectors: dict[str, bytes] = {}

    @property
    @override
    def size(self) -> int:
        return sum(map(len, self._vectors.values()))

    @override
    def put(self, entries: Iterable[tuple[str, bytes]]) -> None:
        self._vectors.update(entries)

    @override
    def remove(self, item_ids: Collection[str]) -> None:
        for item_id in item_ids:
            self._vectors.pop(item_id, None)

    @override
    def similar(
        self, question: bytes, *, limit: int, load: Load
    ) -> Mapping[str, float]:
        asked = _floats(question)
        scored = [(_nearest(asked, own), one) for one, own in self._vectors.items()]
        best = sorted(scored, key=lambda found: (-found[0], found[1]))
        return {item_id: cosine for cosine, item_id in best[:limit]}

    @override
    def compare(
        self, question: bytes, item_ids: Collection[str], *, load: Load
    ) -> Mapping[str, float]:
        asked, held = _floats(question), self._vectors
        return {one: _nearest(asked, held[one]) for one in item_ids if one in held}


def _vector(text: str) -> bytes:
    counts = [0.0] * DIMENSIONS
    # A text without any word is near to nothing but others of its kind.
    for feature in _features(text) or [b""]:
        counts[crc32(feature) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return _bytes(count / length for count in counts)


def _features(text: str) -> list[bytes]:
    return [one.encode("utf-8", "replace") for one in _spelt(text)]


def _spelt(text: str) -> Iterator[str]:
    for word in words(text):
        padded = f"<{word.lower()}>"
        yield padded
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def _nearest(question: Sequence[float], vectors: bytes) -> float:
    every = _floats(vectors)
    width = len(question)
    starts = range(0, len(every), width)
    best = max(sum(map(mul, question, every[at : at + width])) for at in starts)
    return float(max(-1.0, min(1.0, best)))


def _floats(vectors: bytes) -> array[float]:
    floats = array("f", vectors)
    if byteorder == "big":
        floats.byteswap()
    return floats


def _bytes(numbers: Iterable[float]) -> bytes:
    floats = array("f", numbers)
    if byteorder == "big":
        floats.byteswap()
    return floats.tobytes()
