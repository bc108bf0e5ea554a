# SPDX-License-Identifier: Apache-2.0
"""A search in the full-text index: what it asks, and what it tells of each memory.

The index chooses candidates by its own BM25; the core weighs them by what is counted
here. A word that very many memories have chooses none while rarer ones find enough, and
no best ones where they do not.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

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
"""Memories that the words which choose candidates have between them, at most, but for a
rarest word that more have: to compare one takes about a microsecond."""

SURE = 3
"""How much more one word must tell than others together, so that a memory that has it
is the better one: a word adds as much as 2.2 times its rarity where it stands often in
a short text, and about 0.7 times where it stands once in a long one."""

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
_AUTHOR = 5
"""The place of the author in `_COLUMNS`."""

# The projects that were asked for within the scope are looked up once: that is the
# border, and no row of another project comes over it. The plus keeps SQLite from
# looking at all projects of the team.
_TEXTS = "CROSS JOIN memory_texts t ON t.seq = r.seq"
_WANTED = """r.project_id IN (
    SELECT p.id FROM projects p WHERE p.id IN (SELECT value FROM json_each(:projects))
      AND +p.team_id = :team AND (:project IS NULL OR p.id = :project))
"""
# Read in an order of the index's own, so that only the rows that are wanted are looked
# up. The project is one of those that `_PROJECTS` found within the scope: that
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
_BEST_FIRST = " ORDER BY f.rank LIMIT :limit"
_LATEST_FIRST = " ORDER BY f.rowid DESC LIMIT :limit"
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
    asked, wanted = query, within(scope, **parameters(query.wanted))
    frequencies = Frequencies(0, 0, (0,) * len(query.terms))
    found: list[Candidate] = []
    projects = connection.all(_PROJECTS, wanted)
    if len(projects) > 1:
        # Which of them are among the first of all is told when all are there.
        query = query.changed(limit=query.most)
    for project in projects:
        own = _frequencies(connection, project, query.terms)
        frequencies += own
        found += _chosen(connection, query, project, own, wanted)
    if len(projects) > 1:
        fit = Fit(frequencies)
        scores = {one.item_id: fit.score(one.counts, one.tokens) for one in found}
        found.sort(key=lambda one: (-scores[one.item_id], one.item_id))
    return Matches(asked.cut(found), frequencies)


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
    """The candidates of one project: by its rarer words, and by others where few are.

    What shares nothing but a common word is told by it as little as by none: the latest
    of that come in, which nothing has to be compared for.
    """
    number, project_id, *_ = project
    choosing, others = _divided(query.terms, frequencies)
    sql = _BEST + conditions(query.wanted)
    rows: dict[str, Row] = {}
    for terms in (choosing, others):
        said = any(row[_AUTHOR] is not None for row in rows.values())
        if terms and len(rows) < (query.most if said else query.limit):
            order = _BEST_FIRST if said or not rows else _LATEST_FIRST
            asked = {"question": question(number, terms), "own": project_id}
            asked |= {"limit": query.most, **wanted}
            for row in _first(connection, sql + order, asked, query):
                rows.setdefault(row[0], row)
    return _candidates(islice(rows.values(), query.most), query.terms)


def _divided(
    terms: Sequence[str], frequencies: Frequencies
) -> tuple[Sequence[str], Sequence[str]]:
    """The rarer terms, which choose the best candidates, and the others.

    What has none of the former falls behind all that have one: so the others need not
    be compared, as in H. Turtle and J. Flood, "Query Evaluation: Strategies and
    Optimizations", 1995 (MaxScore).
    """
    told = zip(frequencies.having, frequencies.rarities, terms, strict=True)
    there = sorted(one for one in told if one[0])
    rest = sum(rarity for _, rarity, _ in there)
    at = looked_at = 0
    for at, (having, rarity, _) in enumerate(there, 1):
        looked_at += having
        rest -= rarity
        following = there[at][0] if at < len(there) else 0
        if SURE * rest < rarity or looked_at + following > CHOOSING:
            break
    plain = [term for *_, term in there]
    return plain[:at], plain[at:]


def _first(
    connection: Connection, sql: str, asked: Mapping[str, object], query: TermQuery
) -> list[Row]:
    """As many rows as `TermQuery.cut` may keep: those of talk are read further."""
    rows: list[Row] = []
    for page in connection.pages(sql, asked, at_once=query.limit):
        rows += page
        if all(row[_AUTHOR] is None for row in rows):
            break
    return rows


def _candidates(rows: Iterable[Row], terms: Sequence[str]) -> list[Candidate]:
    """What each row of `_COLUMNS` tells, the terms being counted in its texts."""
    spaced, none = [f" {term} " for term in terms], (0,) * len(terms)
    found = []
    for row in rows:
        *plain, files, title, text, concepts, paths = row
        # One by one, though a loop is shorter: every candidate of a search passes here.
        counts = (
            tuple(map(title.count, spaced)) if title else none,
            tuple(map(text.count, spaced)) if text else none,
            tuple(map(concepts.count, spaced)) if concepts else none,
            tuple(map(paths.count, spaced)) if paths else none,
        )
        named = told_in(files) if files else ()
        found.append(Candidate._make((*plain, named, counts)))
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
