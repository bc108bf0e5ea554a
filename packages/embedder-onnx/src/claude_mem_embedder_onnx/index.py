# SPDX-License-Identifier: Apache-2.0
"""Vectors of memories side by side, compared with a question all at once.

Up to `EXACT` vectors they are held as they are. Beyond, a bit a number is held, 32
times less: the bits choose, and the vectors of the chosen are read from the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from claude_mem_core.ports.embedder import Load, VectorIndex
from numpy.typing import NDArray
from typing_extensions import override

EXACT = 50_000
"""Vectors that are compared number by number: 77 MB with 384 numbers each."""

RESCORED = 10
"""How many times the wanted memories are chosen by bits: of 100,000 vectors at least
99 of 100 of the best were among them, with 5 times only 85."""

_ROOM = 1.25

Rows = NDArray[Any]


def as_rows(vectors: bytes, dimensions: int) -> NDArray[np.float32]:
    """Stored vectors as the rows of a matrix."""
    return np.frombuffer(vectors, "<f4").reshape(-1, dimensions)


def cosines(question: bytes, vectors: Sequence[bytes], dimensions: int) -> list[float]:
    """The best cosine of each memory's vectors."""
    if not vectors:
        return []
    # One product for all: a call of numpy takes longer than the sums in it.
    rows = as_rows(b"".join(vectors), dimensions)
    lengths = [len(one) // (4 * dimensions) for one in vectors]
    starts = np.cumsum([0, *lengths[:-1]])
    best = np.maximum.reduceat(rows @ np.frombuffer(question, "<f4"), starts)
    told: list[float] = np.clip(best, -1.0, 1.0).astype(np.float64).tolist()
    return told


class NumpyIndex(VectorIndex):
    """Vectors as the rows of one matrix; those of one memory stand together.

    Args:
        dimensions: Numbers of a vector.
        exact: From so many vectors on it holds bits.
    """

    def __init__(self, dimensions: int, *, exact: int = EXACT) -> None:
        self._dimensions = dimensions
        self._exact = exact
        self._rows: Rows = np.zeros((0, dimensions), np.float32)
        self._count = 0
        self._starts: list[int] = []
        self._ids: list[str | None] = []
        self._places: dict[str, int] = {}
        self._frame: tuple[Rows, Rows] | None = None

    @property
    @override
    def size(self) -> int:
        return self._rows.nbytes + 200 * len(self._ids)

    @override
    def put(self, entries: Iterable[tuple[str, bytes]]) -> None:
        given = dict(entries)
        self._frame = None
        self.remove(given.keys() & self._places.keys())
        rows = [as_rows(one, self._dimensions) for one in given.values()]
        if not rows:
            return
        for item_id, own in zip(given, rows, strict=True):
            self._places[item_id] = len(self._ids)
            self._ids.append(item_id)
            self._starts.append(self._count)
            self._count += len(own)
        self._append(np.concatenate(rows))

    @override
    def remove(self, item_ids: Collection[str]) -> None:
        self._frame = None
        for item_id in item_ids:
            place = self._places.pop(item_id, None)
            if place is not None:
                self._ids[place] = None
        if len(self._ids) > 2 * len(self._places):
            self._close_gaps()

    @override
    def similar(
        self, question: bytes, *, limit: int, load: Load
    ) -> Mapping[str, float]:
        if not self._places:
            return {}
        asked = np.frombuffer(question, "<f4")
        if not self._holds_bits:
            scores = self._rows[: self._count] @ asked
            return dict(self._best(scores, limit))
        differing = np.bitwise_count(self._rows[: self._count] ^ _bits(asked[None]))
        alike = -differing.sum(axis=1, dtype=np.int32)
        chosen = [one for one, _ in self._best(alike, RESCORED * limit)]
        return self._rescored(question, load(chosen), limit)

    @override
    def compare(
        self, question: bytes, item_ids: Collection[str], *, load: Load
    ) -> Mapping[str, float]:
        known = [one for one in item_ids if one in self._places]
        if not known:
            return {}
        if self._holds_bits:
            vectors = load(known)
            told = cosines(question, list(vectors.values()), self._dimensions)
            return dict(zip(vectors, told, strict=True))
        places = [self._places[one] for one in known]
        starts, _ = self._frame or self._framed()
        lengths = np.diff(starts, append=self._count)[places]
        firsts = np.cumsum(lengths) - lengths
        rows = np.arange(lengths.sum()) + np.repeat(starts[places] - firsts, lengths)
        scores = self._rows[rows] @ np.frombuffer(question, "<f4")
        best = np.clip(np.maximum.reduceat(scores, firsts), -1.0, 1.0)
        return dict(zip(known, best.astype(np.float64).tolist(), strict=True))

    @property
    def _holds_bits(self) -> bool:
        return self._rows.dtype == np.uint64

    def _rescored(
        self, question: bytes, vectors: Mapping[str, bytes], limit: int
    ) -> Mapping[str, float]:
        told = cosines(question, list(vectors.values()), self._dimensions)
        scored = zip(vectors, told, strict=True)
        return dict(sorted(scored, key=lambda one: (-one[1], one[0]))[:limit])

    def _best(self, scores: Rows, limit: int) -> list[tuple[str, float]]:
        """The memories with the greatest scores, each by the best of its rows."""
        starts, gone = self._frame or self._framed()
        each = np.maximum.reduceat(scores, starts).astype(np.float64)
        each[gone] = -np.inf
        limit = min(limit, len(self._places))
        top = np.argpartition(-each, limit - 1)[:limit]
        found = [(self._ids[place] or "", float(each[place])) for place in top]
        found.sort(key=lambda one: (-one[1], one[0]))
        if self._holds_bits:
            return found
        return [(one, float(np.clip(score, -1.0, 1.0))) for one, score in found]

    def _framed(self) -> tuple[Rows, Rows]:
        """Where each memory begins, and the places of those that are gone."""
        gone = [place for place, one in enumerate(self._ids) if one is None]
        self._frame = np.array(self._starts), np.array(gone, np.intp)
        return self._frame

    def _append(self, rows: NDArray[np.float32]) -> None:
        if not self._holds_bits and self._count > self._exact:
            self._rows = _bits(self._rows)
        new = _bits(rows) if self._holds_bits else rows
        before = self._count - len(new)
        if self._count > len(self._rows):
            room = np.zeros((int(self._count * _ROOM), new.shape[1]), new.dtype)
            room[:before] = self._rows[:before]
            self._rows = room
        self._rows[before : self._count] = new

    def _close_gaps(self) -> None:
        """Let the memories that are left stand without room between them."""
        ends = [*self._starts[1:], self._count]
        kept = [place for place, one in enumerate(self._ids) if one is not None]
        spans = [(self._starts[place], ends[place]) for place in kept]
        pieces = [self._rows[start:end] for start, end in spans]
        self._rows = np.concatenate([*pieces, self._rows[:0]])
        self._ids = [self._ids[place] for place in kept]
        lengths = [end - start for start, end in spans]
        self._count = sum(lengths)
        self._starts = [0, *np.cumsum(lengths).tolist()][: len(kept)]
        self._places = {one: at for at, one in enumerate(self._ids) if one is not None}


def _bits(rows: Rows) -> NDArray[np.uint64]:
    """A bit for each number: whether it is positive; whole words of 64."""
    packed = np.packbits(rows > 0, axis=1)
    short = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, short)))).view(np.uint64)
