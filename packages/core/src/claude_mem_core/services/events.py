# SPDX-License-Identifier: Apache-2.0
"""Events: taken in once, whatever happens, and put to work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import (
    SESSION_END,
    AcceptedEvent,
    AgentEvent,
    AgentEventCapture,
    AgentEventDraft,
    TurnRole,
    event_key,
    stored,
    turn_role,
)
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.keeping import (
    KEEPING,
    NOTE,
    PRIVATE_TURN,
    Keeping,
    is_withheld,
    noted,
    withheld,
)
from claude_mem_core.domain.platform import DEFAULT_PLATFORM
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import (
    ServerSession,
    ServerSessionDraft,
    SessionKey,
)
from claude_mem_core.errors import ConflictError, InvalidInputError, NotFoundError
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import (
    require_kept,
    require_open,
    require_project,
)
from claude_mem_core.services.cleaning import cleaned_event
from claude_mem_core.services.exclusion import is_excluded
from claude_mem_core.services.identification import project_of_facts
from claude_mem_core.services.sessions import end_session, new_session
from claude_mem_core.services.together import Together
from claude_mem_core.services.turns import Place, in_order, is_now, place_of
from claude_mem_core.services.work import job_for, put_once

MAX_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Offer:
    """An event that is to be taken in.

    Attributes:
        key: By which it is known when it comes again.
        generate: Whether it is put to work.
        late: The last event of each turn, by session and number, that was over already.
        is_live: It is told as it happens.
    """

    draft: AgentEventDraft
    key: str
    generate: bool
    late: dict[tuple[str, int], AgentEvent]
    is_live: bool = False


def _offers(
    drafts: Iterable[AgentEventDraft], *, by: Principal, generate: bool = True
) -> Sequence[_Offer]:
    """What is to be kept of events; their identity is that of what is kept."""
    late: dict[tuple[str, int], AgentEvent] = {}
    return [
        _Offer(draft, event_key(draft, team_id=by.team_id), generate, late)
        for draft in drafts
    ]


class _TakenBack(Exception):  # noqa: N818 - nothing went wrong
    """Ends a block that is to leave nothing."""


class Events:
    """The events of the caller's projects."""

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
        self._together = Together(storage, self._ring)

    def accept(
        self, draft: AgentEventDraft, *, by: Principal, generate: bool = True
    ) -> AcceptedEvent:
        """The stored event and its job; the same event again gives the same ones.

        Event, job and audit entry are one transaction: what this returned survives
        a kill of any process.
        """
        require_open(draft.project_id, by=by)
        self._require_kept([draft], by=by)
        draft = cleaned_event(draft, self._keeping)
        (offer,) = _offers([draft], by=by, generate=generate)
        return self._together.do(partial(self._accept_one, offer, by))

    def accept_batch(
        self,
        drafts: Sequence[AgentEventDraft],
        *,
        by: Principal,
        generate: bool = True,
    ) -> Sequence[AcceptedEvent]:
        """All of the events, in one transaction, or none.

        Args:
            drafts: 1 to `MAX_BATCH` events, in the order in which they happened.
            by: The caller.
            generate: Put them to work; else they are kept, and nothing follows.
        """
        if not 1 <= len(drafts) <= MAX_BATCH:
            raise InvalidInputError.of(
                "body", f"{len(drafts)} events", f"send 1 to {MAX_BATCH} at a time"
            )
        self._require_kept(drafts, by=by)
        clean = [cleaned_event(draft, self._keeping) for draft in drafts]
        offers = _offers(clean, by=by, generate=generate)
        with self._storage.begin() as tx:
            for project_id in {draft.project_id for draft in drafts}:
                require_project(tx, project_id, by=by)
            accepted = [self._accept(tx, offer, by=by) for offer in offers]
            self._make_again(tx, offers[0], by=by)
            self._record(tx, accepted, by=by)
        self._ring(accepted)
        return accepted

    def capture(
        self, seen: AgentEventCapture, *, by: Principal
    ) -> AcceptedEvent | None:
        """The stored event of a hook, which names a folder rather than a project.

        It joins the project of its session, else that of its folder, which is made
        when there is none yet; None when that project is excluded. Over-long strings
        of the payload are elided, after what must not be kept was taken out.
        """
        # At once: until its turn has come to be written, the clock may be another.
        is_live = is_now(seen.occurred_at_epoch, self._system.now())
        seen = cleaned_event(seen, self._keeping)
        seen = seen.model_copy(update={"payload": elided(seen.payload)})
        if self._keeping.excluded_projects and self._is_excluded(seen, by=by):
            return None
        return self._together.do(partial(self._capture_one, seen, by, is_live=is_live))

    def rehearse(self, seen: AgentEventCapture, *, by: Principal) -> bool:
        """Whether `capture` would keep this event, which it does up to the last step.

        What it writes is taken back: no project, session, event, job or audit row is
        left of it. What keeps it from being written is raised as `capture` would.
        """
        seen = cleaned_event(seen, self._keeping)
        if self._keeping.excluded_projects and self._is_excluded(seen, by=by):
            return False
        with suppress(_TakenBack), self._storage.begin() as tx:
            self._capture_one(seen, by, tx)
            raise _TakenBack
        return True

    def get(self, event_id: str, *, by: Principal) -> AgentEvent:
        """The event with this id."""
        with self._storage.read() as snapshot:
            return snapshot.events.get(event_id, scope=by.scope)

    def _require_kept(
        self, drafts: Sequence[AgentEventDraft], *, by: Principal
    ) -> None:
        """Refuse events of a project of which nothing is to be kept."""
        if not self._keeping.excluded_projects:
            return
        with self._storage.read() as snapshot:
            for project_id in {draft.project_id for draft in drafts}:
                project = require_project(snapshot, project_id, by=by)
                require_kept(project, self._keeping)

    def _is_excluded(self, seen: AgentEventCapture, *, by: Principal) -> bool:
        folder, key = seen.root_path, _session_key(seen)
        with self._storage.read() as snapshot:
            return is_excluded(snapshot, self._keeping, folder=folder, key=key, by=by)

    def _accept_one(
        self, offer: _Offer, by: Principal, tx: Transaction
    ) -> AcceptedEvent:
        accepted = self._accept(tx, offer, by=by)
        self._make_again(tx, offer, by=by)
        self._record(tx, [accepted], by=by)
        return accepted

    def _capture_one(
        self,
        seen: AgentEventCapture,
        by: Principal,
        tx: Transaction,
        *,
        is_live: bool = False,
    ) -> AcceptedEvent:
        draft = seen.in_project(self._project_of(tx, seen, by=by))
        (offer,) = _offers([draft], by=by)
        return self._accept_one(replace(offer, is_live=is_live), by, tx)

    def _accept(
        self, tx: Transaction, offer: _Offer, *, by: Principal
    ) -> AcceptedEvent:
        session = _session_of(tx, offer.draft, by=by)
        if session is None:
            # A session that is there proves its project; else this is still to do.
            require_project(tx, offer.draft.project_id, by=by)
            known = _known(tx, offer.key, by=by)
            if known is not None:
                return known
            session = self._started(tx, offer.draft, by=by)
        return self._added(tx, offer, session, by=by)

    def _added(
        self,
        tx: Transaction,
        offer: _Offer,
        session: ServerSession | None,
        *,
        by: Principal,
    ) -> AcceptedEvent:
        session_id = session.id if session else None
        id_, now = self._system.new_id(), self._system.now()
        event = stored(offer.draft, session_id=session_id, id_=id_, now=now)
        newest = tx.events.latest(session_id, scope=by.scope) if session_id else None
        if offer.is_live:
            event = in_order(event, newest)
        place = place_of(tx, event, newest, by=by)
        event = _as_its_turn(event, session, place)
        try:
            tx.events.add(event, key=offer.key, turn=place.turn)
        except ConflictError:
            # Few events come twice: so they are found out, and not asked for.
            known = _known(tx, offer.key, by=by)
            if known is None:
                raise
            return known
        session = self._noted(tx, session, event, place.turn)
        works = session if offer.generate else None
        job = self._work(tx, works, event, place, by=by) if works else None
        if works and _is_left_out(event, works, place):
            offer.late[works.id, place.turn] = event
        made = {"event": event, "generation_job": job, "created": True}
        return AcceptedEvent.of_valid(made)

    def _noted(
        self,
        tx: Transaction,
        session: ServerSession | None,
        event: AgentEvent,
        turn: int,
    ) -> ServerSession | None:
        """The session, which knows of its newest private turn."""
        if session is None or not is_withheld(event) or _is_private(session, turn):
            return session
        metadata = noted(session.metadata, privateTurn=turn)
        now = self._system.now()
        session = session.changed(metadata=metadata, updated_at_epoch=now)
        tx.sessions.replace(session)
        return session

    def _work(
        self,
        tx: Transaction,
        session: ServerSession,
        event: AgentEvent,
        place: Place,
        *,
        by: Principal,
    ) -> GenerationJob:
        now = self._system.now()
        job = job_for("event", session, event, by=by, now=now)
        tx.jobs.add(job)
        if event.event_type == SESSION_END:
            end_session(tx, session, by=by, audited=self._audited)
        elif session.status != "active" and not place.is_late:
            reopened = {"status": "active", "completed_at_epoch": None}
            tx.sessions.replace(session.changed(**reopened, updated_at_epoch=now))
        return job

    def _make_again(self, tx: Transaction, offer: _Offer, *, by: Principal) -> None:
        """Have the turns made again that were over before their last events came in."""
        now = self._system.now()
        summed_up: dict[str, AgentEvent] = {}
        for (session_id, _), event in offer.late.items():
            session = tx.sessions.get(session_id, scope=by.scope)
            put_once(tx, job_for("event-batch", session, event, by=by, now=now), by=by)
            if session.status != "active":
                summed_up[session_id] = event
        for session_id, event in summed_up.items():
            session = tx.sessions.get(session_id, scope=by.scope)
            put_once(tx, job_for("summary", session, event, by=by, now=now), by=by)

    def _started(
        self, tx: Transaction, draft: AgentEventDraft, *, by: Principal
    ) -> ServerSession | None:
        """A new session for the event's own name of it, if it has one."""
        key = _session_key(draft)
        if key is None:
            return None
        platform = DEFAULT_PLATFORM if key.any_platform else key.platform_source
        fresh = ServerSessionDraft(
            project_id=draft.project_id,
            content_session_id=key.content_session_id,
            memory_session_id=draft.memory_session_id,
            platform_source=platform,
        )
        started = draft.occurred_at_epoch
        return new_session(
            tx,
            fresh,
            project_id=draft.project_id,
            by=by,
            audited=self._audited,
            started=started,
        )

    def _project_of(
        self, tx: Transaction, seen: AgentEventCapture, *, by: Principal
    ) -> str:
        if by.project_id is not None:
            return by.project_id
        key = _session_key(seen)
        session = tx.sessions.find(key, scope=by.scope) if key else None
        if session is not None:
            return session.project_id
        facts = ProjectFacts(folder=seen.root_path)
        return project_of_facts(tx, facts, by=by, audited=self._audited).id

    def _record(
        self, tx: Transaction, accepted: Sequence[AcceptedEvent], *, by: Principal
    ) -> None:
        new = [one.event for one in accepted if one.created]
        for project_id in sorted({event.project_id for event in new}):
            ids = [event.id for event in new if event.project_id == project_id]
            deed = AuditDeed(
                action="event.write",
                project_id=project_id,
                target_type="agent_event",
                target_id=ids[0],
                metadata={"count": len(ids), "last": ids[-1]},
            )
            self._audited.record(tx, deed, by=by)

    def _ring(self, accepted: Sequence[AcceptedEvent]) -> None:
        events = (one.event for one in accepted if one.created)
        for session_id in {event.server_session_id for event in events}:
            if session_id is not None:
                self._queue.ring(session_id)


