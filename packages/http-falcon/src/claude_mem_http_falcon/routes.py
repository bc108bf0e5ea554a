# SPDX-License-Identifier: Apache-2.0
"""Every route in one table: the deed that it asks for, and how it is asked.

The deed says who may; the row says where, and in what words. What guards the routes,
the OpenAPI document, the pages of the reference and the tests of who may do what are
made from these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from claude_mem_core.domain.access import KeyDraft, KeyRotation
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.by_hand import Expiry, Supersession
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.coverage import ReconcileRequest
from claude_mem_core.domain.deeds import DEEDS, Deed
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.filters import Moment
from claude_mem_core.domain.generation_job import JobQuery
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemoryItemPatch
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.project_identity import ProjectAlias, ProjectFacts
from claude_mem_core.domain.replay import ReplayRequest
from claude_mem_core.domain.rescan import RescanQuery
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.server_session import ServerSessionDraft, SessionQuery
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.domain.value import Value
from claude_mem_core.domain.viewing import ViewerEntry
from claude_mem_core.domain.whereabouts import Whereabouts
from pydantic import JsonValue

from claude_mem_http_falcon import strict_json
from claude_mem_http_falcon.parts import PARTS

KIB: Final = 1024
MIB: Final = 1024 * KIB
JSON: Final = "application/json"
PAGE: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Body:
    """What a route takes as its body.

    Attributes:
        limit: Bytes; a longer one is 413.
        read: From the bytes to JSON.
        may_be_absent: An empty body stands for an empty object.
    """

    limit: int
    read: Callable[[bytes], JsonValue] = strict_json.read
    may_be_absent: bool = False


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One way in.

    Attributes:
        path: As a Falcon template.
        deed: What is asked for, and so who may; None: anybody may come in.
        body: How its body is read; None: it has none.
        of: The value that its body is, or a batch's elements are.
        takes: The parameters that its address may have.
        lists: Those of them that are lists, and may come several times.
        asks: The value that the parameters are the fields of.
        statuses: What it answers with when all is well.
        mounted: Who answers is mounted here, and counts by itself what is asked of it.
        shows: The types of what it answers with when all is well.
    """

    method: str
    path: str
    deed: Deed | None
    body: Body | None = None
    of: type[Value] | None = None
    takes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    asks: type[Value] | None = None
    statuses: tuple[int, ...] = (200,)
    mounted: bool = False
    shows: tuple[str, ...] = (JSON,)


ONE = Body(limit=1 * MIB)
BATCH = Body(limit=8 * MIB)
HOOK = Body(limit=16 * MIB, read=strict_json.read_hook)
LETTER = Body(limit=1 * MIB, read=strict_json.read_unread)
MAYBE = Body(limit=1 * MIB, may_be_absent=True)
CODE = Body(limit=1 * KIB)
NOTHING = Body(limit=1 * KIB, read=strict_json.read_nothing, may_be_absent=True)
JOB_QUERY: Final = (
    *("status", "source_type", "sourceType", "kind", "since"),
    *("limit", "offset", "include"),
)
LISTS: Final = (
    *("projectIds", "kind", "type", "concept", "file"),
    *("sessionId", "platformSource", "author", "trust"),
)
FILTERS: Final = (
    *("projectId", *LISTS, "dateStart", "dateEnd", "asOf", "knownAt"),
    *("includeSuperseded", "includeExpired", "view", "query"),
)
AUDIT_QUERY: Final = (
    *("projectId", "action", "actorId", "targetType", "targetId"),
    *("since", "until", "order", "limit", "after"),
)
SEARCH: Final = (*FILTERS, "limit", "minConfidence", "explain", "openFiles")
TIMELINE: Final = (*FILTERS, "anchor", "depthBefore", "depthAfter")

