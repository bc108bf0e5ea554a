# SPDX-License-Identifier: Apache-2.0
"""`/v1/events`."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.errors import InvalidInputError, Issue
from claude_mem_core.services.events import MAX_BATCH, Events
from pydantic import JsonValue

from claude_mem_http_falcon.exchange import Request, Response, show


class EventsResource:
    """Where events come in."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def on_post(self, req: Request, resp: Response) -> None:
        """Take one in; the same one again gives the same event and job."""
        draft = AgentEventDraft.from_wire(req.document)
        accepted = self._events.accept(draft, by=req.caller)
        show(
            resp,
            201,
            event=accepted.event,
            generationJob=accepted.generation_job,
            created=accepted.created,
        )


class EventBatchResource:
    """Where many events come in at once."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def on_post(self, req: Request, resp: Response) -> None:
        """Take all of them in, or none; jobs and news stand parallel to the events."""
        accepted = self._events.accept_batch(_drafts(req.document), by=req.caller)
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
