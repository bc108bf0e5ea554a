# SPDX-License-Identifier: Apache-2.0
"""A search in the full-text index: what it asks, and what it tells of each memory.

The index chooses candidates by its own BM25; the core weighs them by what is counted
here. A word that very many memories have chooses none while rarer ones find enough.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.bm25 import Fit, Frequencies
from claude_mem_core.domain.search import Candidate, Matches, TermQuery

from claude_mem_storage_sqlite.driver import Connection, Row
from claude_mem_storage_sqlite.filters import conditions, parameters, told_in
from claude_mem_storage_sqlite.full_text import FIELDS
from claude_mem_storage_sqlite.rows import within

COUNTED = 1_000
"""Up to here it is counted how many memories have a word; beyond, how densely the first
ones stand tells how many there are."""

CHOOSING = 5_000
"""Memories that the words which choose candidates have between them, at most: to look
at one takes about a microsecond."""

_PROJECTS = """
    SELECT p.seq, p.id, t.memories, t.tokens, t.first, t.last
    FROM projects p JOIN memory_totals t ON t.project = p.seq
    WHERE p.id IN (SELECT value FROM json_each(:projects))
      AND p.team_id = :team AND (:project IS NULL OR p.id = :project) ORDER BY p.seq
"""
_HAVING = """
    SELECT count(*), max(rowid) FROM (
      SELECT rowid FROM memory_items_fts WHERE memory_items_fts MATCH :question
      LIMIT :limit)
"""
_COLUMNS = f"""
    r.id, r.server_session_id, r.kind, r.created_at_epoch, r.when_epoch, r.author,
    r.trust, t.asks, t.length, t.tokens, r.filter_files,
    {", ".join(f"t.{name}" for name in FIELDS)}
"""
# The projects that were asked for within the scope are looked up once: that is the
# border, and no row of another project comes over it. The plus keeps SQLite from
# looking at all projects of the team.
_TEXTS = "CROSS JOIN memory_texts t ON t.seq = r.seq"
_WANTED = """r.project_id IN (
    SELECT p.id FROM projects p WHERE p.id IN (SELECT value FROM json_each(:projects))
      AND +p.team_id = :team AND (:project IS NULL OR p.id = :project))
"""
# Read in the index's own order, best first, so that only the rows that are wanted are
# looked up. The project is one of those that `_PROJECTS` found within the scope: that
# is the border; the number before each token only saves the time of looking at other
# projects' rows. Never `rowid IN (SELECT ...)`: the index would then be asked once for
# each row.
_BEST = f"""
    SELECT {_COLUMNS}
    FROM memory_items_fts f
    CROSS JOIN memory_items r ON r.seq = f.rowid AND r.project_id = :own
    {_TEXTS}
    WHERE f.memory_items_fts MATCH :question
"""
_ORDER = " ORDER BY f.rank LIMIT :limit"
_BY_ID = " ORDER BY r.id"
_AMONG = f"""
    SELECT {_COLUMNS}
    FROM json_each(:ids) one CROSS JOIN memory_items r ON r.id = one.value
    {_TEXTS}
    WHERE {_WANTED}
"""
_NEXT = """
    SELECT n.seq FROM memory_items n WHERE n.server_session_id = a.server_session_id
      AND (n.when_epoch, n.id) {than} (a.when_epoch, a.id)
    ORDER BY n.when_epoch {order}, n.id {order} LIMIT 1
"""
_BESIDE = f"""
    SELECT DISTINCT {_COLUMNS}
    FROM memory_items a
    CROSS JOIN memory_items r ON r.seq IN (
      ({_NEXT.format(than="<", order="DESC")}), ({_NEXT.format(than=">", order="ASC")}))
    {_TEXTS}
    WHERE a.id IN (SELECT value FROM json_each(:ids))
      AND a.server_session_id IS NOT NULL
      AND r.id NOT IN (SELECT value FROM json_each(:ids)) AND {_WANTED}
