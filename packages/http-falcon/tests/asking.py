# SPDX-License-Identifier: Apache-2.0
"""How each route is asked for a thing, and where its border runs.

The border is the rule, told here in words of the reference, not taken from the code:

* `project`: a project is named. Another than the key's own is 403; another team's is
  404, like none.
* `jobs`: the same, but 404 for both, as the jobs of a project are a list of records.
* `record`: a record is named by its id: 404 unless the caller may see it.
* `team`: a team is named: 404 unless it is the caller's, or they run the server.
* `member`, `key`: a record of the team that is named, or of the caller's.
* `none`: nothing is named, or what is named is looked for in the caller's team alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from claude_mem_core.domain.scopes import ROLES
from two_teams import TARGET_KEY, Thing

Border = Literal["project", "jobs", "record", "team", "member", "key", "none"]


@dataclass(frozen=True)
class Asking:
    """How a route is asked for a thing.

    Attributes:
        border: Where its border runs.
        body: From the thing to the body; None: without one.
        query: From the thing to the parameters.
        gives: The scopes that whoever asks gives away with it.
    """

    border: Border
    body: Callable[[Thing], object] | None = None
    query: Callable[[Thing], Mapping[str, str]] = lambda _: {}
    gives: frozenset[str] = frozenset()


def event(thing: Thing) -> dict[str, object]:
    return {
        "projectId": thing.project,
        "sourceType": "api",
        "eventType": "tool_use",
        "contentSessionId": "another",
        "occurredAtEpoch": 1_600_000_000_001,
        "payload": {"tool_name": "Bash"},
    }


def named(thing: Thing) -> dict[str, object]:
    return {"projectId": thing.project}


def with_(**more: object) -> Callable[[Thing], object]:
    return lambda thing: {**named(thing), **more}


def always(**body: object) -> Callable[[Thing], object]:
    return lambda _: body


def facts(thing: Thing) -> dict[str, object]:
    return {"folder": f"/home/{thing.name}"}


def reconciled(thing: Thing) -> dict[str, object]:
    seen = {"eventType": "tool_use", "toolUseId": "t", "occurredAtEpoch": 1}
    session = "session-" + thing.canary.removeprefix("canary-").replace("-", "")
    return {"contentSessionId": session, "events": [seen], "keep": True}


MOMENT = "2026-01-01"
MEMBER = ROLES["reader"]
KEY = frozenset(TARGET_KEY)

ASKING: Mapping[str, Asking] = {
    "GET /v1/projects": Asking("none"),
    "POST /v1/projects": Asking("none", always(name="New")),
    "POST /v1/projects/identify": Asking("none", lambda one: {"facts": facts(one)}),
    "POST /v1/projects/resolve": Asking("none", facts),
    "GET /v1/projects/{project_id}": Asking("project"),
    "GET /v1/projects/{project_id}/identities": Asking("project"),
    "POST /v1/projects/{project_id}/identities": Asking("project", always(of="/x/y")),
    "GET /v1/sessions": Asking("project", query=named),
    "POST /v1/sessions/start": Asking("project", with_(contentSessionId="new")),
    "POST /v1/sessions/reconcile": Asking("none", reconciled),
    "GET /v1/sessions/{session_id}": Asking("record"),
    "POST /v1/sessions/{session_id}/end": Asking("record"),
    "POST /v1/events": Asking("project", event),
    "POST /v1/events/batch": Asking("project", lambda one: [event(one)]),
    "GET /v1/events/{event_id}": Asking("record"),
    "GET /v1/jobs": Asking("none"),
    "GET /v1/jobs/{job_id}": Asking("record"),
    "POST /v1/jobs/{job_id}/retry": Asking("record"),
    "POST /v1/jobs/{job_id}/cancel": Asking("record"),
    "GET /v1/projects/{project_id}/jobs": Asking("jobs"),
    "POST /v1/projects/{project_id}/reindex": Asking("project"),
    "POST /v1/projects/{project_id}/regenerate": Asking("project", always()),
    "GET /v1/teams/{team_id}/jobs": Asking("team"),
    "POST /v1/memories": Asking(
        "project", with_(kind="manual", type="decision", title="x")
    ),
    "POST /v1/memories/get": Asking("none", lambda one: {"ids": [one.memory]}),
    "GET /v1/memories/{memory_id}": Asking("record"),
    "PATCH /v1/memories/{memory_id}": Asking("record", always(title="Changed")),
    "POST /v1/memories/{memory_id}/supersede": Asking(
        "record", lambda one: {"supersededById": one.successor}
    ),
    "POST /v1/memories/{memory_id}/expire": Asking("record", always()),
    "POST /v1/memories/{memory_id}/feedback": Asking("record", always(useful=True)),
    "POST /v1/redactions": Asking("project", named),
    "GET /v1/search": Asking("project", None, with_(query="lamp")),
    "POST /v1/search": Asking("project", with_(query="lamp")),
    "GET /v1/timeline": Asking("project", None, with_(anchor=MOMENT, view="full")),
    "POST /v1/timeline": Asking("project", with_(anchor=MOMENT, view="full")),
    "POST /v1/context": Asking("project", with_(query="lamp")),
    "GET /v1/context/{pack_id}": Asking("record"),
    "GET /v1/teams": Asking("none"),
    "POST /v1/teams": Asking("none", always(name="New")),
    "GET /v1/teams/{team_id}/members": Asking("team"),
    "POST /v1/teams/{team_id}/members": Asking(
        "team", always(userId="new", role="viewer"), gives=MEMBER
    ),
    "DELETE /v1/teams/{team_id}/members/{user_id}": Asking("member", gives=MEMBER),
    "GET /v1/teams/{team_id}/projects": Asking("team"),
    "POST /v1/teams/{team_id}/projects": Asking("team", always(name="New")),
    "GET /v1/teams/{team_id}/keys": Asking("team"),
    "POST /v1/teams/{team_id}/keys": Asking(
        "team", always(scopes=[*TARGET_KEY]), gives=KEY
    ),
    "POST /v1/teams/{team_id}/keys/{key_id}/rotate": Asking("key", gives=KEY),
    "POST /v1/teams/{team_id}/keys/{key_id}/revoke": Asking("key", gives=KEY),
    "GET /v1/keys": Asking("none"),
    "POST /v1/keys": Asking(
        "none", always(scopes=["context:read"]), gives=frozenset({"context:read"})
    ),
    "POST /v1/keys/{key_id}/rotate": Asking("record", gives=KEY),
    "POST /v1/keys/{key_id}/revoke": Asking("record", gives=KEY),
    "GET /v1/connect": Asking("none"),
    "POST /v1/viewer/codes": Asking("none", gives=ROLES["reader"]),
    "POST /v1/mcp": Asking("none", always(jsonrpc="2.0", id=1, method="ping")),
    "POST /mcp": Asking("none", always(jsonrpc="2.0", id=1, method="ping")),
    "GET /v1/usage": Asking("none"),
    "GET /v1/audit": Asking("project", query=named),
    "POST /hooks/{agent}/{event}": Asking(
        "none", lambda one: {"session_id": f"session-{one.name}", "prompt": "x"}
    ),
}
"""How each closed route is asked for."""

OTHER_WORDS = {"agent": "claude-code", "event": "UserPromptSubmit"}


@dataclass(frozen=True)
class Request:
    """A request without its key."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def request_for(method: str, path: str, thing: Thing) -> Request:
    """What is sent to ask a route for a thing."""
    asking = ASKING[f"{method} {path}"]

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        known = OTHER_WORDS.get(name) or thing.ids[name.removesuffix("_id")]
        return str(known)

    body = None if asking.body is None else json.dumps(asking.body(thing)).encode()
    return Request(method, re.sub(r"{(\w+)}", filled, path), asking.query(thing), body)
