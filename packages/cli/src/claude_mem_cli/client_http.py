# SPDX-License-Identifier: Apache-2.0
"""The client of a running server: HTTP on one connection that is kept open."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import AuditPage, AuditQuery
from claude_mem_core.domain.by_hand import Expiry, MemoryChange, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.context_pack import Told as Considered
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
from claude_mem_core.domain.timeline import Timeline, TimelineQuery
from claude_mem_core.domain.whereabouts import IdentifiedProject, Whereabouts
from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StorageFullError,
    StorageReadOnlyError,
    UnauthenticatedError,
)
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_cli.client import Acknowledged, Client, Ledger, Moved, Story, Told

T = TypeVar("T")

TIMEOUT = 60.0
LONGEST_ANSWER = 3600.0
POLL = 0.2
"""Seconds between two looks at how many jobs are left."""

_OF_STATUS: Mapping[int, type[ClaudeMemError]] = {
    400: InvalidInputError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    409: ConflictError,
    413: InvalidInputError,
    507: StorageFullError,
}
_NOT_FOUND = 404
_ABSENT = re.compile(r"no ([a-z ]+) with the id '([^']+)'")
_FIRST_ERROR = 400


class ClientHttp(Client):
    """A server that runs on this machine, with the token of its data folder."""

    def __init__(self, url: str, token: str | None) -> None:
        place = urlsplit(url)
        self._url = url
        self._line = HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    @property
    @override
    def where(self) -> str:
        return f"the server at {self._url}"

    @override
    def projects(self) -> Sequence[Project]:
        answer = self._ask("GET", "/v1/projects")
        return [Project.from_wire(one) for one in _list(answer, "projects")]

    @override
    def create_project(self, draft: ProjectDraft) -> Project:
        body = draft.model_dump(mode="json", by_alias=True, exclude_none=True)
        return Project.from_wire(self._ask("POST", "/v1/projects", body)["project"])

    @override
    def resolve(self, facts: ProjectFacts) -> Project | None:
        found = self._ask("POST", "/v1/projects/resolve", _said(facts)).get("project")
        return None if found is None else Project.from_wire(found)

    @override
    def identify(self, told: Whereabouts) -> IdentifiedProject:
        answer = self._ask("POST", "/v1/projects/identify", _said(told))
        return IdentifiedProject.from_wire(answer)

    @override
    def identities(self, project_id: str) -> Sequence[ProjectIdentity]:
        answer = self._ask("GET", _identities(project_id))
        found = _list(answer, "identities")
        return [ProjectIdentity.from_wire(one) for one in found]

    @override
    def alias(self, project_id: str, alias: ProjectAlias) -> ProjectIdentity:
        answer = self._ask("POST", _identities(project_id), alias.to_wire())
        return ProjectIdentity.from_wire(_part(answer, "identity", dict))

    @override
    def memory_counts(self, project_id: str) -> Mapping[MemoryKind, int]:
        answer = self._ask("GET", f"/v1/projects/{quote(project_id, safe='')}")
        counts: Mapping[MemoryKind, int] = _part(answer, "memoryCounts", dict)
        return counts

    @override
    def send(self, drafts: Sequence[AgentEventDraft]) -> Sequence[Acknowledged]:
        answer = self._ask("POST", "/v1/events/batch", [wire(one) for one in drafts])
        events, created = _list(answer, "events"), _list(answer, "created")
        return [
            Acknowledged(event["id"], event.get("serverSessionId"), is_new)
            for event, is_new in zip(events, created, strict=True)
        ]

    @override
    def end_session(self, session_id: str) -> None:
        self._ask("POST", f"/v1/sessions/{quote(session_id, safe='')}/end")

    @override
    def search(self, query: SearchQuery) -> SearchResult:
        answer = self._ask("POST", "/v1/search", _asked(query))
        parts = (_list(answer, name) for name in ("memories", "scores", "why"))
        hits = (
            SearchHit(item=MemoryRecord.from_wire(one), score=score, why=why)
            for one, score, why in zip(*parts, strict=True)
        )
        return SearchResult(hits=tuple(hits), confidence=answer.get("confidence"))

    @override
    def timeline(self, query: TimelineQuery) -> Timeline:
        answer = self._ask("POST", "/v1/timeline", _asked(query.changed(view="full")))
        told = {"anchorId": answer["anchorId"], "anchorEpoch": answer["anchorEpoch"]}
        return Timeline.from_wire({**told, "items": _list(answer, "memories")})

    @override
    def memories(self, request: MemoryRequest) -> FoundMemories:
        return FoundMemories.from_wire(
            self._ask("POST", "/v1/memories/get", _asked(request))
        )

    @override
    def supersede(self, memory_id: str, told: Supersession) -> MemoryChange:
        return MemoryChange.from_wire(
            self._ask("POST", _memory(memory_id, "supersede"), _asked(told))
        )

    @override
    def expire(self, memory_id: str, told: Expiry) -> MemoryChange:
        return MemoryChange.from_wire(
            self._ask("POST", _memory(memory_id, "expire"), _asked(told))
        )

    @override
    def context(self, query: ContextQuery) -> Told:
        answer = self._ask("POST", "/v1/context", _asked(query))
        items = tuple(MemoryRecord.from_wire(one) for one in _list(answer, "memories"))
        return Told(
            items,
            answer["context"],
            answer["tokens"],
            answer.get("packId"),
            [Considered.from_wire(one) for one in answer.get("explanation", [])],
        )

    @override
    def judge(self, memory_id: str, told: Feedback) -> float:
        path = _memory(memory_id, "feedback")
        return _part(self._ask("POST", path, told.to_wire()), "feedback", float)

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
        answer = self._ask("GET", f"{path}?{urlencode(asked)}")
        return [GenerationJob.from_wire(one) for one in _list(answer, "jobs")]

    @override
    def job(self, job_id: str) -> Story:
        answer = self._ask_of_job("GET", job_id)
        moves = [JobEvent.from_wire(one) for one in _list(answer, "events")]
        calls = [ModelCall.from_wire(one) for one in _list(answer, "modelCalls")]
        return Story(_job(answer), moves, calls)

    @override
    def retry_job(self, job_id: str) -> Moved:
        answer = self._ask_of_job("POST", job_id, "/retry")
        return Moved(_job(answer), _part(answer, "alreadyQueued", bool))

    @override
    def cancel_job(self, job_id: str) -> Moved:
        answer = self._ask_of_job("POST", job_id, "/cancel")
        return Moved(_job(answer), _part(answer, "alreadyCancelled", bool))

    @override
    def reindex(self, project_id: str) -> GenerationJob:
        path = f"/v1/projects/{quote(project_id, safe='')}/reindex"
        return _job(self._ask("POST", path))

    @override
    def rescan(self, query: RescanQuery) -> RescanPage:
        asked = query.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._ask("POST", "/v1/redactions", asked)
        return RescanPage.from_wire(_part(answer, "redaction", dict))

    @override
    def regenerate(self, project_id: str, request: ReplayRequest) -> ReplayPage:
        path = f"/v1/projects/{quote(project_id, safe='')}/regenerate"
        asked = request.model_dump(mode="json", by_alias=True, exclude_none=True)
        with self._patience():
            answer = self._ask("POST", path, asked)
        return ReplayPage.from_wire(_part(answer, "replay", dict))

    @override
    def audit(self, query: AuditQuery) -> AuditPage:
        asked = query.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._ask("GET", f"/v1/audit?{urlencode(asked)}")
        return AuditPage.from_wire(answer)

    @override
    def ledger(self) -> Ledger:
        info = self._ask("GET", "/v1/info")
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

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Wait longer for the next answer: a model may have to read a session."""
        self._line.close()
        self._line.timeout = LONGEST_ANSWER
        try:
            yield
        finally:
            self._line.close()
            self._line.timeout = TIMEOUT

    def _depth(self) -> int:
        info = self._ask("GET", "/v1/info")
        worker = info["boundaries"]["generationWorker"]
        if worker["status"] != "active":
            raise AdapterError(
                f"{self.where} has no generation worker at work; the events are kept "
                "and wait: run claude-mem server worker, or ingest with --no-wait"
            )
        return int(info["queueDepth"])

    def _ask_of_job(self, method: str, job_id: str, deed: str = "") -> dict[str, Any]:
        try:
            return self._ask(method, f"/v1/jobs/{quote(job_id, safe='')}{deed}")
        except NotFoundError:
            raise NotFoundError("job", job_id) from None

    def _ask(self, method: str, path: str, body: JsonValue = None) -> dict[str, Any]:
        """The JSON object that the server answers with."""
        data = None if body is None else json.dumps(body).encode()
        try:
            status, text = self._exchange(method, path, data)
        except (OSError, HTTPException) as error:
            self._line.close()
            raise AdapterError(
                f"{self.where} does not answer ({str(error) or type(error).__name__}); "
                "what it acknowledged is kept: start it and run the command again"
            ) from error
        if status >= _FIRST_ERROR:
            raise _error(status, text, path)
        return self._object(text)

    def _exchange(
        self, method: str, path: str, data: bytes | None
    ) -> tuple[int, bytes]:
        was_open = self._line.sock is not None
        try:
            return self._once(method, path, data)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A server may drop a connection that was idle. Every deed can be done
            # again, so the same is said once more on a new one.
            self._line.close()
            if not was_open:
                raise
        return self._once(method, path, data)

    def _once(self, method: str, path: str, data: bytes | None) -> tuple[int, bytes]:
        self._line.request(method, path, body=data, headers=self._headers)
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def _object(self, text: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise AdapterError(f"{self.where} answers with something else than JSON")
        return answer


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
    return GenerationJob.from_wire(_part(answer, "generationJob", dict))


def _list(answer: Mapping[str, Any], name: str) -> list[Any]:
    return _part(answer, name, list)


def _part(answer: Mapping[str, Any], name: str, kind: type[T]) -> T:
    found = answer.get(name)
    if not isinstance(found, kind):
        raise AdapterError(
            f"the server's answer has no {name!r}: is it of our version?"
        )
    return found


def _error(status: int, text: bytes, path: str) -> ClaudeMemError:
    try:
        told = json.loads(text)
        message, code = str(told["message"]), told.get("code")
    except (ValueError, KeyError, TypeError):
        message, code = f"HTTP {status} without a reason", None
    if status == _NOT_FOUND:
        absent = _ABSENT.fullmatch(message)
        return NotFoundError(*(absent.groups() if absent else ("record", path)))
    if code == StorageReadOnlyError.code:
        return StorageReadOnlyError(message)
    kind = _OF_STATUS.get(status, AdapterError)
    return kind(message)
