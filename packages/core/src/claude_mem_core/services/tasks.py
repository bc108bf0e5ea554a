# SPDX-License-Identifier: Apache-2.0
"""What a job is about: a finished turn, an ended session, or nothing yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import AgentEvent, TurnRole, turn_role
from claude_mem_core.domain.generation_job import (
    GenerationJob,
    JobDraft,
    SkipReason,
    job_id,
)
from claude_mem_core.domain.keeping import (
    KEEPING,
    Keeping,
    has_expired,
    is_withheld,
)
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.ports.generator import (
    EARLIER_EVENTS,
    EARLIER_TURNS,
    FinishedSession,
    Turn,
)
from claude_mem_core.ports.storage import Snapshot


@dataclass(frozen=True, slots=True)
class Task:
    """The work of one job.

    Attributes:
        stem: The start of the keys of its memories. It names the turn or the
            session, not the job, so that doing it again writes in the same places.
        happened: The epoch of the event that ended it: the memories' own time.
        work: What the generator is to look at; None when `skip` says why not.
    """

    stem: str
    happened: int
    work: Turn | FinishedSession | None = None
    skip: SkipReason | None = None


def task_of(snapshot: Snapshot, job: GenerationJob, keeping: Keeping = KEEPING) -> Task:
    """The work that `job` stands for.

    A turn ends with the agent's stop, the session's end, or the next prompt: the
    job of the event that ended it is about the turn, those of the others are not.
    A job of kind `event-batch` ends a turn that no event ended, or makes one again
    that had ended before its event came in.
    """
    event = snapshot.events.get(job.source_id, scope=job.scope)
    if job.kind == "summary":
        last = snapshot.events.last(job.server_session_id, scope=job.scope)
        return _summary(snapshot, job, last[0] if last else event)
    role = _role(event)
    if job.kind == "event" and role is TurnRole.WITHIN:
        return Task("", event.occurred_at_epoch, skip="turn_open")
    if job.kind == "event" and role is TurnRole.OPENS:
        task = _turn_before(snapshot, job, event)
    else:
        number = snapshot.events.turn_of(event.id, scope=job.scope)
        task = _turn(snapshot, job, number, event)
    return to_be_told(task, keeping)


def to_be_told(task: Task, keeping: Keeping) -> Task:
    """The task without what must show in no memory, whoever makes them."""
    if not isinstance(task.work, Turn):
        return task
    if any(map(is_withheld, task.work.events)):
        return replace(task, work=None, skip="private")
    if any(map(has_expired, task.work.events)):
        # What was made of it while it was there stays.
        return replace(task, work=None, skip="expired")
    told = tuple(filter(keeping.tells, task.work.events))
    if not told:
        return replace(task, work=None, skip="nothing_to_remember")
    # What a turn before it must not tell does not come in by the back door either.
    earlier = tuple(
        event
        for event in task.work.earlier
        if keeping.tells(event) and not (is_withheld(event) or has_expired(event))
    )
    return replace(task, work=replace(task.work, events=told, earlier=earlier))


def whole_turn(
    snapshot: Snapshot, session: ServerSession, number: int, *, scope: Scope
) -> Task:
    """The work of a turn with all the events that it has by now."""
    place = _Place(session.project_id, session.id, scope)
    events = snapshot.events.of_turn(session.id, number, scope=scope)
    while (
        events
        and _role(events[-1]) is TurnRole.CLOSES
        and _was_closed(events, events[-1])
    ):
        # It only says again that the turn is over.
        events = events[:-1]
    return _about(snapshot, place, number, events)


def whole_session(
    snapshot: Snapshot, session: ServerSession, *, scope: Scope
) -> Task | None:
    """The work of summing up a session as it is by now; None where it is empty."""
    last = snapshot.events.last(session.id, scope=scope)
    if last is None:
        return None
    return _summary(snapshot, _Place(session.project_id, session.id, scope), last[0])


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose work it is; a job says that of itself."""

    project_id: str
    server_session_id: str
    scope: Scope


def _turn_before(snapshot: Snapshot, job: GenerationJob, prompt: AgentEvent) -> Task:
    """The turn that a prompt ended; none where it came in after what followed it."""
    scope, session_id = job.scope, job.server_session_id
    before = snapshot.events.turn_before(prompt.id, scope=scope)
    number = snapshot.events.turn_of(prompt.id, scope=scope)
    newest = snapshot.events.latest(session_id, scope=scope)
    if before is None or (newest is not None and newest.turn < number):
        stem = _stem(session_id, number)
        return Task(stem, prompt.occurred_at_epoch, skip="turn_open")
    return _turn(snapshot, job, before, None)


