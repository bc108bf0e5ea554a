# SPDX-License-Identifier: Apache-2.0
"""Finding the memories that answer a question: the way every question takes."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.ranking import ranked
from claude_mem_core.domain.search import SearchHit, SearchQuery, TermQuery
from claude_mem_core.domain.terms import search_terms
from claude_mem_core.ports.storage import Snapshot

POOL = 200
"""Candidates that are ranked for an answer: enough for a session's memories to
support each other, few enough to take no time."""


def found(
    snapshot: Snapshot, query: SearchQuery, project_id: str, *, by: Principal
) -> Sequence[SearchHit]:
    """The memories of a project that fit the query, best first."""
    terms = search_terms(query.query)
    if not terms:
        return []
    question = TermQuery(
        project_id=project_id,
        terms=terms,
        platform_source=query.platform_source,
        limit=POOL,
    )
    candidates = snapshot.memories.search(question, scope=by.scope)
    best = ranked(candidates)[: query.limit]
    scores = {one.item_id: one.score for one in best}
    items = snapshot.memories.get_many(list(scores), scope=by.scope)
    return [SearchHit(item=item, score=scores[item.id]) for item in items]