ROUTES: Final = (
    RouteSpec("GET", "/", None, shows=(PAGE,)),
    RouteSpec("GET", "/viewer/{file}", None, shows=tuple(PARTS.values())),
    RouteSpec("GET", "/healthz", None),
    RouteSpec("GET", "/readyz", None),
    RouteSpec("GET", "/v1/info", None),
    RouteSpec("GET", "/v1/openapi.json", None),
    RouteSpec("GET", "/v1/projects", DEEDS["project.list"], takes=("counts",)),
    RouteSpec(
        "POST",
        "/v1/projects",
        DEEDS["project.create"],
        ONE,
        ProjectDraft,
        statuses=(201,),
    ),
    RouteSpec(
        "POST",
        "/v1/projects/identify",
        DEEDS["project.identify"],
        ONE,
        Whereabouts,
        statuses=(200, 201),
    ),
    RouteSpec(
        "POST", "/v1/projects/resolve", DEEDS["project.resolve"], ONE, ProjectFacts
    ),
    RouteSpec("GET", "/v1/projects/{project_id}", DEEDS["project.read"]),
    RouteSpec(
        "GET", "/v1/projects/{project_id}/identities", DEEDS["project.identities"]
    ),
    RouteSpec(
        "POST",
        "/v1/projects/{project_id}/identities",
        DEEDS["project.alias"],
        ONE,
        ProjectAlias,
        statuses=(201,),
    ),
    RouteSpec(
        "GET",
        "/v1/sessions",
        DEEDS["session.list"],
        takes=("projectId", "limit", "after"),
        asks=SessionQuery,
    ),
    RouteSpec(
        "POST",
        "/v1/sessions/start",
        DEEDS["session.start"],
        ONE,
        ServerSessionDraft,
        statuses=(200, 201),
    ),
    RouteSpec(
        "POST",
        "/v1/sessions/reconcile",
        DEEDS["session.reconcile"],
        BATCH,
        ReconcileRequest,
    ),
    RouteSpec("GET", "/v1/sessions/{session_id}", DEEDS["session.read"]),
    RouteSpec("POST", "/v1/sessions/{session_id}/end", DEEDS["session.end"], NOTHING),
    RouteSpec(
        "POST",
        "/v1/events",
        DEEDS["event.write"],
        ONE,
        AgentEventDraft,
        takes=("generate", "wait"),
        statuses=(201,),
    ),
    RouteSpec(
        "POST",
        "/v1/events/batch",
        DEEDS["event.write"],
        BATCH,
        AgentEventDraft,
        takes=("generate",),
        statuses=(201,),
    ),
    RouteSpec("GET", "/v1/events/{event_id}", DEEDS["event.read"]),
    RouteSpec(
        "GET", "/v1/jobs", DEEDS["generation_job.list"], takes=JOB_QUERY, asks=JobQuery
    ),
    RouteSpec("GET", "/v1/jobs/{job_id}", DEEDS["generation_job.read"]),
    RouteSpec(
        "POST", "/v1/jobs/{job_id}/retry", DEEDS["generation_job.retry"], NOTHING
    ),
    RouteSpec(
        "POST", "/v1/jobs/{job_id}/cancel", DEEDS["generation_job.cancel"], NOTHING
    ),
    RouteSpec(
        "GET",
        "/v1/projects/{project_id}/jobs",
        DEEDS["generation_job.of_project"],
        takes=JOB_QUERY,
        asks=JobQuery,
    ),
    RouteSpec(
        "POST",
        "/v1/projects/{project_id}/reindex",
        DEEDS["project.reindex"],
        NOTHING,
        statuses=(202,),
    ),
    RouteSpec(
        "POST",
        "/v1/projects/{project_id}/regenerate",
        DEEDS["observation.regenerated"],
        ONE,
        ReplayRequest,
    ),
    RouteSpec(
        "GET",
        "/v1/teams/{team_id}/jobs",
        DEEDS["generation_job.of_team"],
        takes=JOB_QUERY,
        asks=JobQuery,
    ),
    RouteSpec(
        "POST",
        "/v1/memories",
        DEEDS["memory.write"],
        ONE,
        MemoryItemDraft,
        statuses=(201,),
    ),
    RouteSpec(
        "POST", "/v1/memories/get", DEEDS["memory.read_many"], ONE, MemoryRequest
    ),
    RouteSpec(
        "GET",
        "/v1/memories/{memory_id}",
        DEEDS["memory.read"],
        takes=("asOf", "knownAt"),
        asks=Moment,
    ),
    RouteSpec(
        "PATCH",
        "/v1/memories/{memory_id}",
        DEEDS["memory.update"],
        ONE,
        MemoryItemPatch,
    ),
    RouteSpec(
        "POST",
        "/v1/memories/{memory_id}/supersede",
        DEEDS["memory.supersede"],
        ONE,
        Supersession,
    ),
    RouteSpec(
        "POST", "/v1/memories/{memory_id}/expire", DEEDS["memory.expire"], MAYBE, Expiry
    ),
    RouteSpec(
        "POST",
        "/v1/memories/{memory_id}/feedback",
        DEEDS["memory.feedback"],
        ONE,
        Feedback,
    ),
    RouteSpec("POST", "/v1/redactions", DEEDS["privacy.redact"], ONE, RescanQuery),
    RouteSpec(
        "GET",
        "/v1/search",
        DEEDS["memory.search"],
        takes=SEARCH,
        lists=(*LISTS, "openFiles"),
        asks=SearchQuery,
    ),
    RouteSpec("POST", "/v1/search", DEEDS["memory.search"], ONE, SearchQuery),
    RouteSpec(
        "GET",
        "/v1/timeline",
        DEEDS["memory.timeline"],
        takes=TIMELINE,
        lists=LISTS,
        asks=TimelineQuery,
    ),
    RouteSpec("POST", "/v1/timeline", DEEDS["memory.timeline"], ONE, TimelineQuery),
    RouteSpec("POST", "/v1/context", DEEDS["context.pack"], ONE, ContextQuery),
    RouteSpec("GET", "/v1/context/{pack_id}", DEEDS["context.read"]),
    RouteSpec("GET", "/v1/teams", DEEDS["team.list"]),
    RouteSpec(
        "POST", "/v1/teams", DEEDS["team.create"], ONE, TeamDraft, statuses=(201,)
    ),
    RouteSpec("GET", "/v1/teams/{team_id}/members", DEEDS["member.list"]),
    RouteSpec(
        "POST",
        "/v1/teams/{team_id}/members",
        DEEDS["member.add"],
        ONE,
        MemberDraft,
        statuses=(201,),
    ),
    RouteSpec(
        "DELETE",
        "/v1/teams/{team_id}/members/{user_id}",
        DEEDS["member.remove"],
        NOTHING,
    ),
    RouteSpec("GET", "/v1/teams/{team_id}/projects", DEEDS["project.of_team"]),
    RouteSpec(
        "POST",
        "/v1/teams/{team_id}/projects",
        DEEDS["project.create_in_team"],
        ONE,
        ProjectDraft,
        statuses=(201,),
    ),
    RouteSpec("GET", "/v1/teams/{team_id}/keys", DEEDS["api_key.list"]),
    RouteSpec(
        "POST",
        "/v1/teams/{team_id}/keys",
        DEEDS["api_key.create"],
        MAYBE,
        KeyDraft,
        statuses=(201,),
    ),
    RouteSpec(
        "POST",
        "/v1/teams/{team_id}/keys/{key_id}/rotate",
        DEEDS["api_key.rotate"],
        MAYBE,
        KeyRotation,
        statuses=(201,),
    ),
    RouteSpec(
        "POST",
        "/v1/teams/{team_id}/keys/{key_id}/revoke",
        DEEDS["api_key.revoke"],
        NOTHING,
    ),
    RouteSpec("GET", "/v1/keys", DEEDS["api_key.list"]),
    RouteSpec(
        "POST", "/v1/keys", DEEDS["api_key.create"], MAYBE, KeyDraft, statuses=(201,)
    ),
    RouteSpec(
        "POST",
        "/v1/keys/{key_id}/rotate",
        DEEDS["api_key.rotate"],
        MAYBE,
        KeyRotation,
        statuses=(201,),
    ),
    RouteSpec("POST", "/v1/keys/{key_id}/revoke", DEEDS["api_key.revoke"], NOTHING),
    RouteSpec("GET", "/v1/connect", DEEDS["api_key.connect"]),
    RouteSpec(
        "POST",
        "/v1/viewer/codes",
        DEEDS["viewer.invite"],
        NOTHING,
        statuses=(201,),
    ),
    RouteSpec("POST", "/v1/viewer/sessions", None, CODE, ViewerEntry, statuses=(201,)),
    RouteSpec(
        "POST",
        "/v1/mcp",
        DEEDS["mcp.call"],
        LETTER,
        statuses=(200, 202),
        mounted=True,
    ),
    RouteSpec(
        "POST", "/mcp", DEEDS["mcp.call"], LETTER, statuses=(200, 202), mounted=True
    ),
    RouteSpec("GET", "/v1/usage", DEEDS["usage.read"]),
    RouteSpec("POST", "/hooks/{agent}/{event}", DEEDS["event.write"], HOOK),
    RouteSpec(
        "GET", "/v1/audit", DEEDS["audit.list"], takes=AUDIT_QUERY, asks=AuditQuery
    ),
)

