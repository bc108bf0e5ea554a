# SPDX-License-Identifier: Apache-2.0
"""Events in this process."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

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
from claude_mem_core.reference.projects import is_within, page_of
from claude_mem_core.reference.state import State


class InProcessEvents(EventRepository):
    """Events."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, event_id: str, *, scope: Scope) -> AgentEvent:
        event = self._state.events.get(event_id)
        if event is None or not is_within(self._state, event.project_id, scope):
            raise NotFoundError("event", event_id)
        return event

    @override
    def find(self, key: str, *, scope: Scope) -> AgentEvent | None:
        event_id = self._state.event_ids.get(key)
        if event_id is None or self.absent([event_id], scope=scope):
            return None
        return self._state.events[event_id]

    @override
    def absent(self, event_ids: Sequence[str], *, scope: Scope) -> Sequence[str]:
        known = self._state.events
        return [
            event_id
            for event_id in event_ids
            if event_id not in known
            or not is_within(self._state, known[event_id].project_id, scope)
        ]

    @override
    def turn_of(self, event_id: str, *, scope: Scope) -> int:
        return self._state.turns[self.get(event_id, scope=scope).id]

    @override
    def last(self, session_id: str, *, scope: Scope) -> tuple[AgentEvent, int] | None:
        events = self._as_happened(session_id, scope)
        return (events[-1], self._state.turns[events[-1].id]) if events else None

    @override
    def latest(
        self, session_id: str, *, scope: Scope, until: int | None = None
    ) -> Latest | None:
        events = self._as_happened(session_id, scope)
        past = [e for e in events if until is None or e.occurred_at_epoch <= until]
        if not past:
            return None
        newest = past[-1]
        role = turn_role(newest.event_type, newest.payload)
        return Latest(self._state.turns[newest.id], role, newest.occurred_at_epoch)

    @override
    def turn_before(self, event_id: str, *, scope: Scope) -> int | None:
        known = self._state.events.get(event_id)
        session_id = known.server_session_id if known else None
        turns, own = self._state.turns, self._state.turns.get(event_id)
        ids = [event.id for event in self._as_happened(session_id or "", scope)]
        before = ids[: ids.index(event_id)] if event_id in ids else []
        return next((turns[one] for one in reversed(before) if turns[one] != own), None)

    @override
    def turns(self, session_id: str, *, scope: Scope) -> int:
        events = self._of_session(session_id, scope)
        return max((self._state.turns[event.id] for event in events), default=0)

    @override
    def names(self, session_id: str, *, scope: Scope) -> Sequence[EventName]:
        return [
            EventName(
                event.id,
                event.event_type,
                event.tool_use_id,
                event.source_event_id,
                event.occurred_at_epoch,
                event.metadata,
            )
            for event in self._as_happened(session_id, scope)
        ]

    @override
    def of_turn(
        self, session_id: str, turn: int, *, scope: Scope
    ) -> Sequence[AgentEvent]:
        events = self._of_session(session_id, scope)
        return [event for event in events if self._state.turns[event.id] == turn]

    @override
    def prompts(self, session_id: str, *, scope: Scope) -> Sequence[AgentEvent]:
        events = self._of_session(session_id, scope)
        return [event for event in events if _opens(event)]

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[AgentEvent]:
        ours = is_within(self._state, project_id, scope)
        every = self._state.events.values() if ours else ()
        events = [event for event in every if event.project_id == project_id]
        return page_of(events, after, limit)

    @override
    def replace(self, event: AgentEvent, *, key: str | None = None) -> None:
        if event.id not in self._state.events:
            raise NotFoundError("event", event.id)
        ids = self._state.event_ids
        if key is not None:
            if ids.get(key, event.id) != event.id:
                raise ConflictError("there is such an event already")
            kept = {one: id_ for one, id_ in ids.items() if id_ != event.id}
            self._state.event_ids = {**kept, key: event.id}
        self._state.events[event.id] = event

    @override
    def add(self, event: AgentEvent, *, key: str, turn: int) -> None:
        if event.project_id not in self._state.projects:
            raise NotFoundError("project", event.project_id)
        if key in self._state.event_ids or event.id in self._state.events:
            raise ConflictError("there is such an event already")
        session_id = event.server_session_id
        if session_id is not None:
            require_same_project(self._state, session_id, event.project_id)
            others = self._state.session_events.get(session_id, ())
            self._state.session_events[session_id] = (*others, event.id)
        self._state.events[event.id] = event
        self._state.event_ids[key] = event.id
        self._state.turns[event.id] = turn

    @override
    def aged(
        self, *, before: int, after: str | None, limit: int
    ) -> Sequence[tuple[AgentEvent, Scope]]:
        events = list(self._state.events.values())
        ids = [event.id for event in events]
        start = ids.index(after) + 1 if after in ids else 0
        old = [one for one in events[start:] if one.created_at_epoch < before]
        return [(one, self._scope_of(one)) for one in old[:limit]]

    def _scope_of(self, event: AgentEvent) -> Scope:
        team_id = self._state.projects[event.project_id].team_id
        return Scope(team_id, event.project_id)

    def _as_happened(self, session_id: str, scope: Scope) -> Sequence[AgentEvent]:
        return sorted(self._of_session(session_id, scope), key=_moment)

    def _of_session(self, session_id: str, scope: Scope) -> Sequence[AgentEvent]:
        ids = self._state.session_events.get(session_id, ())
        events = [self._state.events[event_id] for event_id in ids]
        return [e for e in events if is_within(self._state, e.project_id, scope)]


def _moment(event: AgentEvent) -> int:
    return event.occurred_at_epoch


def require_same_project(state: State, session_id: str, project_id: str) -> None:
    """Refuse a record of `project_id` in a session of another project."""
    session = state.sessions.get(session_id)
    if session is None:
        raise NotFoundError("session", session_id)
    if session.project_id != project_id:
        raise ConflictError("a record and its session are of the same project")


def _opens(event: AgentEvent) -> bool:
    return turn_role(event.event_type, event.payload) is TurnRole.OPENS
