# SPDX-License-Identifier: Apache-2.0
"""Sessions in SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.server_session import ServerSession, SessionKey, Tally
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.sessions import SessionRepository
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.projects import require_project
from claude_mem_storage_sqlite.rows import WITHIN, Rows, within

SESSIONS = Rows(
    ServerSession,
    "server_sessions",
    as_json=("metadata", "coverage"),
    extra=("covered_at_epoch",),
)
_session = lru_cache(maxsize=1024)(SESSIONS.value)
"""A row's value; each event asks for its session, which seldom changed since."""

_ONE = f"{SESSIONS.select} {WITHIN} WHERE r.id = :id"
_NAMED = (
    f"SELECT {SESSIONS.columns}, r.seq FROM server_sessions r {WITHIN}"
    " WHERE r.agent_name = :name AND (:any OR r.platform_source IS :platform)"
)
_PAGE = (
    f"{SESSIONS.select} {WITHIN} WHERE r.project_id = :wanted AND r.seq >"
    " ifnull((SELECT seq FROM server_sessions WHERE id = :after), 0)"
    " ORDER BY r.seq LIMIT :limit"
)
_LATEST = (
    f"{SESSIONS.select} {WITHIN}"
    " WHERE (:wanted IS NULL OR r.project_id = :wanted)"
    " AND (:after IS NULL OR (r.started_at_epoch, r.seq) <"
    " (SELECT started_at_epoch, seq FROM server_sessions WHERE id = :after))"
    " ORDER BY r.started_at_epoch DESC, r.seq DESC LIMIT :limit"
)
# Answered by an index of each table alone.
_TALLIES = (
    "SELECT r.id,"
    " (SELECT count(*) FROM agent_events WHERE server_session_id = r.id),"
    " (SELECT count(*) FROM memory_items WHERE server_session_id = r.id)"
    f" FROM server_sessions r {WITHIN}"
    " WHERE r.id IN (SELECT value FROM json_each(:ids))"
)
_SUMS = ", ".join(
    f"total(json_extract(coverage, '$.{name}'))"
    for name in ("seen", "live", "filled", "missing")
)
_COVERED = f"SELECT count(*), {_SUMS} FROM server_sessions WHERE covered_at_epoch >= ?"


class SqliteSessions(SessionRepository):
    """Sessions."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, session_id: str, *, scope: Scope) -> ServerSession:
        row = self._db.one(_ONE, within(scope, id=session_id))
        if row is None:
            raise NotFoundError("session", session_id)
        return _session(row)

    @override
    def find(self, key: SessionKey, *, scope: Scope) -> ServerSession | None:
        named = within(
            scope,
            name=key.content_session_id,
            any=key.any_platform,
            platform=key.platform_source,
        )
        rows = self._db.all(_NAMED, named)
        # They are few: for SQLite, sorting them would be a third of the work.
        newest = max(rows, key=itemgetter(-1), default=None)
        return _session(newest) if newest else None

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[ServerSession]:
        asked = {"wanted": project_id, "after": after, "limit": limit}
        rows = self._db.all(_PAGE, within(scope, **asked))
        return [_session(row) for row in rows]

    @override
    def latest(
        self,
        *,
        scope: Scope,
        project_id: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[ServerSession]:
        asked = {"wanted": project_id, "after": after, "limit": limit}
        rows = self._db.all(_LATEST, within(scope, **asked))
        return [_session(row) for row in rows]

    @override
    def tallies(self, session_ids: Sequence[str], *, scope: Scope) -> Sequence[Tally]:
        ids = json.dumps([*session_ids])
        rows = self._db.all(_TALLIES, within(scope, ids=ids))
        known = {one: Tally(events, memories) for one, events, memories in rows}
        return [known.get(one, Tally(0, 0)) for one in session_ids]

    @override
    def covered(self, *, since: int) -> CoverageTotals:
        row = self._db.one(_COVERED, [since]) or (0, 0, 0, 0, 0)
        return CoverageTotals(*map(int, row))

    @override
    def add(self, session: ServerSession) -> None:
        try:
            self._db.run(SESSIONS.insert, _row(session))
        except ConflictError as error:
            require_project(self._db, session.project_id)
            name = session.external_session_id or session.content_session_id
            message = f"there is a session {name or session.id!r} already"
            raise ConflictError(message) from error

    @override
    def replace(self, session: ServerSession) -> None:
        try:
            done = self._db.run(SESSIONS.update, [*_row(session), session.id])
        except ConflictError:
            require_project(self._db, session.project_id)
            raise
        if done.rowcount == 0:
            raise NotFoundError("session", session.id)


def _row(session: ServerSession) -> list[object]:
    coverage = session.coverage
    return SESSIONS.row(session, coverage.reconciled_at_epoch if coverage else None)


def require_session(connection: Connection, session_id: str | None) -> None:
    """Refuse to write a record of a session that does not exist."""
    sql = "SELECT 1 FROM server_sessions WHERE id = ?"
    if session_id is not None and not connection.one(sql, [session_id]):
        raise NotFoundError("session", session_id)
