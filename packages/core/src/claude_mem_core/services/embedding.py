# SPDX-License-Identifier: Apache-2.0
"""Embedding: memories get their vectors, some time after they were written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import Embedded, passages
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.ports.embedder import Embedder
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System

EMBED_EVERY = timedelta(seconds=2)
"""How often it is looked for memories without vectors."""

AT_ONCE = 16
"""Memories of one transaction: a few seconds' work at most is lost with a kill."""

LOOKED_AT = 16 * AT_ONCE
"""Of so many that wait, each process begins somewhere else than the others."""


class Embedding:
    """The deed that gives memories the vectors that they lack.

    What is to be done stands in the store: whoever was killed, and whatever was
    replaced meanwhile, is found again by the next look.
    """

    def __init__(
        self, storage: Storage, embedder: Embedder | None, system: System
    ) -> None:
        self._storage = storage
        self._embedder = embedder
        self._system = system

    def once(self) -> int:
        """Embed some memories that have no vectors; how many there were.

        When none is left, the vectors of other models go.

        Raises:
            EmbedderError: The model does not answer.
        """
        if self._embedder is None:
            return 0
        model = self._embedder.model.key
        with self._storage.read() as snapshot:
            left = snapshot.vectors.progress(model).waiting
            waiting = snapshot.vectors.waiting(model, limit=LOOKED_AT) if left else ()
        if not waiting:
            self._drop_others(model)
            return 0
        chosen = self._some(waiting)
        self._embed(self._embedder, chosen)
        return len(chosen)

    def progress(self) -> Embedded | None:
        """How far the model is; None without one."""
        if self._embedder is None:
            return None
        with self._storage.read() as snapshot:
            return snapshot.vectors.progress(self._embedder.model.key)

    def _some(
        self, waiting: Sequence[tuple[str, Scope]]
    ) -> Sequence[tuple[str, Scope]]:
        first = int.from_bytes(self._system.random_bytes(2)) % len(waiting)
        first -= first % AT_ONCE
        return waiting[first : first + AT_ONCE]

    def _embed(self, embedder: Embedder, chosen: Sequence[tuple[str, Scope]]) -> None:
        items = list(self._items(chosen))
        # No block is open meanwhile: nobody waits for a model.
        made = [(item, b"".join(embedder.embed(passages(item)))) for item, _ in items]
        scopes = {item.id: scope for item, scope in items}
        with self._storage.begin() as tx:
            for item, vectors in made:
                now = tx.memories.records([item.id], scope=scopes[item.id])
                # It may have gone, or say something else by now.
                if now and passages(now[0]) == passages(item):
                    tx.vectors.put(item.id, embedder.model.key, vectors)

    def _items(
        self, chosen: Sequence[tuple[str, Scope]]
    ) -> Iterator[tuple[MemoryRecord, Scope]]:
        by_scope: defaultdict[Scope, list[str]] = defaultdict(list)
        for item_id, scope in chosen:
            by_scope[scope].append(item_id)
        with self._storage.read() as snapshot:
            for scope, ids in by_scope.items():
                for item in snapshot.memories.records(ids, scope=scope):
                    yield item, scope

    def _drop_others(self, model: str) -> None:
        with self._storage.read() as snapshot:
            if not snapshot.vectors.has_others(model):
                # A write block each two seconds would be in everybody's way.
                return
        with self._storage.begin() as tx:
            tx.vectors.drop_others(model)
