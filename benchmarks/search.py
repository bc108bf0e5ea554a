# SPDX-License-Identifier: Apache-2.0
"""Recall at 10,000, 100,000 or more memories, beside a bare FTS5 query.

The bare query is `MATCH` with the same quoted terms joined by OR, ordered by bm25, 10
rows, over an index of one column with the same tokenizer and nothing else: no scope, no
filter, no ranking. The product's search includes all of these, in a project that has
99 % of the memories and in one that has 1 %.

A hybrid search embeds the question and fuses both orders. Beside it stand the embedding
and one product of the project's vectors with it, which is what numpy alone would take.
A context pack is one for a session that begins, with its receipt written to the disk;
beside it stands the bare query too, for want of a program that does the same.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from claude_mem_core.api import ContextQuery, Runtime, SearchQuery

from benchmarks.adapters import ME, adapters
from benchmarks.filling import (
    SMALL_SHARE,
    Bare,
    Filled,
    embedder,
    index_bytes,
    said,
    unit_vectors,
)
from benchmarks.report import Line, percentile

SIZES = (10_000, 100_000)
MOST_VECTORS = 100_000
"""Beyond so many memories only the small project has vectors: a million would be 1.5 GB
of questions that nobody asks."""

QUERIES = {10_000: 200, 100_000: 100}
FEWEST_QUERIES = 30
WORDS_A_QUERY = 4
PROJECTS = {"big": "99 %", "small": "1 %"}
SHARES = (("p50", 0.5), ("p99", 0.99))

Samples = Sequence[float]


def measure(sizes: Sequence[int] = SIZES) -> Sequence[Line]:
    """Every size."""
    return [line for size in sizes for line in _at(size)]


def _at(size: int) -> Iterator[Line]:
    chance = random.Random(-size)
    count = QUERIES.get(size, FEWEST_QUERIES)
    queries = [said(chance, WORDS_A_QUERY) for _ in range(count)]
    embedded = ("big", "small") if size <= MOST_VECTORS else ("small",)
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        bare = Bare(Path(name) / "bare", size)
        took = time.perf_counter() - start
        with closing(sqlite3.connect(bare.path)) as index:
            theirs = _timed(queries, _asking(index))
        held = _resident()
        start = time.perf_counter()
        ours = Filled(Path(name), size, embedded)
        yield _line(size, "built", time.perf_counter() - start, took, "s")
        yield from _searches(size, ours, queries, theirs)
        yield from _hybrids(size, ours, embedded, queries)
        yield _line(size, "in-process", _resident(), held, "MB")
        yield from _sizes(size, ours, bare)


def _searches(
    size: int, ours: Filled, queries: Sequence[str], theirs: Samples
) -> Iterator[Line]:
    with adapters(ours.folder) as (runtime, _, _):
        for name, label in PROJECTS.items():
            mine = _timed(queries, _search(runtime, ours.projects[name]))
            yield from _pair(size, f"{label} project", mine, theirs)
        for name, label in PROJECTS.items():
            mine = _timed(queries, _pack(runtime, ours.projects[name]))
            yield from _pair(size, f"pack, {label}", mine, theirs)


def _hybrids(
    size: int, ours: Filled, embedded: Sequence[str], queries: Sequence[str]
) -> Iterator[Line]:
    model = embedder()
    dice = np.random.default_rng(1)
    shares = {"big": size - size // SMALL_SHARE, "small": size // SMALL_SHARE}
    with adapters(ours.folder, model) as (runtime, _, _):
        for name in embedded:
            rows = unit_vectors(dice, shares[name], model.model.dimensions)

            def compare(text: str, rows: np.ndarray = rows) -> object:
                return rows @ np.frombuffer(model.embed([text])[0], "<f4")

            theirs = _timed(queries, compare)
            mine = _timed(queries, _search(runtime, ours.projects[name]))
            yield from _pair(size, f"hybrid, {PROJECTS[name]}", mine, theirs)


def _sizes(size: int, ours: Filled, bare: Bare) -> Iterator[Line]:
    indexes = [
        index_bytes(ours.path, "memory_items_fts") / 1e6,
        index_bytes(bare.path, "words") / 1e6,
    ]
    yield _line(size, "index", indexes[0], indexes[1], "MB")
    files = [one.stat().st_size / 1e6 for one in (ours.path, bare.path)]
    yield _line(size, "file", files[0], files[1], "MB")


def _search(runtime: Runtime, project_id: str) -> Callable[[str], object]:
    def ask(text: str) -> object:
        query = SearchQuery(project_id=project_id, query=text, limit=10)
        return runtime.recall.search(query, by=ME)

    return ask


def _pack(runtime: Runtime, project_id: str) -> Callable[[str], object]:
    query = ContextQuery(project_id=project_id)
    return lambda _: runtime.context.pack(query, by=ME)


def _asking(index: sqlite3.Connection) -> Callable[[str], object]:
    def ask(text: str) -> object:
        terms = " OR ".join(f'"{word}"' for word in text.split())
        return index.execute(
            "SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10",
            (terms,),
        ).fetchall()

    return ask


def _timed(queries: Sequence[str], ask: Callable[[str], object]) -> Samples:
    """Milliseconds of each query, after a first round that warms the caches."""
    samples = []
    warm = queries[: len(queries) // 10]
    for query in [*warm, *queries]:
        start = time.perf_counter()
        ask(query)
        samples.append((time.perf_counter() - start) * 1000)
    return samples[len(warm) :]


def _pair(size: int, what: str, mine: Samples, theirs: Samples) -> Iterator[Line]:
    for label, share in SHARES:
        both = percentile(mine, share), percentile(theirs, share)
        yield _line(size, f"{what}, {label}", *both, "ms")


def _line(size: int, what: str, ours: float, bare: float, unit: str) -> Line:
    label = f"{size:>9,} memories, {what}"
    return Line(label, ours, bare, unit, more_is_better=False)


def _resident() -> float:
    """Megabytes that this process holds, or at most held where none tells more."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize() / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
