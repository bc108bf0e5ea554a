# SPDX-License-Identifier: Apache-2.0
"""Sessions: started, ended and found."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import TurnRole, turn_role
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.coverage import (
    Coverage,
    ReconcileRequest,
    Reconciliation,
    is_same,
)
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import (
    CountedSession,
    EndedSession,
    ServerSession,
    ServerSessionDraft,
    SessionKey,
    SessionPage,
    SessionQuery,
    StartedSession,
)
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_kept, require_project
from claude_mem_core.services.cleaning import cleaned
from claude_mem_core.services.comparing import Compared, compared
from claude_mem_core.services.exclusion import is_excluded
from claude_mem_core.services.identification import project_of_facts
from claude_mem_core.services.work import job_for, put_once


class Sessions:
    """The sessions of the caller's projects."""

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        audited: Audited,
        keeping: Keeping = KEEPING,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._system = audited.system
        self._audited = audited
        self._keeping = keeping

    def start(self, draft: ServerSessionDraft, *, by: Principal) -> StartedSession:
        """The session that the agent names so: the one there is, or a new one.

        Facts in place of a project's id find the project, or make it; a session that
        is known stays in its own.
        """
        draft = cleaned(draft, self._keeping)
        with self._storage.begin() as tx:
            known = _known(tx, draft, by=by)
            if known is not None:
                return StartedSession(session=known, created=False)
            session = new_session(
                tx,
                draft,
                project_id=self._project_of(tx, draft, by=by),
                by=by,
                audited=self._audited,
                started=self._system.now(),
            )
            return StartedSession(session=session, created=True)

    def get(self, session_id: str, *, by: Principal) -> ServerSession:
        """The session with this id."""
        with self._storage.read() as snapshot:
            return snapshot.sessions.get(session_id, scope=by.scope)

    def counted(self, session_id: str, *, by: Principal) -> CountedSession:
        """The session with this id, and how much is kept of it."""
        with self._storage.read() as snapshot:
            session = snapshot.sessions.get(session_id, scope=by.scope)
            [tally] = snapshot.sessions.tallies([session_id], scope=by.scope)
        return CountedSession(session, tally)

    def list(self, query: SessionQuery, *, by: Principal) -> SessionPage:
        """The sessions that a query asks for, those that began last first.

        Raises:
            ForbiddenError: The caller is limited to another project.
            NotFoundError: The team has no such project, or no such session to go on
                from.
        """
        with self._storage.read() as snapshot:
            sessions = snapshot.sessions
            if query.project_id is not None:
                require_project(snapshot, query.project_id, by=by)
            if query.after is not None:
                sessions.get(query.after, scope=by.scope)
            found = sessions.latest(
                scope=by.scope,
                project_id=query.project_id,
                after=query.after,
                limit=query.limit,
            )
            tallies = sessions.tallies([one.id for one in found], scope=by.scope)
        counted = map(CountedSession, found, tallies)
        return SessionPage.of(tuple(counted), query)

    def end(self, session_id: str, *, by: Principal) -> EndedSession:
        """The ended session, and the job that will summarise it.

        Ending it again gives the same session and the same job, as long as no
        event came in between.
        """
        with self._storage.begin() as tx:
            session = tx.sessions.get(session_id, scope=by.scope)
            ended = end_session(tx, session, by=by, audited=self._audited)
        self._queue.ring(session_id)
        return ended

    def reconcile(self, asked: ReconcileRequest, *, by: Principal) -> Reconciliation:
        """Which events that a transcript tells of are not kept of its session.

        Of a project of which nothing is kept nothing is missing. The coverage is noted
        where that is asked for, unless more of the session was seen before.
        """
        key = SessionKey(
            content_session_id=asked.content_session_id,
            platform_source=asked.platform_source,
            any_platform="platform_source" not in asked.model_fields_set,
        )
        now, seen = (
            self._system.now(),
            Compared(asked.events, [None] * len(asked.events)),
        )
        with self._storage.read() as snapshot:
            folder, keeping = asked.root_path, self._keeping
            if is_excluded(snapshot, keeping, folder=folder, key=key, by=by):
                nothing = Compared((), ()).coverage(now=now)
                return Reconciliation(excluded=True, coverage=nothing)
            session = snapshot.sessions.find(key, scope=by.scope)
            if session is not None:
                seen = compared(
                    snapshot, session.id, asked.events, keeping, scope=by.scope
                )
        coverage = seen.coverage(now=now)
        if session is not None and asked.keep:
            self._note(session.id, coverage, by=by)
        return Reconciliation(
            session_id=session.id if session else None,
            missing=seen.missing,
            coverage=coverage,
        )

    def _note(self, session_id: str, coverage: Coverage, *, by: Principal) -> None:
        with self._storage.begin() as tx:
            session = tx.sessions.get(session_id, scope=by.scope)
            known = session.coverage
            if known is not None and known.seen > coverage.seen:
                return
            tx.sessions.replace(session.changed(coverage=coverage))
            if known is None or not is_same(known, coverage):
                _record(tx, "session.reconcile", session, by=by, audited=self._audited)

    def _project_of(
        self, tx: Transaction, draft: ServerSessionDraft, *, by: Principal
    ) -> str:
        if draft.project_id is not None:
            project = require_project(tx, draft.project_id, by=by)
        else:
            facts = draft.project_facts or ProjectFacts()
            project = project_of_facts(tx, facts, by=by, audited=self._audited)
        require_kept(project, self._keeping)
        return project.id


