# SPDX-License-Identifier: Apache-2.0
"""Similarity: the memories whose vectors are nearest to a question's."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.embedding import EmbeddingModel, without_names
from claude_mem_core.errors import EmbedderError
from claude_mem_core.ports.embedder import Embedder, VectorIndex
from claude_mem_core.ports.storage import Snapshot

MOST_BYTES = 256 * 1024 * 1024
"""Memory for the indexes of all projects; the one that was not asked for the longest
goes first, and is built again from the store when it is."""

READ_AT_ONCE = 1_000
"""Memories whose vectors are read in one go."""

Fits = Callable[[Sequence[str]], Collection[str]]
"""Those of the memories that may be an answer."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    """A project's index, and what of the store it shows.

    Attributes:
        changes: The store's count of changes when it was last looked at.
        numbers: From the memories to the numbers of their vectors.
    """

    index: VectorIndex
    changes: int = 0
    numbers: dict[str, int] = field(default_factory=dict)


class Similarity:
    """What an embedder finds alike. Without one, nothing is.

    Args:
        embedder: The model.
        most_bytes: Memory for the indexes of all projects.
    """

    def __init__(
        self, embedder: Embedder | None, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._embedder = embedder
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._turn = threading.Lock()
        self.problem: str | None = None
        """Why the last question was not compared; None when it was."""

    @property
    def model(self) -> EmbeddingModel | None:
        """The model; None without one."""
        return self._embedder.model if self._embedder else None

    def similar(  # noqa: PLR0913 - a search has as many sides
        self,
        snapshot: Snapshot,
        project_id: str,
        text: str,
        *,
        scope: Scope,
        limit: int,
        ids: Collection[str] = (),
        names: Iterable[str] = (),
        fits: Fits | None = None,
    ) -> Mapping[str, float]:
        """The cosines of a project's best memories, and of those that are named.

        It is empty without an embedder, and when the embedder fails: words still
        find what they find.

        Args:
            snapshot: The records.
            project_id: Whose memories.
            text: The question.
            scope: What the caller may see.
            limit: How many of the best are wanted.
            ids: Memories whose cosines are wanted in any case.
            names: Of participants, which the question is compared without.
            fits: Tells which memories may be an answer; all when it is left out.
        """
        if self._embedder is None:
            return {}
        try:
            question = self._embedder.embed([without_names(text, names)])[0]
            asked = _Asked(snapshot, project_id, scope, self._embedder, question)
            found = self._asked(asked, limit, fits, ids)
        except EmbedderError as error:
            if self.problem is None:
                log.error("questions are compared by their words alone: %s", error)  # noqa: TRY400
            self.problem = f"{type(error).__name__}: {error}"
            return {}
        self.problem = None
        return found

    def _asked(
        self, asked: _Asked, limit: int, fits: Fits | None, ids: Collection[str]
    ) -> Mapping[str, float]:
        changes = asked.snapshot.vectors.changes(asked.project_id, scope=asked.scope)
        if not changes:
            return {}
        with self._turn:
            held = self._current(asked, changes)
            found = _nearest(held.index, asked, limit, fits)
            others = [one for one in ids if one not in found]
            named = held.index.compare(asked.question, others, load=asked.load)
        return {**found, **named}

    def _current(self, asked: _Asked, changes: int) -> _Held:
        """The project's index, as the snapshot has its vectors."""
        held = self._held.pop(asked.project_id, None)
        if held is None:
            held = _Held(asked.embedder.index())
        if held.changes != changes:
            _bring_up_to_date(held, asked)
            held.changes = changes
        self._held[asked.project_id] = held
        while len(self._held) > 1 and self._size() > self._most_bytes:
            self._held.popitem(last=False)
        return held

    def _size(self) -> int:
        return sum(held.index.size for held in self._held.values())


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to a project's vectors."""

    snapshot: Snapshot
    project_id: str
    scope: Scope
    embedder: Embedder
    question: bytes

    @property
    def model(self) -> str:
        return self.embedder.model.key

    def load(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        if not ids:
            return {}
        return self.snapshot.vectors.of(ids, self.model, scope=self.scope)


def _bring_up_to_date(held: _Held, asked: _Asked) -> None:
    """Take away what the store has no more, and put in what it has besides."""
    vectors = asked.snapshot.vectors
    where = (asked.project_id, asked.model)
    there = set(vectors.numbers(*where, scope=asked.scope))
    gone = [one for one, number in held.numbers.items() if number not in there]
    held.index.remove(gone)
    for one in gone:
        del held.numbers[one]
    page = partial(vectors.page, *where, scope=asked.scope, limit=READ_AT_ONCE)
    after = max(held.numbers.values(), default=0)
    while found := page(after=after):
        held.index.put((one.item_id, one.vectors) for one in found)
        held.numbers.update((one.item_id, one.number) for one in found)
        after = found[-1].number


def _nearest(
    index: VectorIndex, asked: _Asked, limit: int, fits: Fits | None
) -> dict[str, float]:
    """The best memories that fit; more are looked at for as long as too few do."""
    wanted = limit
    while True:
        found = index.similar(asked.question, limit=wanted, load=asked.load)
        fitting = set(found if fits is None else fits(list(found)))
        if len(fitting) >= limit or len(found) < wanted:
            best = [one for one in found if one in fitting]
            return {one: found[one] for one in best[:limit]}
        wanted *= 4