def _known(tx: Transaction, key: str, *, by: Principal) -> AcceptedEvent | None:
    event = tx.events.find(key, scope=by.scope)
    if event is None:
        return None
    job = tx.jobs.of_source(event.id, scope=by.scope)
    return AcceptedEvent(event=event, generation_job=job, created=False)


def _session_of(
    tx: Transaction, draft: AgentEventDraft, *, by: Principal
) -> ServerSession | None:
    """The session that the event names, if there is one in the event's project."""
    scope = Scope(by.team_id, draft.project_id)
    if draft.server_session_id is None:
        key = _session_key(draft)
        return tx.sessions.find(key, scope=scope) if key else None
    try:
        return tx.sessions.get(draft.server_session_id, scope=scope)
    except NotFoundError:
        require_project(tx, draft.project_id, by=by)
        raise


def _session_key(event: AgentEventDraft | AgentEventCapture) -> SessionKey | None:
    if event.content_session_id is None:
        return None
    return SessionKey.of_valid(
        {
            "content_session_id": event.content_session_id,
            "platform_source": event.platform_source,
            "any_platform": not event.names_platform,
        }
    )


def _is_left_out(event: AgentEvent, session: ServerSession, place: Place) -> bool:
    """Whether its turn was made without it; what closes a turn makes it anew."""
    is_over = place.is_over or session.status != "active"
    closes = turn_role(event.event_type, event.payload) is TurnRole.CLOSES
    return place.is_late and is_over and not closes


def _is_private(session: ServerSession | None, turn: int) -> bool:
    note = session.metadata.get(NOTE) if session else None
    return isinstance(note, dict) and note.get("privateTurn") == turn


def _as_its_turn(
    event: AgentEvent, session: ServerSession | None, place: Place
) -> AgentEvent:
    """The event without its content, where the prompt of its turn is private."""
    is_private = place.is_private or _is_private(session, place.turn)
    if not (is_withheld(event) or is_private):
        return event
    metadata = noted(event.metadata, withheld=PRIVATE_TURN)
    return event.model_copy(
        update={"payload": withheld(event.payload), "metadata": metadata}
    )
