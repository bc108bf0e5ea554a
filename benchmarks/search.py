# SPDX-License-Identifier: Apache-2.0
"""Search at 10,000 and 100,000 memories, beside a bare FTS5 query on the same text.

The bare query is `MATCH` with the same quoted terms joined by OR, ordered by bm25, 10
rows, over an index of one column with the same tokenizer and nothing else: no scope, no
ranking, no sources. The product's search includes all of these.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from claude_mem_core.api import (
    MemoryItem,
    Principal,
    ProjectDraft,
    SearchQuery,
    open_runtime,
)
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Wiring
from claude_mem_core.system import RealSystem

from benchmarks.report import Line, percentile

SIZES = (10_000, 100_000)
SMALL_SHARE = 100
"""One memory in so many is of the small project."""

QUERIES = 200
WORDS_A_QUERY = 4
WORDS_A_MEMORY = 60
VOCABULARY = 20_000
A_WRITE = 1_000
NOW = 1_700_000_000_000
ME = Principal.local()


def measure() -> Sequence[Line]:
    """Every size, in a project that holds 99 % of the memories and in one of 1 %."""
    return [line for size in SIZES for line in _at(size)]


def _at(size: int) -> Iterator[Line]:
    chance = random.Random(size)
    texts = [_text(chance) for _ in range(size)]
    queries = [" ".join(_words(chance, WORDS_A_QUERY)) for _ in range(QUERIES)]
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / "bare")) as index:
            bare = _timed(queries, _bare(index, texts))
        for name, ours in _ours(Path(folder), texts, queries).items():
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                what = f"{size:>7,} memories, {name} project, {label}"
                mine, theirs = percentile(ours, share), percentile(bare, share)
                yield Line(what, mine, theirs, "ms", more_is_better=False)


def _words(chance: random.Random, count: int) -> list[str]:
    """Words as in prose: the n-th most common one is n times rarer than the first."""
    ranks = (int(VOCABULARY ** chance.random()) for _ in range(count))
    return [f"w{rank:x}q" for rank in ranks]


def _text(chance: random.Random) -> str:
    return " ".join(_words(chance, WORDS_A_MEMORY))


def _timed(queries: Sequence[str], ask: Callable[[str], object]) -> list[float]:
    """Milliseconds of each query, after a first round that warms the caches."""
    samples = []
    for query in [*queries[:20], *queries]:
        start = time.perf_counter()
        ask(query)
        samples.append((time.perf_counter() - start) * 1000)
    return samples[20:]


def _ours(
    folder: Path, texts: Sequence[str], queries: Sequence[str]
) -> dict[str, list[float]]:
    env = {"CLAUDE_MEM_DATA_DIR": str(folder)}
    with open_runtime(env) as runtime:
        big, small = (
            runtime.projects.create(ProjectDraft(name=name), by=ME).id
            for name in ("big", "small")
        )
    _fill(folder, texts, big, small)
    with open_runtime(env) as runtime:

        def search(project_id: str, text: str) -> object:
            query = SearchQuery(project_id=project_id, query=text, limit=10)
            return runtime.recall.search(query, by=ME)

        return {
            "99 %": _timed(queries, lambda text: search(big, text)),
            "1 %": _timed(queries, lambda text: search(small, text)),
        }


def _fill(folder: Path, texts: Sequence[str], big: str, small: str) -> None:
    """Write the memories through the storage: a service would commit each alone."""
    system = RealSystem()
    adapter = installed_plugins().storage("sqlite")
    wiring = Wiring(folder, system, lambda: storage)
    storage = adapter.open(
        adapter.settings.from_env({"CLAUDE_MEM_DATA_DIR": str(folder)}), wiring
    )
    with closing(storage):
        for first in range(0, len(texts), A_WRITE):
            with storage.begin() as tx:
                for number, text in enumerate(texts[first : first + A_WRITE], first):
                    project = big if number % SMALL_SHARE else small
                    tx.memories.add(_item(system.new_id(), project, text))


def _item(item_id: str, project_id: str, text: str) -> MemoryItem:
    return MemoryItem(
        id=item_id,
        project_id=project_id,
        kind="observation",
        type="discovery",
        title=text[:60],
        narrative=text,
        created_at_epoch=NOW,
        updated_at_epoch=NOW,
    )


def _bare(bare: sqlite3.Connection, texts: Sequence[str]) -> Callable[[str], object]:
    bare.execute(
        "CREATE VIRTUAL TABLE words USING fts5"
        "(text, tokenize='porter unicode61 remove_diacritics 2')"
    )
    bare.executemany("INSERT INTO words VALUES (?)", ((text,) for text in texts))
    bare.commit()

    def ask(text: str) -> object:
        terms = " OR ".join(f'"{word}"' for word in text.split())
        return bare.execute(
            "SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10",
            (terms,),
        ).fetchall()

    return ask
