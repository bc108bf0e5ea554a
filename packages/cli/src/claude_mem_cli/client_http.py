# SPDX-License-Identifier: Apache-2.0
"""The client of a running server: HTTP on one connection that is kept open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import AuditPage, AuditQuery
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.context_pack import Told as Considered
from claude_mem_core.domain.coverage import (
    CoverageTotals,
    ReconcileRequest,
    Reconciliation,
)
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.generation_job import (
    GenerationJob,
    JobEvent,
    JobQuery,
    Lane,
)
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord
from claude_mem_core.domain.memory_request import FoundMemories, MemoryRequest
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.project_identity import (
    ProjectAlias,
    ProjectFacts,
    ProjectIdentity,
)
from claude_mem_core.domain.replay import ReplayPage, ReplayRequest
from claude_mem_core.domain.rescan import RescanPage, RescanQuery
from claude_mem_core.domain.search import SearchHit, SearchQuery, SearchResult
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.team import Team, TeamDraft
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.domain.whereabouts import IdentifiedProject, Whereabouts
from claude_mem_core.errors import AdapterError, NotFoundError
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_cli.client import Acknowledged, Client, Ledger, Moved, Story, Told
from claude_mem_cli.http_line import HttpLine, items, part
from claude_mem_cli.team_client import TeamClient
from claude_mem_cli.team_http import TeamHttp

LONGEST_ANSWER = 3600.0
"""Seconds that a model may take to read a session."""

POLL = 0.2
"""Seconds between two looks at how many jobs are left."""


class ClientHttp(Client):
    """A server that runs on this machine, at the end of a line."""

    def __init__(self, line: HttpLine) -> None:
        self._line = line

    @property
    @override
    def where(self) -> str:
        return self._line.where

    @override
    def projects(self) -> Sequence[Project]:
        answer = self._line.ask("GET", "/v1/projects")
        return [Project.from_wire(one) for one in items(answer, "projects")]

    @override
    def create_project(self, draft: ProjectDraft) -> Project:
        body = draft.model_dump(mode="json", by_alias=True, exclude_none=True)
        return Project.from_wire(
            self._line.ask("POST", "/v1/projects", body)["project"]
        )

    @override
    def resolve(self, facts: ProjectFacts) -> Project | None:
        found = self._line.ask("POST", "/v1/projects/resolve", _said(facts)).get(
            "project"
        )
        return None if found is None else Project.from_wire(found)

    @override
    def identify(self, told: Whereabouts) -> IdentifiedProject:
        answer = self._line.ask("POST", "/v1/projects/identify", _said(told))
        return IdentifiedProject.from_wire(answer)

    @override
    def identities(self, project_id: str) -> Sequence[ProjectIdentity]:
        answer = self._line.ask("GET", _identities(project_id))
        found = items(answer, "identities")
        return [ProjectIdentity.from_wire(one) for one in found]

    @override
    def alias(self, project_id: str, alias: ProjectAlias) -> ProjectIdentity:
        answer = self._line.ask("POST", _identities(project_id), alias.to_wire())
        return ProjectIdentity.from_wire(part(answer, "identity", dict))

    @override
    def memory_counts(self, project_id: str) -> Mapping[MemoryKind, int]:
        answer = self._line.ask("GET", f"/v1/projects/{quote(project_id, safe='')}")
        counts: Mapping[MemoryKind, int] = part(answer, "memoryCounts", dict)
        return counts

    @override
    def teams(self) -> Sequence[Team]:
        found = items(self._line.ask("GET", "/v1/teams"), "teams")
        return [Team.from_wire(one) for one in found]

    @override
    def create_team(self, draft: TeamDraft) -> Team:
        answer = self._line.ask_once("POST", "/v1/teams", draft.to_wire())
        return Team.from_wire(part(answer, "team", dict))

    @override
    def team(self, team_id: str) -> TeamClient:
        return TeamHttp(self._line, team_id)

    @override
    def send(self, drafts: Sequence[AgentEventDraft]) -> Sequence[Acknowledged]:
        answer = self._line.ask(
            "POST", "/v1/events/batch", [wire(one) for one in drafts]
        )
        events, created = items(answer, "events"), items(answer, "created")
        return [
            Acknowledged(event["id"], event.get("serverSessionId"), is_new)
            for event, is_new in zip(events, created, strict=True)
        ]

    @override
    def end_session(self, session_id: str) -> None:
        self._line.ask("POST", f"/v1/sessions/{quote(session_id, safe='')}/end")

    @override
    def session(self, session_id: str) -> ServerSession:
        answer = self._line.ask("GET", f"/v1/sessions/{quote(session_id, safe='')}")
        return ServerSession.from_wire(part(answer, "session", dict))

    @override
    def reconcile(self, asked: ReconcileRequest) -> Reconciliation:
        told = asked.model_dump(mode="json", by_alias=True, exclude_unset=True)
        answer = self._line.ask("POST", "/v1/sessions/reconcile", told)
        return Reconciliation.from_wire(part(answer, "reconciliation", dict))

    @override
    def coverage(self) -> CoverageTotals | None:
        told = self._line.ask("GET", "/v1/info").get("coverage")
        if told is None:
            return None
        return CoverageTotals(*(told[name] for name in CoverageTotals._fields))

    @override
    def search(self, query: SearchQuery) -> SearchResult:
        answer = self._line.ask("POST", "/v1/search", _asked(query))
        parts = (items(answer, name) for name in ("memories", "scores", "why"))
        hits = (
            SearchHit(item=MemoryRecord.from_wire(one), score=score, why=why)
            for one, score, why in zip(*parts, strict=True)
        )
        return SearchResult(hits=tuple(hits), confidence=answer.get("confidence"))

    @override
    def timeline(self, query: TimelineQuery) -> Timeline:
        answer = self._line.ask(
            "POST", "/v1/timeline", _asked(query.changed(view="full"))
        )
        told = {"anchorId": answer["anchorId"], "anchorEpoch": answer["anchorEpoch"]}
        return Timeline.from_wire({**told, "items": items(answer, "memories")})

    @override
    def memories(self, request: MemoryRequest) -> FoundMemories:
        return FoundMemories.from_wire(
            self._line.ask("POST", "/v1/memories/get", _asked(request))
        )

    @override
    def supersede(self, memory_id: str, told: Supersession) -> MemoryChange:
        return MemoryChange.from_wire(
            self._line.ask("POST", _memory(memory_id, "supersede"), _asked(told))
        )

    @override
    def expire(self, memory_id: str, told: Expiry) -> MemoryChange:
        return MemoryChange.from_wire(
            self._line.ask("POST", _memory(memory_id, "expire"), _asked(told))
        )

    @override
    def context(self, query: ContextQuery) -> Told:
        answer = self._line.ask("POST", "/v1/context", _asked(query))
        found = tuple(MemoryRecord.from_wire(one) for one in items(answer, "memories"))
        return Told(
            found,
            answer["context"],
            answer["tokens"],
            answer.get("packId"),
            [Considered.from_wire(one) for one in answer.get("explanation", [])],
        )

    @override
    def judge(self, memory_id: str, told: Feedback) -> float:
        path = _memory(memory_id, "feedback")
        return part(self._line.ask("POST", path, told.to_wire()), "feedback", float)

    @override
    def jobs_left(self) -> Iterator[int]:
        while depth := self._depth():
            yield depth
            time.sleep(POLL)
        yield 0

    @override
    def jobs(self, query: JobQuery) -> Sequence[GenerationJob]:
        asked = query.model_dump(exclude={"project_id"}, exclude_none=True)
        path = "/v1/jobs"
        if query.project_id is not None:
            path = f"/v1/projects/{quote(query.project_id, safe='')}/jobs"
        answer = self._line.ask("GET", f"{path}?{urlencode(asked)}")
        return [GenerationJob.from_wire(one) for one in items(answer, "jobs")]

    @override
    def job(self, job_id: str) -> Story:
        answer = self._ask_of_job("GET", job_id)
        moves = [JobEvent.from_wire(one) for one in items(answer, "events")]
        calls = [ModelCall.from_wire(one) for one in items(answer, "modelCalls")]
        return Story(_job(answer), moves, calls)

    @override
    def retry_job(self, job_id: str) -> Moved:
        answer = self._ask_of_job("POST", job_id, "/retry")
        return Moved(_job(answer), part(answer, "alreadyQueued", bool))

    @override
    def cancel_job(self, job_id: str) -> Moved:
        answer = self._ask_of_job("POST", job_id, "/cancel")
        return Moved(_job(answer), part(answer, "alreadyCancelled", bool))

    @override
    def reindex(self, project_id: str) -> GenerationJob:
        path = f"/v1/projects/{quote(project_id, safe='')}/reindex"
        return _job(self._line.ask("POST", path))

    @override
    def rescan(self, query: RescanQuery) -> RescanPage:
        asked = query.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._line.ask("POST", "/v1/redactions", asked)
        return RescanPage.from_wire(part(answer, "redaction", dict))

    @override
    def regenerate(self, project_id: str, request: ReplayRequest) -> ReplayPage:
        path = f"/v1/projects/{quote(project_id, safe='')}/regenerate"
        asked = request.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._line.ask("POST", path, asked, patience=LONGEST_ANSWER)
        return ReplayPage.from_wire(part(answer, "replay", dict))

    @override
    def audit(self, query: AuditQuery) -> AuditPage:
        asked = query.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._line.ask("GET", f"/v1/audit?{urlencode(asked)}")
        return AuditPage.from_wire(answer)

    @override
    def ledger(self) -> Ledger:
        info = self._line.ask("GET", "/v1/info")
        lanes = info.get("queueLanes")
        if lanes is None:
            raise AdapterError(f"the store of {self.where} does not answer")
        told = {
            kind: Lane(one["depth"], one["oldestWaitingEpoch"], one["failed"])
            for kind, one in lanes.items()
        }
        return Ledger(info["boundaries"]["queue"]["details"]["jobs"], told)

    @override
    def close(self) -> None:
        self._line.close()

    def _depth(self) -> int:
        info = self._line.ask("GET", "/v1/info")
        worker = info["boundaries"]["generationWorker"]
        if worker["status"] != "active":
            raise AdapterError(
                f"{self.where} has no generation worker at work; the events are kept "
                "and wait: run claude-mem server worker, or ingest with --no-wait"
            )
        return int(info["queueDepth"])

    def _ask_of_job(self, method: str, job_id: str, deed: str = "") -> dict[str, Any]:
        try:
            return self._line.ask(method, f"/v1/jobs/{quote(job_id, safe='')}{deed}")
        except NotFoundError:
            raise NotFoundError("job", job_id) from None


def wire(draft: AgentEventDraft) -> dict[str, JsonValue]:
    """The event as the server reads it, without what is not said."""
    return draft.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _identities(project_id: str) -> str:
    return f"/v1/projects/{quote(project_id, safe='')}/identities"


def _memory(memory_id: str, deed: str) -> str:
    return f"/v1/memories/{quote(memory_id, safe='')}/{deed}"


def _said(told: ProjectFacts | Whereabouts) -> dict[str, JsonValue]:
    return told.model_dump(mode="json", by_alias=True, exclude_none=True)


def _asked(
    query: SearchQuery
    | TimelineQuery
    | ContextQuery
    | MemoryRequest
    | Supersession
    | Expiry,
) -> dict[str, JsonValue]:
    return query.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _job(answer: Mapping[str, Any]) -> GenerationJob:
    return GenerationJob.from_wire(part(answer, "generationJob", dict))