def _turn(
    snapshot: Snapshot, job: GenerationJob, number: int, last: AgentEvent | None
) -> Task:
    session_id = job.server_session_id
    events = snapshot.events.of_turn(session_id, number, scope=job.scope)
    if job.kind == "event":
        events = _through(events, last)
    elif _is_left_to_another(snapshot, job, events):
        return Task(_stem(session_id, number), 0, skip="turn_open")
    if events and _was_closed(events, last):
        happened = events[-1].occurred_at_epoch
        return Task(_stem(session_id, number), happened, skip="turn_closed")
    return _about(snapshot, job, number, events)


def _is_left_to_another(
    snapshot: Snapshot, job: GenerationJob, events: Sequence[AgentEvent]
) -> bool:
    """Whether what came in after the event of the job has such a job too."""
    newest = events[-1]
    if newest.id == job.source_id:
        return False
    draft = JobDraft.of_valid({**_draft_of(job), "source_id": newest.id})
    return snapshot.jobs.find(job_id(draft), scope=job.scope) is not None


def _draft_of(job: GenerationJob) -> dict[str, object]:
    return {name: getattr(job, name) for name in JobDraft.model_fields}


def _stem(session_id: str, number: int) -> str:
    return f"turn:v1:{session_id}:{number}"


def _about(
    snapshot: Snapshot,
    place: GenerationJob | _Place,
    number: int,
    events: Sequence[AgentEvent],
) -> Task:
    scope, session_id = place.scope, place.server_session_id
    stem = _stem(session_id, number)
    if not events:
        return Task(stem, 0, skip="turn_open")
    work = Turn(
        project=snapshot.projects.get(place.project_id, scope=scope),
        session=snapshot.sessions.get(session_id, scope=scope),
        number=number,
        events=_as_happened(events),
        earlier=_earlier(snapshot, place, number, events),
    )
    return Task(stem, work.events[-1].occurred_at_epoch, work)


def _as_happened(events: Sequence[AgentEvent]) -> tuple[AgentEvent, ...]:
    """The events in the order in which they happened; most came in so."""
    return tuple(sorted(events, key=lambda event: event.occurred_at_epoch))


def _earlier(
    snapshot: Snapshot,
    place: GenerationJob | _Place,
    number: int,
    events: Sequence[AgentEvent],
) -> tuple[AgentEvent, ...]:
    """The newest events of the few turns before one, in order.

    A turn that came in late may have a greater number than one that came after it.
    """
    scope, session_id = place.scope, place.server_session_id
    ended = max(event.occurred_at_epoch for event in events)
    turns = (
        snapshot.events.of_turn(session_id, before, scope=scope)
        for before in range(max(0, number - EARLIER_TURNS), number)
    )
    before = (e for turn in turns for e in turn if e.occurred_at_epoch <= ended)
    return tuple(before)[-EARLIER_EVENTS:]


def _summary(
    snapshot: Snapshot, job: GenerationJob | _Place, event: AgentEvent
) -> Task:
    scope, session_id = job.scope, job.server_session_id
    work = FinishedSession(
        project=snapshot.projects.get(job.project_id, scope=scope),
        session=snapshot.sessions.get(session_id, scope=scope),
        prompts=_as_happened(snapshot.events.prompts(session_id, scope=scope)),
        memories=tuple(
            snapshot.memories.of_session(session_id, scope=scope, kind="observation")
        ),
        last_event=event,
    )
    return Task(f"summary:v1:{session_id}", event.occurred_at_epoch, work)


def _through(
    events: Sequence[AgentEvent], last: AgentEvent | None
) -> Sequence[AgentEvent]:
    if last is None:
        return events
    place = [event.id for event in events].index(last.id)
    return events[: place + 1]


def _was_closed(events: Sequence[AgentEvent], last: AgentEvent | None) -> bool:
    """Whether the turn had already ended before the event that ends it now.

    One that ends it again with another last message does not count: hooks arrive out
    of order, and an agent that is kept from stopping stops twice.
    """
    ended_now = last is not None and _role(last) is TurnRole.CLOSES
    before = events[:-1] if ended_now else events
    if not before or _role(before[-1]) is not TurnRole.CLOSES:
        return False
    said = _last_message(last) if ended_now and last is not None else None
    return said is None or said in map(_last_message, before)


def _last_message(event: AgentEvent) -> JsonValue:
    payload = event.payload
    return payload.get("last_assistant_message") if isinstance(payload, dict) else None


def _role(event: AgentEvent) -> TurnRole:
    return turn_role(event.event_type, event.payload)
