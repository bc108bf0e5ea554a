# SPDX-License-Identifier: Apache-2.0
"""`/v1/events`."""

from __future__ import annotations

from datetime import timedelta
from threading import Semaphore

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.generation_job import UNSETTLED, GenerationJob
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import InvalidInputError, Issue
from claude_mem_core.services.events import MAX_BATCH, Events
from claude_mem_core.services.jobs import Jobs
from pydantic import JsonValue

from claude_mem_http_falcon import parameters
from claude_mem_http_falcon.exchange import Request, Response, show

LONGEST_WAIT = timedelta(seconds=30)
"""How long a caller can wait for the job of its event."""

MOST_WAITERS = 4
"""Requests that wait for a job at once: half of the threads, so that others answer."""


class Waiting:
    """The place where requests wait for the jobs of their events.

    Args:
        jobs: The jobs.
        stop: Sends everybody away.
    """

    def __init__(self, jobs: Jobs, stop: StopSignal) -> None:
        self._jobs = jobs
        self._stop = stop
        self._seats = Semaphore(MOST_WAITERS)

    def ended(self, job: GenerationJob, *, by: Principal) -> GenerationJob:
        """The job once it has ended, or as it is when its caller waits no longer."""
        seated = self._seats.acquire(blocking=False)
        try:
            within = LONGEST_WAIT if seated else timedelta(0)
            return self._jobs.ended(job.id, by=by, within=within, stop=self._stop)
        finally:
            if seated:
                self._seats.release()


class EventsResource:
    """Where events come in."""

    def __init__(self, events: Events, waiting: Waiting) -> None:
        self._events = events
        self._waiting = waiting

    def on_post(self, req: Request, resp: Response) -> None:
        """Take one in; the same one again gives the same event and job."""
        generate = parameters.flag(req, "generate", default=True)
        waits = parameters.flag(req, "wait", default=False)
        draft = AgentEventDraft.from_wire(req.document)
        accepted = self._events.accept(draft, by=req.caller, generate=generate)
        job, waited = accepted.generation_job, {}
        if waits:
            job = job and self._waiting.ended(job, by=req.caller)
            waited = {"waitTimedOut": job is not None and job.status in UNSETTLED}
        event, created = accepted.event, accepted.created
        show(resp, 201, event=event, generationJob=job, created=created, **waited)


class EventBatchResource:
    """Where many events come in at once."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def on_post(self, req: Request, resp: Response) -> None:
        """Take all of them in, or none; jobs and news stand parallel to the events."""
        generate = parameters.flag(req, "generate", default=True)
        drafts = _drafts(req.document)
        accepted = self._events.accept_batch(drafts, by=req.caller, generate=generate)
        events = [one.event for one in accepted]
        jobs = [one.generation_job for one in accepted]
        created = [one.created for one in accepted]
        show(resp, 201, events=events, generationJobs=jobs, created=created)


class EventResource:
    """One event."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def on_get(self, req: Request, resp: Response, event_id: str) -> None:
        """Show it."""
        show(resp, event=self._events.get(event_id, by=req.caller))


def _drafts(document: JsonValue) -> list[AgentEventDraft]:
    """The events of a batch; every fault names the place of its event."""
    if not isinstance(document, list):
        raise InvalidInputError.of("body", "it is no array", "send a JSON array")
    if len(document) > MAX_BATCH:
        cause = f"{len(document)} events"
        raise InvalidInputError.of("body", cause, f"send 1 to {MAX_BATCH} at a time")
    return [_draft(place, element) for place, element in enumerate(document)]


def _draft(place: int, element: JsonValue) -> AgentEventDraft:
    try:
        return AgentEventDraft.from_wire(element)
    except InvalidInputError as error:
        issues = [
            Issue(f"{place}.{one.field}", one.cause, one.cure) for one in error.issues
        ]
        message = "; ".join(map(str, issues))
        raise InvalidInputError(message, issues=issues) from error
