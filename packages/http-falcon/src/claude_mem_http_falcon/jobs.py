# SPDX-License-Identifier: Apache-2.0
"""`/v1/jobs`, and the jobs of a project and of a team."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.generation_job import GenerationJob, JobQuery
from claude_mem_core.domain.value import JsonObject, invalid_input
from claude_mem_core.errors import InvalidInputError
from claude_mem_core.services.jobs import Jobs
from pydantic import ValidationError

from claude_mem_http_falcon import parameters
from claude_mem_http_falcon.exchange import Request, Response, show

PAYLOAD_SCOPE = "memories:admin"
"""What a key must allow to see what a worker is handed."""


class JobsResource:
    """The jobs that the caller may see."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_get(self, req: Request, resp: Response) -> None:
        """List them, newest first."""
        query = _query(req)
        _show_list(req, resp, query, self._jobs.list(query, by=req.caller))


class ProjectJobsResource:
    """The jobs of a project."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_get(self, req: Request, resp: Response, project_id: str) -> None:
        """List them, newest first."""
        # A name that no project can have is one that none has.
        query = _query(req).model_copy(update={"project_id": project_id})
        _show_list(req, resp, query, self._jobs.list(query, by=req.caller))


class TeamJobsResource:
    """The jobs of a team."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_get(self, req: Request, resp: Response, team_id: str) -> None:
        """List them, newest first."""
        del team_id
        query = _query(req)
        _show_list(req, resp, query, self._jobs.list(query, by=req.caller))


class JobResource:
    """One job."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_get(self, req: Request, resp: Response, job_id: str) -> None:
        """Show it, and every move that it made."""
        story = self._jobs.get(job_id, by=req.caller)
        show(
            resp,
            generationJob=story.job,
            events=list(story.events),
            modelCalls=list(story.calls),
        )


class JobRetryResource:
    """Where an ended job is put in again."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_post(self, req: Request, resp: Response, job_id: str) -> None:
        """Put it in again; one that waits already stays as it is."""
        moved = self._jobs.retry(job_id, by=req.caller, request_id=req.request_id)
        show(
            resp,
            generationJob=moved.job,
            retriedCount=moved.job.retries,
            alreadyQueued=moved.already,
            requestId=req.request_id,
        )


class JobCancelResource:
    """Where an unsettled job is cancelled."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_post(self, req: Request, resp: Response, job_id: str) -> None:
        """Cancel it; a second time changes nothing."""
        moved = self._jobs.cancel(job_id, by=req.caller, request_id=req.request_id)
        show(
            resp,
            generationJob=moved.job,
            alreadyCancelled=moved.already,
            requestId=req.request_id,
        )


class ReindexResource:
    """Where a project's index is asked for anew."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def on_post(self, req: Request, resp: Response, project_id: str) -> None:
        """Put the job in; until it is done there is only one."""
        job = self._jobs.reindex(project_id, by=req.caller, request_id=req.request_id)
        show(resp, 202, generationJob=job)


def _query(req: Request) -> JobQuery:
    """Which jobs the address asks for; every fault names its parameter."""
    given = {
        "status": parameters.text(req, "status"),
        "kind": parameters.text(req, "kind"),
        "source_type": parameters.text(req, "source_type", "sourceType"),
        "since": parameters.number(req, "since"),
        "limit": parameters.number(req, "limit"),
        "offset": parameters.number(req, "offset"),
    }
    asked = {name: value for name, value in given.items() if value is not None}
    try:
        return JobQuery.model_validate(asked, by_alias=False, by_name=True)
    except ValidationError as error:
        raise invalid_input(error) from error


def _show_list(
    req: Request, resp: Response, query: JobQuery, jobs: Sequence[GenerationJob]
) -> None:
    told = [job.to_wire() for job in jobs]
    if _wants_payload(req):
        told = [
            {**one, "payload": payload_of(job)}
            for one, job in zip(told, jobs, strict=True)
        ]
    show(resp, jobs=list(told), limit=query.limit, offset=query.offset)


def _wants_payload(req: Request) -> bool:
    """Whether payloads are asked for; `ForbiddenError` for whoever may not see them."""
    include = parameters.text(req, "include")
    if include is None:
        return False
    if include != "payload":
        cause = "nothing but payload can be included"
        raise InvalidInputError.of("include", cause, "send payload, or leave it out")
    req.caller.require(PAYLOAD_SCOPE)
    return True


def payload_of(job: GenerationJob) -> JsonObject:
    """What a worker is handed of a job: whose it is and what it is about, no content.

    Names: the reference system's section on server jobs.
    """
    payload: JsonObject = {
        "kind": job.kind,
        "team_id": job.team_id,
        "project_id": job.project_id,
        "source_type": job.source_type,
        "source_id": job.source_id,
        "generation_job_id": job.id,
    }
    if job.source_type == "agent_event":
        payload["agent_event_id"] = job.source_id
    if job.source_type == "session_summary":
        payload["server_session_id"] = job.server_session_id
    return payload
