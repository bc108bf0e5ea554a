# SPDX-License-Identifier: Apache-2.0
"""The embedder's index at up to 100,000 vectors, beside a bare product of matrices.

The bare product is `matrix @ question` on the same vectors in one array, without
finding out which are best. The index finds the best 20, each with its memory's id.
Vectors are drawn in clusters, which is how those of texts stand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from claude_mem_embedder_onnx.index import NumpyIndex
from numpy.typing import NDArray

from benchmarks.report import Line, percentile

SIZES = (1_000, 10_000, 100_000)
DIMENSIONS = 384
CLUSTERS = 200
QUESTIONS = 50
WANTED = 20

Rows = NDArray[Any]


def measure() -> Sequence[Line]:
    """Every size."""
    return [line for size in SIZES for line in _at(size)]


def _at(size: int) -> Iterator[Line]:
    dice = np.random.default_rng(size)
    centres = dice.normal(size=(CLUSTERS, DIMENSIONS))
    rows, questions = _units(dice, centres, size), _units(dice, centres, QUESTIONS)
    stored = {f"memory {number}": row.tobytes() for number, row in enumerate(rows)}
    index = NumpyIndex(DIMENSIONS)
    index.put(stored.items())

    def load(ids: Sequence[str]) -> dict[str, bytes]:
        return {one: stored[one] for one in ids}

    def ours(question: Rows) -> object:
        return index.similar(question.tobytes(), limit=WANTED, load=load)

    mine, theirs = _timed(questions, ours), _timed(questions, rows.__matmul__)
    what = f"{size:>7,} vectors, nearest {WANTED}, p50"
    times = percentile(mine, 0.5), percentile(theirs, 0.5)
    yield Line(what, *times, "ms", more_is_better=False)
    sizes = index.size / 1e6, rows.nbytes / 1e6
    yield Line(f"{size:>7,} vectors, memory", *sizes, "MB", more_is_better=False)


def _units(dice: np.random.Generator, centres: Rows, count: int) -> Rows:
    rows = centres[dice.integers(len(centres), size=count)]
    rows = rows + dice.normal(size=rows.shape)
    units: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")
    return units


def _timed(questions: Rows, ask: Callable[[Rows], object]) -> list[float]:
    times = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    return times
