# SPDX-License-Identifier: Apache-2.0
"""Finding the memories that answer a question: the way every question takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.analysis import Question, asked
from claude_mem_core.domain.calendar import Times
from claude_mem_core.domain.confidence import (
    DEPTH,
    NO_EVIDENCE,
    Evidence,
    confidence,
    evidence_of,
)
from claude_mem_core.domain.filters import MemoryFilter, as_known
from claude_mem_core.domain.index import why
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.named_files import files_in
from claude_mem_core.domain.open_files import OpenFiles
from claude_mem_core.domain.ranking import Asked, Ranked, ranked
from claude_mem_core.domain.search import (
    Candidate,
    SearchHit,
    SearchQuery,
    SearchResult,
    TermQuery,
    Wording,
)
from claude_mem_core.domain.weights import is_said
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.alike import Alike
from claude_mem_core.services.lexical import looked_up
from claude_mem_core.services.of_files import of_files
from claude_mem_core.services.similarity import Similarity


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found for a question, before any of it is read.

    Attributes:
        question: What was asked for.
        best: The memories, best first; none where nothing fits.
        evidence: What speaks for them.
    """

    question: Question
    best: Sequence[Ranked] = ()
    evidence: Evidence = NO_EVIDENCE

    @property
    def confidence(self) -> float:
        """How likely it is that they answer the question; 0 without any."""
        return confidence(self.evidence) if self.best else 0.0


def found(
    snapshot: Snapshot,
    query: SearchQuery,
    wanted: MemoryFilter,
    *,
    similarity: Similarity,
    by: Principal,
) -> SearchResult:
    """The memories that pass a filter and fit the query, best first.

    Without a query all of them fit, and the latest are first; with one that names a
    time and nothing else, those of that time.
    """
    times = Times.named_in(query.query or "", now=_asked_at(wanted))
    of_its_time = _of_its_time(snapshot, query, wanted, times, by=by)
    if query.query is None or of_its_time:
        items = of_its_time or snapshot.memories.recent(
            wanted, scope=by.scope, limit=query.limit
        )
        hits = [SearchHit(item=as_known(one, query), score=0.0) for one in items]
        return SearchResult(hits=tuple(hits))
    told = answers(
        snapshot,
        query.wording,
        wanted,
        similarity=similarity,
        by=by,
        limit=query.limit,
        times=times,
    )
    if told.confidence < query.min_confidence:
        return SearchResult(hits=(), confidence=told.confidence)
    return SearchResult(
        hits=tuple(_hits(snapshot, query, told, by=by)), confidence=told.confidence
    )


def _of_its_time(
    snapshot: Snapshot,
    query: SearchQuery,
    wanted: MemoryFilter,
    times: Times,
    *,
    by: Principal,
) -> Sequence[MemoryRecord]:
    """The latest memories of the times that a question asks for without other words."""
    if not times.written or times.others(asked(query.query or "")):
        return ()
    found = {
        item.id: item
        for span in times.until(_asked_at(wanted))
        if (within := wanted.within(span)) is not None
        for item in snapshot.memories.recent(within, scope=by.scope, limit=query.limit)
    }
    latest = sorted(found.values(), key=lambda one: (-one.when, one.id))
    return latest[: query.limit]


def _asked_at(wanted: MemoryFilter) -> int:
    return wanted.now if wanted.as_of is None else wanted.as_of


def answers(  # noqa: PLR0913 - what is asked, of what, and by whom
    snapshot: Snapshot,
    wording: Wording,
    wanted: MemoryFilter,
    *,
    similarity: Similarity,
    by: Principal,
    limit: int,
    times: Times | None = None,
) -> Answers:
    """Which memories pass a filter and fit a question, best first; none is read.

    Args:
        snapshot: The records.
        wording: The question.
        wanted: The filter.
        similarity: What an embedder tells.
        by: Who asks.
        limit: At most so many.
        times: Those that the question names, where they are known already.
    """
    if times is None:
        times = Times.named_in(wording.text, now=_asked_at(wanted))
    text = wording.text
    question = asked(text)
    if not question.words:
        return Answers(question)
    looked = looked_up(snapshot, question, wanted, by=by)
    query, frequencies = looked.query, looked.frequencies
    alike = Alike(snapshot, text, query, by).beside(looked.matches, similarity)
    named, opened = files_in(text), wording.open_files
    files = list(dict.fromkeys((*named, *opened)))
    found = _with_files(snapshot, alike.candidates, query, files, by=by)
    candidates = _with_neighbours(snapshot, found, query, by=by)
    standings = snapshot.packs.feedback([one.item_id for one in candidates])
    weighed = Asked(
        text,
        frequencies,
        alike.cosines,
        standings,
        OpenFiles(named),
        OpenFiles(opened),
        times=times,
    )
    best = ranked(candidates, weighed, limit=max(limit, DEPTH))
    evidence = evidence_of(
        looked.question, frequencies, best, alike.cosines, times=times
    )
    return Answers(looked.question, best[:limit], evidence)


def _with_files(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    query: TermQuery,
    files: Sequence[str],
    *,
    by: Principal,
) -> Sequence[Candidate]:
    """The candidates, and others of some files."""
    known = {one.item_id for one in candidates}
    return [*candidates, *of_files(snapshot, files, query, known=known, by=by)]


def _with_neighbours(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    terms: TermQuery,
    *,
    by: Principal,
) -> Sequence[Candidate]:
    """The candidates, and what was said right before and after those that were said."""
    said = [one.item_id for one in candidates if is_said(one)]
    if not said:
        return candidates
    known = {one.item_id for one in candidates}
    beside = snapshot.memories.beside(said, terms, scope=by.scope)
    return [*candidates, *(one for one in beside if one.item_id not in known)]


def _hits(
    snapshot: Snapshot,
    query: SearchQuery,
    answers: Answers,
    *,
    by: Principal,
) -> list[SearchHit]:
    places = {one.item_id: one for one in answers.best}
    items = snapshot.memories.records(list(places), scope=by.scope)
    return [
        SearchHit(
            item=as_known(item, query),
            score=places[item.id].score,
            why=_reason(answers.question, places[item.id]),
            parts=dict(places[item.id].parts),
        )
        for item in items
    ]


def _reason(question: Question, one: Ranked) -> str:
    """What a memory was found by: the question's words, or what came in their place."""
    words = why(question, one.counts)
    if words:
        return words
    if one.parts["open"] > 0:
        return "an open file"
    return "its meaning" if one.parts["alike"] else "what it stands beside"