def _known(
    tx: Transaction, draft: ServerSessionDraft, *, by: Principal
) -> ServerSession | None:
    scope = by.scope
    if draft.project_id is not None:
        require_project(tx, draft.project_id, by=by)
        scope = Scope(by.team_id, draft.project_id)
    name = draft.external_session_id or draft.content_session_id
    if name is None:
        return None
    key = SessionKey(content_session_id=name, platform_source=draft.platform_source)
    return tx.sessions.find(key, scope=scope)


def new_session(
    tx: Transaction,
    draft: ServerSessionDraft,
    *,
    project_id: str,
    by: Principal,
    audited: Audited,
    started: int,
) -> ServerSession:
    """Keep a session made from `draft`, with its audit entry."""
    told = draft.model_dump(exclude={"project_id", "project_facts"})
    session = ServerSession(
        **told,
        project_id=project_id,
        id=audited.system.new_id(),
        started_at_epoch=started,
        updated_at_epoch=audited.system.now(),
    )
    tx.sessions.add(session)
    _record(tx, "session.start", session, by=by, audited=audited)
    return session


def end_session(
    tx: Transaction, session: ServerSession, *, by: Principal, audited: Audited
) -> EndedSession:
    """Mark a session as completed and put its summary in the ledger."""
    now = audited.system.now()
    if session.status == "active":
        session = session.changed(
            status="completed", completed_at_epoch=now, updated_at_epoch=now
        )
        tx.sessions.replace(session)
        _record(tx, "session.end", session, by=by, audited=audited)
    last = tx.events.last(session.id, scope=by.scope)
    if last is None:
        return EndedSession(session=session)
    event, _ = last
    if turn_role(event.event_type, event.payload) is not TurnRole.CLOSES:
        put_once(tx, job_for("event-batch", session, event, by=by, now=now), by=by)
    summary = job_for("summary", session, event, by=by, now=now)
    job = put_once(tx, summary, by=by)
    return EndedSession(session=session, generation_job=job)


def _record(
    tx: Transaction,
    action: str,
    session: ServerSession,
    *,
    by: Principal,
    audited: Audited,
) -> None:
    deed = AuditDeed(
        action=action,
        project_id=session.project_id,
        target_type="server_session",
        target_id=session.id,
    )
    audited.record(tx, deed, by=by)
