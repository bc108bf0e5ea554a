# SPDX-License-Identifier: Apache-2.0
"""A search in the full-text index: its question, its weights and its border."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.search import Candidate, TermQuery
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS

from claude_mem_storage_sqlite.driver import Connection, Row
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
_COLUMNS = """
    r.id, r.server_session_id, r.kind, r.created_at_epoch, {score},
    r.when_epoch, r.author,
    instr(ifnull(r.text, '') || ifnull(r.narrative, ''), '?') > 0,
    length(ifnull(r.text, '')) + length(ifnull(r.narrative, ''))
"""
_BORDER = """
    CROSS JOIN projects p ON p.id = r.project_id AND p.team_id = :team
      AND (:project IS NULL OR p.id = :project)
"""
_BEST = f"""
    SELECT {_COLUMNS.format(score="-f.rank")}
    FROM memory_items_fts f
    CROSS JOIN memory_items r ON r.seq = f.rowid
    {_BORDER}
    WHERE f.memory_items_fts MATCH :question AND f.rank MATCH :weights
      AND r.project_id IN (SELECT value FROM json_each(:projects))
"""
_NEXT = """
    SELECT n.seq FROM memory_items n WHERE n.server_session_id = a.server_session_id
      AND (n.when_epoch, n.id) {than} (a.when_epoch, a.id)
    ORDER BY n.when_epoch {order}, n.id {order} LIMIT 1
"""
_BESIDE = f"""
    SELECT DISTINCT {_COLUMNS.format(score="0.0")}
    FROM memory_items a
    CROSS JOIN memory_items r ON r.seq IN (
      ({_NEXT.format(than="<", order="DESC")}), ({_NEXT.format(than=">", order="ASC")}))
    {_BORDER}
    WHERE a.id IN (SELECT value FROM json_each(:ids))
      AND a.server_session_id IS NOT NULL
      AND r.id NOT IN (SELECT value FROM json_each(:ids))
      AND r.project_id IN (SELECT value FROM json_each(:projects))
"""
_NAMED = f"""
    SELECT {_COLUMNS.format(score="0.0")}
    FROM memory_items r
    {_BORDER}
    WHERE r.id IN (SELECT value FROM json_each(:ids))
      AND r.project_id IN (SELECT value FROM json_each(:projects))
"""
NEIGHBOURS = (
    """
    CREATE INDEX memory_items_in_session
      ON memory_items (server_session_id, when_epoch, id)
    """,
)
"""What the migration adds: the order within a session."""

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
    found = [_candidate(row) for row in rows]
    return sorted(found, key=lambda one: (-one.score, one.item_id))


def beside(
    connection: Connection, ids: Iterable[str], wanted: MemoryFilter, *, scope: Scope
) -> Sequence[Candidate]:
    """The memories right before and right after some in their sessions."""
    asked = within(scope, ids=json.dumps(list(ids)), **parameters(wanted))
    sql = _BESIDE + conditions(wanted) + " ORDER BY r.when_epoch, r.id"
    return [_candidate(row) for row in connection.all(sql, asked)]


def passing(
    connection: Connection, ids: Sequence[str], wanted: MemoryFilter, *, scope: Scope
) -> Sequence[Candidate]:
    """Those of some memories that pass a filter, in the order of the ids."""
    asked = within(scope, ids=json.dumps(list(ids)), **parameters(wanted))
    rows = connection.all(_NAMED + conditions(wanted), asked)
    found = {row[0]: _candidate(row) for row in rows}
    return [found[one] for one in ids if one in found]


def _candidate(row: Row) -> Candidate:
    return Candidate(
        item_id=row[0],
        session_id=row[1],
        kind=row[2],
        created_at_epoch=row[3],
        score=max(row[4], 0.0),
        when_epoch=row[5],
        author=row[6],
        asks=bool(row[7]),
        length=row[8],
    )


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
