# SPDX-License-Identifier: Apache-2.0
"""A search in the full-text index: its question, its weights and its border."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.search import Candidate, TermQuery
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.full_text import FIELDS
from claude_mem_storage_sqlite.rows import within

_PROJECT = (
    "SELECT seq FROM projects WHERE id = :wanted AND team_id = :team"
    " AND (:project IS NULL OR id = :project)"
)
# Read in the index's own order, best first, so that only the rows that are wanted are
# looked up. The join on the project is the border; the scope in the index only saves
# the time of looking at other projects' rows. Never `rowid IN (SELECT ...)`: the index
# would then be asked once for each row.
_BEST = """
    SELECT m.id, m.server_session_id, m.kind, m.created_at_epoch, -f.rank
    FROM memory_items_fts f
    CROSS JOIN memory_items m ON m.seq = f.rowid AND m.project_id = :wanted
"""
_ON_PLATFORM = """
    CROSS JOIN server_sessions s
      ON s.id = m.server_session_id AND s.platform_source = :platform
"""
_ORDER = """
    WHERE f.memory_items_fts MATCH :question AND f.rank MATCH :weights
      AND m.superseded_by_id IS NULL
    ORDER BY f.rank LIMIT :limit
"""
_WEIGHTS = f"bm25({', '.join(str(FIELD_WEIGHTS[name]) for name in FIELDS)}, 0.0)"


def candidates(
    connection: Connection, query: TermQuery, *, scope: Scope
) -> Sequence[Candidate]:
    """The memories of the query's project that share a term, the best fit first."""
    wanted = within(scope, wanted=query.project_id)
    project = connection.one(_PROJECT, wanted)
    if project is None:
        return []
    rows = connection.all(
        _BEST + (_ON_PLATFORM if query.platform_source else "") + _ORDER,
        {
            "wanted": query.project_id,
            "platform": query.platform_source,
            "question": question(project[0], query.terms),
            "weights": _WEIGHTS,
            "limit": query.limit,
        },
    )
    found = [
        Candidate(row[0], row[1], row[2], row[3], max(row[4], 0.0)) for row in rows
    ]
    return sorted(found, key=lambda one: (-one.score, one.item_id))


def question(project: int, terms: Iterable[str]) -> str:
    """The index's question for any of the terms within a project.

    Each term is quoted, so that nothing in it is an operator or a column.

    Args:
        project: The project's number, from which its token in the index is made.
        terms: Words as they were asked for.
    """
    any_of = " OR ".join(_quoted(term) for term in terms)
    return f"scope : p{project} AND {{{' '.join(FIELDS)}}} : ({any_of})"


def _quoted(term: str) -> str:
    text = term.replace('"', '""').replace("\0", " ")
    return f'"{text}"'
