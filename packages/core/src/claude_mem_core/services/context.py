# SPDX-License-Identifier: Apache-2.0
"""Context packs: what a session is told, the record of it, and what came of it."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.choosing import Chosen, Verdict, chosen
from claude_mem_core.domain.context_pack import (
    ContextPack,
    ContextQuery,
    PackReceipt,
    Told,
)
from claude_mem_core.domain.extraction.signatures import signatures
from claude_mem_core.domain.feedback import UNKNOWN, Feedback, MemoryUse
from claude_mem_core.domain.filters import MemoryFilter, as_known
from claude_mem_core.domain.forms import Valued
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.ranking import Ranked
from claude_mem_core.domain.search import NOTHING_FITS, Wording
from claude_mem_core.domain.worth import of_error, of_files, of_start
from claude_mem_core.errors import StorageError
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.finding import answers
from claude_mem_core.services.identification import project_id_of
from claude_mem_core.services.servings import Servings
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
        self,
        storage: Storage,
        audited: Audited,
        similarity: Similarity,
        uses: Uses,
        servings: Servings,
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._similarity = similarity
        self._uses = uses
        self._servings = servings

    def pack(
        self,
        query: ContextQuery,
        *,
        by: Principal,
        request_id: str | None = None,
        least: float = NOTHING_FITS,
        known: Collection[str] = (),
    ) -> ContextPack:
        """The most useful memories that fit the budget, and the text of them.

        While no memory changes, the same question gives the same bytes, unless it is
        one of "yesterday", which is another day tomorrow. That it was told is written
        down; where that cannot be, the log says so. What was read before it is counted
        first: it is such a change where it answers a pack.

        Args:
            query: What it is wanted for.
            by: The caller.
            request_id: The request that the audit log speaks of.
            least: How likely words that are asked must be answered.
            known: Memories that are not told again, by their ids.
        """
        consider = partial(_considered, least=least, known=known)
        return self._packed(query, consider, by=by, request_id=request_id)

    def fixes(
        self,
        query: ContextQuery,
        *,
        by: Principal,
        request_id: str | None = None,
        known: Collection[str] = (),
    ) -> ContextPack:
        """What got rid of the very error before that the query tells, and no more.

        It reads none but the memories of that error, so it is as quick among many.

        Args:
            query: It has the `error` or the `output` of what failed.
            by: The caller.
            request_id: The request that the audit log speaks of.
            known: Memories that are not told again, by their ids.
        """
        consider = partial(_of_this_error, known=known)
        return self._packed(query, consider, by=by, request_id=request_id)

    def _packed(
        self,
        query: ContextQuery,
        consider: Callable[[_Asked], Sequence[Valued]],
        *,
        by: Principal,
        request_id: str | None,
    ) -> ContextPack:
        """The pack of what is considered, written down."""
        self._uses.write_down()
        with self._storage.read() as snapshot:
            project_id = project_id_of(snapshot, query, by=by)
            if query.server_session_id is not None:
                snapshot.sessions.get(query.server_session_id, scope=by.scope)
            now = self._system.now()
            wanted = query.question(project_id).of((project_id,), now=now)
            considered = consider(_Asked(snapshot, query, wanted, self._similarity, by))
        best = chosen(considered, query.budget, untold=query.explain)
        pack = _pack(query, project_id, best, considered=len(considered), now=now)
        if pack.id is not None:
            self._write_down(pack, best)
        self._servings.note(
            "context.pack",
            pack.items,
            by=by,
            project_id=project_id,
            request_id=request_id,
        )
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
            deed = AuditDeed(
                action="memory.feedback",
                project_id=item.project_id,
                target_type="memory_item",
                target_id=item_id,
            )
            self._audited.record(tx, deed, by=by)
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


def _considered(
    asked: _Asked, *, least: float, known: Collection[str]
) -> Sequence[Valued]:
    """The memories that may be told, those worth the most first."""
    query = asked.query
    recent = _recent(asked) if query.asks_nothing or query.files else ()
    told = (*_without_words(asked, recent), _with_words(asked, least))
    return _weighed(asked, _summed(told), recent, known=known)


def _of_this_error(asked: _Asked, *, known: Collection[str]) -> Sequence[Valued]:
    """The memories of the error, those worth the most first."""
    met = _met(asked)
    return _weighed(asked, of_error(met), met, known=known)


def _weighed(
    asked: _Asked,
    worths: Mapping[str, float],
    recent: Sequence[Outline],
    *,
    known: Collection[str],
) -> Sequence[Valued]:
    """The memories, each as worthy as it proved before, the best first."""
    query, snapshot = asked.query, asked.snapshot
    worths = {one: worth for one, worth in worths.items() if one not in known}
    standings = snapshot.packs.feedback(list(worths))
    values = {
        one: worth * (1 + OWN_FEEDBACK * standings.get(one, UNKNOWN).value)
        for one, worth in worths.items()
    }
    ages = {one.id: age for age, one in enumerate(recent)}
    best = sorted(values, key=lambda one: (-values[one], ages.get(one, POOL), one))
    # Only now is any of them read whole.
    items = snapshot.memories.records(best[:CONSIDERED], scope=asked.by.scope)
    valued = [
        Valued(as_known(item, query), values[item.id], standings.get(item.id, UNKNOWN))
        for item in items
    ]
    valued.sort(key=lambda one: (-one.value, -one.item.created_at_epoch, one.item.id))
    return valued


def _summed(found: Iterable[Mapping[str, float]]) -> Mapping[str, float]:
    """What each memory is worth in all, without those that are worth nothing."""
    worths: defaultdict[str, float] = defaultdict(float)
    for one in found:
        for item_id, worth in one.items():
            worths[item_id] += worth
    return {item_id: worth for item_id, worth in worths.items() if worth > 0}


def _recent(asked: _Asked) -> Sequence[Outline]:
    """The newest memories, and what people wrote or decided however long ago."""
    wanted = [asked.wanted]
    if not asked.wanted.kind:
        wanted.append(asked.wanted.changed(kind=("manual",)))
    if not asked.wanted.type:
        wanted.append(asked.wanted.changed(type=("decision",)))
    memories, scope = asked.snapshot.memories, asked.by.scope
    lists = (memories.outlines(one, scope=scope, limit=POOL) for one in wanted)
    found = {item.id: item for one in lists for item in one}
    return sorted(found.values(), key=lambda one: (-one.created_at_epoch, one.id))


def _met(asked: _Asked) -> Sequence[Outline]:
    """The memories of the error that is told, the latest first."""
    found = signatures(asked.query.complaint or "")
    if not found:
        return ()
    memories, scope = asked.snapshot.memories, asked.by.scope
    return memories.met(found, asked.wanted, scope=scope, limit=ASKED)


def _without_words(
    asked: _Asked, recent: Sequence[Outline]
) -> Iterable[Mapping[str, float]]:
    query = asked.query
    if query.asks_nothing:
        yield of_start(recent)
        return
    if query.complaint:
        yield of_error(_met(asked))
    if query.files:
        yield of_files(recent, query.files)


def _with_words(asked: _Asked, least: float) -> Mapping[str, float]:
    query = asked.query
    said = (query.query, query.command, (query.complaint or "")[-500:])
    words = " ".join(one for one in said if one)
    if not words:
        return {}
    told = answers(
        asked.snapshot,
        Wording(words),
        asked.wanted,
        similarity=asked.similarity,
        by=asked.by,
        limit=ASKED,
    )
    if query.query and told.confidence < least:
        return {}
    fits = {one.item_id: _fit(one) for one in told.best}
    most = max(fits.values(), default=0.0)
    return {item_id: math.exp((fit - most) / 2) for item_id, fit in fits.items()}


def _fit(one: Ranked) -> float:
    """How well it fits the words, without the feedback, which is counted once."""
    return one.score - sum(one.parts[name] for name in ("feedback", "contradicted"))


def _pack(
    query: ContextQuery, project_id: str, best: Chosen, *, considered: int, now: int
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
        metadata={"considered": considered},
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
