# SPDX-License-Identifier: Apache-2.0
"""Events in SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import (
    AgentEvent,
    EventName,
    Latest,
    TurnRole,
    turn_role,
)
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.events import EventRepository
from typing_extensions import override

from claude_mem_storage_sqlite.borders import MESSAGE
from claude_mem_storage_sqlite.driver import Connection
from claude_mem_storage_sqlite.projects import require_project
from claude_mem_storage_sqlite.rows import WITHIN, Rows, of_json, within
from claude_mem_storage_sqlite.sessions import require_session

EVENTS = Rows(
    AgentEvent,
    "agent_events",
    as_json=("payload", "metadata"),
    extra=("idempotency_key", "turn", "turn_role"),
)
_ONE = f"{EVENTS.select} {WITHIN} WHERE r.id = :id"
_BY_KEY = f"{EVENTS.select} {WITHIN} WHERE r.idempotency_key = :key"
_TURN = f"SELECT r.turn FROM agent_events r {WITHIN} WHERE r.id = :id"
_KNOWN = (
    f"SELECT r.id FROM agent_events r {WITHIN}"
    " WHERE r.id IN (SELECT value FROM json_each(:ids))"
)
_LAST = (
    f"SELECT {EVENTS.columns}, r.turn FROM agent_events r {WITHIN}"
    " WHERE r.server_session_id = :session"
    " ORDER BY r.occurred_at_epoch DESC, r.seq DESC LIMIT 1"
)
# The session is in one project with all of its events: so no event is read, only the
# index on their order.
_OF_SESSION = (
    f" FROM server_sessions r {WITHIN}"
    " CROSS JOIN agent_events e ON e.server_session_id = r.id WHERE r.id = :session"
)
_BACKWARDS = " ORDER BY e.occurred_at_epoch DESC, e.seq DESC LIMIT 1"
_WHAT = f"SELECT e.turn, e.turn_role, e.occurred_at_epoch{_OF_SESSION}"
_LATEST = _WHAT + _BACKWARDS
_LATEST_UNTIL = f"{_WHAT} AND e.occurred_at_epoch <= :until{_BACKWARDS}"
_TURNS = f"SELECT max(e.turn){_OF_SESSION}"
_TURN_BEFORE = (
    f"SELECT e.turn FROM agent_events r {WITHIN}"
    " CROSS JOIN agent_events e ON e.server_session_id = r.server_session_id"
    " AND (e.occurred_at_epoch, e.seq) < (r.occurred_at_epoch, r.seq)"
    f" AND e.turn <> r.turn WHERE r.id = :id{_BACKWARDS}"
)
_NAMES = (
    "SELECT e.id, e.event_type, e.tool_use_id, e.source_event_id,"
    f" e.occurred_at_epoch, e.metadata{_OF_SESSION}"
    " ORDER BY e.occurred_at_epoch, e.seq"
)
_OF_TURN = (
    f"{EVENTS.select} {WITHIN}"
    " WHERE r.server_session_id = :session AND r.turn = :turn ORDER BY r.seq"
)
_PAGE = (
    f"{EVENTS.select} {WITHIN} WHERE r.project_id = :wanted AND r.seq >"
    " ifnull((SELECT seq FROM agent_events WHERE id = :after), 0)"
    " ORDER BY r.seq LIMIT :limit"
)
_AGED = (
    f"SELECT {EVENTS.columns}, p.team_id FROM agent_events r"
    " JOIN projects p ON p.id = r.project_id"
    " WHERE r.created_at_epoch < :before AND r.seq >"
    " ifnull((SELECT seq FROM agent_events WHERE id = :after), 0)"
    " ORDER BY r.seq LIMIT :limit"
)
_KEY_AND_TURN = "SELECT idempotency_key, turn FROM agent_events WHERE id = ?"
_PROMPTS = (
    f"{EVENTS.select} {WITHIN}"
    " WHERE r.server_session_id = :session AND r.turn_role = 'opens' ORDER BY r.seq"
)


class SqliteEvents(EventRepository):
    """Events."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, event_id: str, *, scope: Scope) -> AgentEvent:
        row = self._db.one(_ONE, within(scope, id=event_id))
        if row is None:
            raise NotFoundError("event", event_id)
        return EVENTS.value(row)

    @override
    def find(self, key: str, *, scope: Scope) -> AgentEvent | None:
        row = self._db.one(_BY_KEY, within(scope, key=key))
        return EVENTS.value(row) if row else None

    @override
    def absent(self, event_ids: Sequence[str], *, scope: Scope) -> Sequence[str]:
        ids = within(scope, ids=json.dumps(list(event_ids)))
        known = {event_id for (event_id,) in self._db.all(_KNOWN, ids)}
        return [event_id for event_id in event_ids if event_id not in known]

    @override
    def turn_of(self, event_id: str, *, scope: Scope) -> int:
        row = self._db.one(_TURN, within(scope, id=event_id))
        if row is None:
            raise NotFoundError("event", event_id)
        return int(row[0])

    @override
    def last(self, session_id: str, *, scope: Scope) -> tuple[AgentEvent, int] | None:
        row = self._db.one(_LAST, within(scope, session=session_id))
        return (EVENTS.value(row), int(row[-1])) if row else None

    @override
    def latest(
        self, session_id: str, *, scope: Scope, until: int | None = None
    ) -> Latest | None:
        sql = _LATEST if until is None else _LATEST_UNTIL
        row = self._db.one(sql, within(scope, session=session_id, until=until))
        return Latest(int(row[0]), TurnRole(row[1]), int(row[2])) if row else None

    @override
    def turn_before(self, event_id: str, *, scope: Scope) -> int | None:
        row = self._db.one(_TURN_BEFORE, within(scope, id=event_id))
        return int(row[0]) if row else None

    @override
    def turns(self, session_id: str, *, scope: Scope) -> int:
        row = self._db.one(_TURNS, within(scope, session=session_id))
        return int(row[0] or 0) if row else 0

    @override
    def names(self, session_id: str, *, scope: Scope) -> Sequence[EventName]:
        rows = self._db.all(_NAMES, within(scope, session=session_id))
        return [EventName._make([*row[:-1], of_json(row[-1])]) for row in rows]

    @override
    def of_turn(
        self, session_id: str, turn: int, *, scope: Scope
    ) -> Sequence[AgentEvent]:
        place = within(scope, session=session_id, turn=turn)
        return [EVENTS.value(row) for row in self._db.all(_OF_TURN, place)]

    @override
    def prompts(self, session_id: str, *, scope: Scope) -> Sequence[AgentEvent]:
        rows = self._db.all(_PROMPTS, within(scope, session=session_id))
        return [EVENTS.value(row) for row in rows]

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[AgentEvent]:
        asked = {"wanted": project_id, "after": after, "limit": limit}
        rows = self._db.all(_PAGE, within(scope, **asked))
        return [EVENTS.value(row) for row in rows]

    @override
    def aged(
        self, *, before: int, after: str | None, limit: int
    ) -> Sequence[tuple[AgentEvent, Scope]]:
        asked = {"before": before, "after": after, "limit": limit}
        rows = self._db.all(_AGED, asked)
        events = [(EVENTS.value(row[:-1]), row[-1]) for row in rows]
        return [(event, Scope(team, event.project_id)) for event, team in events]

    @override
    def replace(self, event: AgentEvent, *, key: str | None = None) -> None:
        known = self._db.one(_KEY_AND_TURN, [event.id])
        if known is None:
            raise NotFoundError("event", event.id)
        role = turn_role(event.event_type, event.payload)
        row = EVENTS.row(event, key or known[0], known[1], role.value)
        try:
            self._db.run(EVENTS.update, [*row, event.id])
        except ConflictError as error:
            raise ConflictError("there is such an event already") from error

    @override
    def add(self, event: AgentEvent, *, key: str, turn: int) -> None:
        role = turn_role(event.event_type, event.payload)
        try:
            self._db.run(EVENTS.insert, EVENTS.row(event, key, turn, role.value))
        except ConflictError as error:
            require_project(self._db, event.project_id)
            require_session(self._db, event.server_session_id)
            if MESSAGE in str(error):
                raise ConflictError(MESSAGE) from error
            raise ConflictError("there is such an event already") from error
