# SPDX-License-Identifier: Apache-2.0
"""Sessions in this process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.server_session import ServerSession, SessionKey, Tally
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.sessions import SessionRepository
from claude_mem_core.reference.projects import is_within, page_of
from claude_mem_core.reference.state import State


class InProcessSessions(SessionRepository):
    """Sessions."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, session_id: str, *, scope: Scope) -> ServerSession:
        session = self._state.sessions.get(session_id)
        if session is None or not is_within(self._state, session.project_id, scope):
            raise NotFoundError("session", session_id)
        return session

    @override
    def find(self, key: SessionKey, *, scope: Scope) -> ServerSession | None:
        for session in reversed(self._state.sessions.values()):
            if _name(session) != key.content_session_id:
                continue
            if not key.any_platform and session.platform_source != key.platform_source:
                continue
            if is_within(self._state, session.project_id, scope):
                return session
        return None

    @override
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[ServerSession]:
        ours = is_within(self._state, project_id, scope)
        every = self._state.sessions.values() if ours else ()
        sessions = [one for one in every if one.project_id == project_id]
        return page_of(sessions, after, limit)

    @override
    def latest(
        self,
        *,
        scope: Scope,
        project_id: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[ServerSession]:
        ours = [
            one
            for one in reversed(self._state.sessions.values())
            if is_within(self._state, one.project_id, scope)
            and project_id in (None, one.project_id)
        ]
        # A stable sort: of one moment, what was put in last stays first.
        ours.sort(key=lambda one: one.started_at_epoch, reverse=True)
        return page_of(ours, after, limit)

    @override
    def tallies(self, session_ids: Sequence[str], *, scope: Scope) -> Sequence[Tally]:
        memories = Counter(
            item.server_session_id for item in self._state.memories.values()
        )
        return [
            Tally(len(self._state.session_events.get(one, ())), memories[one])
            if self._is_ours(one, scope)
            else Tally(0, 0)
            for one in session_ids
        ]

    def _is_ours(self, session_id: str, scope: Scope) -> bool:
        session = self._state.sessions.get(session_id)
        return session is not None and is_within(self._state, session.project_id, scope)

    @override
    def covered(self, *, since: int) -> CoverageTotals:
        known = (one.coverage for one in self._state.sessions.values())
        recent = [one for one in known if one and one.reconciled_at_epoch >= since]
        return CoverageTotals(
            sessions=len(recent),
            seen=sum(one.seen for one in recent),
            live=sum(one.live for one in recent),
            filled=sum(one.filled for one in recent),
            missing=sum(one.missing for one in recent),
        )

    @override
    def add(self, session: ServerSession) -> None:
        if session.project_id not in self._state.projects:
            raise NotFoundError("project", session.project_id)
        if session.id in self._state.sessions:
            raise ConflictError(f"there is a session {session.id!r} already")
        self._require_free_name(session)
        self._state.sessions[session.id] = session

    @override
    def replace(self, session: ServerSession) -> None:
        known = self._state.sessions.get(session.id)
        if known is None:
            raise NotFoundError("session", session.id)
        if known.project_id != session.project_id and self._has_children(session.id):
            raise ConflictError("a session with records stays in its project")
        if session.project_id not in self._state.projects:
            raise NotFoundError("project", session.project_id)
        self._require_free_name(session)
        self._state.sessions[session.id] = session

    def _require_free_name(self, session: ServerSession) -> None:
        name = (_name(session), session.project_id, session.platform_source)
        if name[0] is None:
            return
        for other in self._state.sessions.values():
            taken = (_name(other), other.project_id, other.platform_source)
            if name == taken and other.id != session.id:
                raise ConflictError(f"there is a session {name[0]!r} already")

    def _has_children(self, session_id: str) -> bool:
        memories = self._state.memories.values()
        remembered = any(item.server_session_id == session_id for item in memories)
        return remembered or session_id in self._state.session_events


def _name(session: ServerSession) -> str | None:
    return session.external_session_id or session.content_session_id