"""
NEIGHBOURS = (
    """
    CREATE INDEX memory_items_in_session
      ON memory_items (server_session_id, when_epoch, id)
    """,
)
"""What the migration adds: the order within a session."""


def matches(connection: Connection, query: TermQuery, *, scope: Scope) -> Matches:
    """The memories that pass the filter and share a term, the best fit first."""
    wanted = within(scope, **parameters(query.wanted))
    frequencies = Frequencies(0, 0, (0,) * len(query.terms))
    found: list[Candidate] = []
    projects = connection.all(_PROJECTS, wanted)
    for project in projects:
        own = _frequencies(connection, project, query.terms)
        frequencies += own
        found += _chosen(connection, query, project, own, wanted)
    if len(projects) > 1:
        fit = Fit(frequencies)
        scores = {one.item_id: fit.score(one.counts, one.tokens) for one in found}
        found.sort(key=lambda one: (-scores[one.item_id], one.item_id))
    return Matches(found[: query.limit], frequencies)


def among(
    connection: Connection, ids: Collection[str], query: TermQuery, *, scope: Scope
) -> Sequence[Candidate]:
    """Those of some memories that pass the filter, by id."""
    return _looked_up(connection, _AMONG, ids, query, scope)


def beside(
    connection: Connection, ids: Collection[str], query: TermQuery, *, scope: Scope
) -> Sequence[Candidate]:
    """The memories right before and right after some in their sessions, by id."""
    return _looked_up(connection, _BESIDE, ids, query, scope)


def _looked_up(
    connection: Connection,
    sql: str,
    ids: Collection[str],
    query: TermQuery,
    scope: Scope,
) -> Sequence[Candidate]:
    asked = within(scope, ids=json.dumps(sorted(ids)), **parameters(query.wanted))
    rows = connection.all(sql + conditions(query.wanted) + _BY_ID, asked)
    return _candidates(rows, query.terms)


def _frequencies(
    connection: Connection, project: Row, terms: Sequence[str]
) -> Frequencies:
    number, _, memories, tokens, first, last = project
    having = []
    for term in terms:
        asked = {"question": question(number, [term]), "limit": COUNTED}
        [(count, last_seen)] = connection.all(_HAVING, asked)
        if count == COUNTED:
            count = round(
                count * max(1.0, (last - first + 1) / (last_seen - first + 1))
            )
        having.append(min(count, memories))
    return Frequencies(memories, tokens, tuple(having))


def _chosen(
    connection: Connection,
    query: TermQuery,
    project: Row,
    frequencies: Frequencies,
    wanted: Mapping[str, object],
) -> Sequence[Candidate]:
    """The candidates of one project: by its rarer words, by all where those are few."""
    number, project_id, *_ = project
    by_rarity = sorted(zip(frequencies.having, query.terms, strict=True))
    there = [(having, term) for having, term in by_rarity if having]
    choosing: list[str] = []
    looked_at = 0
    for having, term in there:
        looked_at += having
        if choosing and looked_at > CHOOSING:
            break
        choosing.append(term)
    sql = _BEST + conditions(query.wanted) + _ORDER
    rows: list[Row] = []
    for terms in (choosing, [term for _, term in there]):
        if len(rows) < query.limit and terms:
            asked = {"question": question(number, terms), "limit": query.limit}
            rows = connection.all(sql, {**wanted, **asked, "own": project_id})
        if len(choosing) == len(there):
            break
    return _candidates(rows, query.terms)


def _candidates(rows: Iterable[Row], terms: Sequence[str]) -> list[Candidate]:
    spaced, none = [f" {term} " for term in terms], (0,) * len(terms)
    found = []
    for row in rows:
        told, texts = row[: -len(FIELDS)], row[-len(FIELDS) :]
        *plain, files = told
        # A list first: a generator of so few takes longer than they do.
        counts = [tuple(map(own.count, spaced)) if own else none for own in texts]
        found.append(Candidate._make((*plain, told_in(files), tuple(counts))))
    return found


def question(project: int, terms: Iterable[str]) -> str:
    """The index's question for any of the terms in a project.

    Each term is quoted, so that nothing in it is an operator or a column.

    Args:
        project: Its number, with which its tokens begin.
        terms: Tokens.
    """
    return " OR ".join(f'"{project}x{_quoted(term)}"' for term in terms)


def _quoted(term: str) -> str:
    return term.replace('"', '""').replace("\0", " ")