_BY_METHOD_AND_PATH = {(route.method, route.path): route for route in ROUTES}
_OPEN = {route.path for route in ROUTES if route.deed is None}
_OPEN_FOLDERS = tuple(path for path in _OPEN if "{" in path)


def route_of(method: str, template: str | None) -> RouteSpec | None:
    """The row of the table, None for a method that the path does not know.

    HEAD asks for what GET shows, without the body (RFC 9110, section 9.3.2).
    """
    plain = "GET" if method == "HEAD" else method
    return _BY_METHOD_AND_PATH.get((plain, template or ""))


def row_at(method: str, path: str) -> RouteSpec | None:
    """The row that a path is of, before the framework looked; None for none.

    What is spelled out goes before what any text fits.
    """
    plain, parts = "GET" if method == "HEAD" else method, path.split("/")
    fitting = (row for row in ROUTES if row.method == plain and _fits(row.path, parts))
    return min(fitting, key=lambda row: row.path.count("{"), default=None)


def deed_at(method: str, path: str) -> str | None:
    """The name of what is asked for at a path; None where nothing is."""
    row = row_at(method, path)
    return row.deed.action if row and row.deed else None


def is_open(path: str) -> bool:
    """Whether anybody may ask for this path."""
    parts = path.split("/")
    return path in _OPEN or any(_fits(one, parts) for one in _OPEN_FOLDERS)


def _fits(template: str, parts: Sequence[str]) -> bool:
    wanted = template.split("/")
    return len(wanted) == len(parts) and all(
        one == part or one.startswith("{")
        for one, part in zip(wanted, parts, strict=True)
    )
