# SPDX-License-Identifier: Apache-2.0
"""Context packs: what a session is told, the record of it, and what came of it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.choosing import Chosen, Valued, Verdict, chosen
from claude_mem_core.domain.context_pack import (
    ContextPack,
    ContextQuery,
    PackReceipt,
    Told,
)
from claude_mem_core.domain.feedback import UNKNOWN, Feedback, MemoryUse
from claude_mem_core.domain.filters import MemoryFilter, as_known
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import SearchHit
from claude_mem_core.domain.worth import of_error, of_files, of_start
from claude_mem_core.errors import StorageError
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.finding import found
from claude_mem_core.services.identification import project_id_of
from claude_mem_core.services.similarity import Similarity
from claude_mem_core.services.uses import Uses

POOL = 400
"""Newest memories that are looked at for what was asked without words, and as many
that were written by hand, and decisions."""

CONSIDERED = 100
"""Candidates that are weighed against each other: more than any pack can tell."""

ASKED = 50
"""Memories that a question's words may bring."""

OWN_FEEDBACK = 0.5
"""By how much of its worth feedback can raise or lower a memory."""

log = logging.getLogger(__name__)


class ContextPacks:
    """What sessions are told."""

    def __init__(
        self, storage: Storage, system: System, similarity: Similarity, uses: Uses
    ) -> None:
        self._storage = storage
        self._system = system
        self._similarity = similarity
        self._uses = uses

    def pack(self, query: ContextQuery, *, by: Principal) -> ContextPack:
        """The most useful memories that fit the budget, and the text of them.

        While no memory changes, the same question gives the same bytes. That it was
        told is written down; where that cannot be, the log says so. What was read
        before it is counted first: it is such a change where it answers a pack.
        """
        self._uses.write_down()
        with self._storage.read() as snapshot:
            project_id = project_id_of(snapshot, query, by=by)
            if query.server_session_id is not None:
                snapshot.sessions.get(query.server_session_id, scope=by.scope)
            now = self._system.now()
            wanted = query.question(project_id).of((project_id,), now=now)
            considered = _considered(
                _Asked(snapshot, query, wanted, self._similarity, by)
            )
        best = chosen(considered, query.budget)
        pack = _pack(query, project_id, best, now=now)
        if pack.id is not None:
            self._write_down(pack, best)
        return pack

    def get(self, pack_id: str, *, by: Principal) -> PackReceipt:
        """What was told, when and to whom."""
        with self._storage.read() as snapshot:
            return snapshot.packs.get(pack_id, scope=by.scope)

    def judge(self, item_id: str, told: Feedback, *, by: Principal) -> float:
        """How useful a memory is held to be, now that someone says so."""
        with self._storage.begin() as tx:
            item = tx.memories.get(item_id, scope=by.scope)
            tx.packs.note(
                MemoryUse(
                    id=self._system.new_id(),
                    memory_item_id=item_id,
                    project_id=item.project_id,
                    kind=told.kind,
                    created_at_epoch=self._system.now(),
                )
            )
            return tx.packs.feedback([item_id]).get(item_id, UNKNOWN).value

    def _write_down(self, pack: ContextPack, best: Chosen) -> None:
        receipt = _receipt(pack, best)
        try:
            with self._storage.begin() as tx:
                tx.packs.add(receipt)
        except StorageError as error:
            # The session must not begin without its memories for want of a receipt.
            log.warning("the receipt of %s was not kept: %s", receipt.id, error)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, among which memories, and by whom."""

    snapshot: Snapshot
    query: ContextQuery
    wanted: MemoryFilter
    similarity: Similarity
    by: Principal


def _considered(asked: _Asked) -> Sequence[Valued]:
    """The memories that may be told, those worth the most first."""
    values: dict[str, float] = {}
    items: dict[str, MemoryItem] = {}
    query, snapshot = asked.query, asked.snapshot
    if query.asks_nothing or query.files or query.complaint:
        recent = [as_known(item, query) for item in _recent(asked)]
        _add(items, values, _without_words(query, recent))
    _add(items, values, _with_words(asked))
    standings = snapshot.packs.feedback(list(items))
    valued = []
    for item in items.values():
        known = standings.get(item.id, UNKNOWN)
        worth = values[item.id] * (1 + OWN_FEEDBACK * known.value)
        valued.append(Valued(item, worth, known))
    valued.sort(key=lambda one: (-one.value, -one.item.created_at_epoch, one.item.id))
    return valued[:CONSIDERED]


def _recent(asked: _Asked) -> Sequence[MemoryItem]:
    """The newest memories, and what people wrote or decided however long ago."""
    wanted = [asked.wanted]
    if not asked.wanted.kind:
        wanted.append(asked.wanted.changed(kind=("manual",)))
    if not asked.wanted.type:
        wanted.append(asked.wanted.changed(type=("decision",)))
    memories, scope = asked.snapshot.memories, asked.by.scope
    lists = (memories.recent(one, scope=scope, limit=POOL) for one in wanted)
    found = {item.id: item for one in lists for item in one}
    return sorted(found.values(), key=lambda one: (-one.created_at_epoch, one.id))


def _add(
    items: dict[str, MemoryItem], values: dict[str, float], found: Iterable[Valued]
) -> None:
    for one in found:
        if one.value > 0:
            items[one.item.id] = one.item
            values[one.item.id] = values.get(one.item.id, 0.0) + one.value


def _without_words(query: ContextQuery, recent: Sequence[MemoryItem]) -> list[Valued]:
    if query.asks_nothing:
        return of_start(recent)
    complaint = query.complaint
    errors = of_error(recent, complaint) if complaint else []
    return [*errors, *of_files(recent, query.files)]


def _with_words(asked: _Asked) -> list[Valued]:
    query = asked.query
    said = (query.query, query.command, (query.complaint or "")[-500:])
    words = " ".join(one for one in said if one)
    if not words:
        return []
    hits = found(
        asked.snapshot,
        query.question(asked.wanted.project_ids[0], words, limit=ASKED),
        asked.wanted,
        similarity=asked.similarity,
        by=asked.by,
    )
    fits = [_fit(hit) for hit in hits]
    best = max(fits, default=0.0)
    return [
        Valued(hit.item, math.exp((fit - best) / 2))
        for hit, fit in zip(hits, fits, strict=True)
    ]


def _fit(hit: SearchHit) -> float:
    """How well it fits the words, without the feedback, which is counted once."""
    return hit.score - sum(hit.parts[name] for name in ("feedback", "contradicted"))


def _pack(
    query: ContextQuery, project_id: str, best: Chosen, *, now: int
) -> ContextPack:
    told = tuple(one.item for one in best.verdicts if one.is_told)
    explained = best.verdicts if query.explain else ()
    return ContextPack(
        id=_pack_id(query, project_id, best.text) if told else None,
        project_id=project_id,
        server_session_id=query.server_session_id,
        generated_at_epoch=now,
        token_budget=query.token_budget,
        character_budget=query.character_budget,
        items=told,
        context=best.text,
        tokens=best.tokens,
        explanation=tuple(_told(one) for one in explained),
        metadata={"considered": len(best.verdicts)},
    )


def _pack_id(query: ContextQuery, project_id: str, text: str) -> str:
    budgets = (query.token_budget, query.character_budget)
    return "pack_" + fingerprint(project_id, query.server_session_id, *budgets, text)


def _receipt(pack: ContextPack, best: Chosen) -> PackReceipt:
    return PackReceipt(
        id=pack.id or "",
        project_id=pack.project_id,
        server_session_id=pack.server_session_id,
        token_budget=pack.token_budget or 1,
        character_budget=pack.character_budget,
        tokens=pack.tokens,
        characters=len(pack.context),
        items=tuple(_told(one) for one in best.verdicts if one.is_told),
        told_at_epoch=pack.generated_at_epoch,
    )


def _told(one: Verdict) -> Told:
    return Told(
        memory_id=one.item.id,
        score=round(one.value, 6),
        value_per_token=round(one.per_token, 8),
        tokens=one.tokens,
        included=one.is_told,
        reason=one.reason,
        feedback=round(one.standing.value, 6),
        contradicted=round(one.standing.contradicted, 6),
    )
