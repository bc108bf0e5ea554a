# SPDX-License-Identifier: Apache-2.0
"""A search in the full-text index: its question, its weights and its border."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.search import Candidate, TermQuery
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.filters import conditions, parameters
from claude_mem_storage_sqlite.full_text import FIELDS
from claude_mem_storage_sqlite.rows import within

_PROJECTS = (
    "SELECT seq FROM projects WHERE id IN (SELECT value FROM json_each(:projects))"
    " AND team_id = :team AND (:project IS NULL OR id = :project) ORDER BY seq"
)
# Read in the index's own order, best first, so that only the rows that are wanted are
# looked up. The join on the project is the border; the scope in the index only saves
# the time of looking at other projects' rows. Never `rowid IN (SELECT ...)`: the index
# would then be asked once for each row.
_BEST = """
    SELECT r.id, r.server_session_id, r.kind, r.created_at_epoch, -f.rank
    FROM memory_items_fts f
    CROSS JOIN memory_items r ON r.seq = f.rowid
    CROSS JOIN projects p ON p.id = r.project_id AND p.team_id = :team
      AND (:project IS NULL OR p.id = :project)
    WHERE f.memory_items_fts MATCH :question AND f.rank MATCH :weights
      AND r.project_id IN (SELECT value FROM json_each(:projects))
"""
_ORDER = " ORDER BY f.rank LIMIT :limit"
_WEIGHTS = f"bm25({', '.join(str(FIELD_WEIGHTS[name]) for name in FIELDS)}, 0.0)"


def candidates(
    connection: Connection, query: TermQuery, *, scope: Scope
) -> Sequence[Candidate]:
    """The memories that pass the filter and share a term, the best fit first."""
    wanted = within(scope, **parameters(query.wanted))
    projects = [row[0] for row in connection.all(_PROJECTS, wanted)]
    if not projects:
        return []
    asked = {
        "question": question(projects, query.terms),
        "weights": _WEIGHTS,
        "limit": query.limit,
    }
    sql = _BEST + conditions(query.wanted) + _ORDER
    rows = connection.all(sql, {**wanted, **asked})
    found = [
        Candidate(row[0], row[1], row[2], row[3], max(row[4], 0.0)) for row in rows
    ]
    return sorted(found, key=lambda one: (-one.score, one.item_id))


def question(projects: Iterable[int], terms: Iterable[str]) -> str:
    """The index's question for any of the terms within some projects.

    Each term is quoted, so that nothing in it is an operator or a column.

    Args:
        projects: Their numbers, from which their tokens in the index are made.
        terms: Words as they were asked for.
    """
    any_of = " OR ".join(_quoted(term) for term in terms)
    within_any = " OR ".join(f"p{one}" for one in projects)
    return f"scope : ({within_any}) AND {{{' '.join(FIELDS)}}} : ({any_of})"


def _quoted(term: str) -> str:
    text = term.replace('"', '""').replace("\0", " ")
    return f'"{text}"'
