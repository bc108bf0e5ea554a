# SPDX-License-Identifier: Apache-2.0
"""Every route in one table: what it needs of its caller, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from claude_mem_http_falcon import strict_json

READ: Final = "memories:read"
WRITE: Final = "memories:write"

KIB: Final = 1024
MIB: Final = 1024 * KIB


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
class Route:
    """One way in.

    Attributes:
        path: As a Falcon template.
        scope: What the caller's key must allow; None: anybody may come in.
        takes: The parameters that its address may have.
        lists: Those of them that are lists, and may come several times.
    """

    method: str
    path: str
    scope: str | None
    body: Body | None = None
    takes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


ONE = Body(limit=1 * MIB)
BATCH = Body(limit=8 * MIB)
HOOK = Body(limit=16 * MIB, read=strict_json.read_hook)
MAYBE = Body(limit=1 * MIB, may_be_absent=True)
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
SEARCH: Final = (*FILTERS, "limit", "minConfidence", "explain")
TIMELINE: Final = (*FILTERS, "anchor", "depthBefore", "depthAfter")

ROUTES: Final = (
    Route("GET", "/healthz", None),
    Route("GET", "/readyz", None),
    Route("GET", "/v1/info", None),
    Route("GET", "/v1/projects", READ),
    Route("POST", "/v1/projects", WRITE, ONE),
    Route("POST", "/v1/projects/identify", WRITE, ONE),
    Route("POST", "/v1/projects/resolve", READ, ONE),
    Route("GET", "/v1/projects/{project_id}", READ),
    Route("GET", "/v1/projects/{project_id}/identities", READ),
    Route("POST", "/v1/projects/{project_id}/identities", WRITE, ONE),
    Route("POST", "/v1/sessions/start", WRITE, ONE),
    Route("GET", "/v1/sessions/{session_id}", READ),
    Route("POST", "/v1/sessions/{session_id}/end", WRITE, NOTHING),
    Route("POST", "/v1/events", WRITE, ONE, ("generate", "wait")),
    Route("POST", "/v1/events/batch", WRITE, BATCH, ("generate",)),
    Route("GET", "/v1/events/{event_id}", READ),
    Route("GET", "/v1/jobs", READ, takes=JOB_QUERY),
    Route("GET", "/v1/jobs/{job_id}", READ),
    Route("POST", "/v1/jobs/{job_id}/retry", WRITE, NOTHING),
    Route("POST", "/v1/jobs/{job_id}/cancel", WRITE, NOTHING),
    Route("GET", "/v1/projects/{project_id}/jobs", READ, takes=JOB_QUERY),
    Route("POST", "/v1/projects/{project_id}/reindex", WRITE, NOTHING),
    Route("POST", "/v1/projects/{project_id}/regenerate", WRITE, ONE),
    Route("GET", "/v1/teams/{team_id}/jobs", READ, takes=JOB_QUERY),
    Route("POST", "/v1/memories", WRITE, ONE),
    Route("POST", "/v1/memories/get", READ, ONE),
    Route("GET", "/v1/memories/{memory_id}", READ, takes=("asOf", "knownAt")),
    Route("PATCH", "/v1/memories/{memory_id}", WRITE, ONE),
    Route("POST", "/v1/memories/{memory_id}/supersede", WRITE, ONE),
    Route("POST", "/v1/memories/{memory_id}/expire", WRITE, MAYBE),
    Route("POST", "/v1/memories/{memory_id}/feedback", WRITE, ONE),
    Route("POST", "/v1/redactions", WRITE, ONE),
    Route("GET", "/v1/search", READ, takes=SEARCH, lists=LISTS),
    Route("POST", "/v1/search", READ, ONE),
    Route("GET", "/v1/timeline", READ, takes=TIMELINE, lists=LISTS),
    Route("POST", "/v1/timeline", READ, ONE),
    Route("POST", "/v1/context", READ, ONE),
    Route("GET", "/v1/context/{pack_id}", READ),
    Route("POST", "/hooks/{agent}/{event}", WRITE, HOOK),
    Route("GET", "/v1/audit", "audit:read", takes=AUDIT_QUERY),
)

_BY_METHOD_AND_PATH = {(route.method, route.path): route for route in ROUTES}
_OPEN = {route.path for route in ROUTES if route.scope is None}


def route_of(method: str, template: str | None) -> Route | None:
    """The row of the table, None for a method that the path does not know.

    HEAD asks for what GET shows, without the body (RFC 9110, section 9.3.2).
    """
    plain = "GET" if method == "HEAD" else method
    return _BY_METHOD_AND_PATH.get((plain, template or ""))


def is_open(path: str) -> bool:
    """Whether anybody may ask for this path."""
    return path in _OPEN
