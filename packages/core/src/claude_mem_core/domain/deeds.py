# SPDX-License-Identifier: Apache-2.0
"""Everything that can be asked for from outside, in one table: who may, and what of it.

A front end's own table says how each is asked: a route, a tool or a command names its
deed here. Guards, OpenAPI, the documentation's tables, the commands' help and the tests
of who may do what are made from these rows, so none of them can say something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ObjectKind: TypeAlias = Literal[
    "project", "session", "event", "memory", "job", "pack", "key", "team", "member"
]
"""What the deed is about: the kind of record that its address names."""

TeamRule: TypeAlias = Literal["own", "named", "server"]
"""Whose records: the caller's team's; those of a team that is named, which is the
caller's own unless they run the server; or the whole server's, for who runs it."""

Serving: TypeAlias = Literal["writes", "serves", "looks"]
"""What the audit log tells: a write, memories that were served, or nothing."""

Pace: TypeAlias = Literal["usual", "recall", "bulk"]
"""Which of a key's allowances the deed is counted against."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be asked for.

    Attributes:
        action: Its name, and what the audit log calls it.
        scope: What the caller's key must allow.
        of: What its address names; None: nothing.
        team: Whose records it touches.
        does: Whether it writes, serves memories, or only looks.
        pace: Which allowance it is counted against.
        whole_team: It is refused to a key that is limited to one project.
    """

    action: str
    scope: str
    of: ObjectKind | None = None
    team: TeamRule = "own"
    does: Serving = "looks"
    pace: Pace = "usual"
    whole_team: bool = False


_ROWS: Final = (
    Deed("project.list", "projects:read"),
    Deed("project.create", "projects:write", does="writes", whole_team=True),
    Deed("project.identify", "sessions:write", does="writes"),
    Deed("project.resolve", "projects:read"),
    Deed("project.read", "projects:read", "project"),
    Deed("project.identities", "projects:read", "project"),
    Deed("project.alias", "projects:write", "project", does="writes", whole_team=True),
    Deed("project.reindex", "reindex:write", "project", does="writes", pace="bulk"),
    Deed("observation.regenerated", "reindex:write", "project", does="writes"),
    Deed("session.start", "sessions:write", does="writes"),
    Deed("session.list", "memories:read"),
    Deed("session.read", "memories:read", "session"),
    Deed("session.end", "sessions:write", "session", does="writes"),
    Deed("session.reconcile", "events:write", does="writes"),
    Deed("event.write", "events:write", does="writes"),
    Deed("event.read", "events:read", "event"),
    Deed("generation_job.list", "jobs:read"),
    Deed("generation_job.read", "jobs:read", "job"),
    Deed("generation_job.retry", "reindex:write", "job", does="writes"),
    Deed("generation_job.cancel", "reindex:write", "job", does="writes"),
    Deed("generation_job.of_project", "jobs:read", "project"),
    Deed("generation_job.of_team", "jobs:read", "team", "named"),
    Deed("memory.write", "memories:write", does="writes"),
    Deed("memory.read", "memories:read", "memory", does="serves"),
    Deed("memory.read_many", "memories:read", does="serves", pace="recall"),
    Deed("memory.update", "memories:write", "memory", does="writes"),
    Deed("memory.supersede", "memories:write", "memory", does="writes"),
    Deed("memory.expire", "memories:write", "memory", does="writes"),
    Deed("memory.feedback", "context:read", "memory", does="writes"),
    Deed("memory.search", "memories:read", does="serves", pace="recall"),
    Deed("memory.timeline", "memories:read", does="serves", pace="recall"),
    Deed("context.pack", "context:read", does="serves", pace="recall"),
    Deed("context.read", "context:read", "pack"),
    Deed("privacy.redact", "reindex:write", does="writes"),
    Deed("team.list", "teams:manage"),
    Deed("team.create", "teams:manage", team="server", does="writes"),
    Deed("member.list", "teams:manage", "team", "named"),
    Deed("member.add", "teams:manage", "team", "named", "writes", whole_team=True),
    Deed("member.remove", "teams:manage", "team", "named", "writes", whole_team=True),
    Deed("project.of_team", "projects:read", "team", "named"),
    Deed(
        "project.create_in_team",
        *("projects:write", "team", "named", "writes"),
        whole_team=True,
    ),
    Deed("api_key.list", "keys:manage", "team", "named"),
    Deed("api_key.create", "keys:manage", "team", "named", "writes"),
    Deed("api_key.rotate", "keys:manage", "key", "named", "writes"),
    Deed("api_key.revoke", "keys:manage", "key", "named", "writes"),
    Deed("api_key.connect", "memories:read"),
    Deed("viewer.invite", "keys:manage"),
    Deed("mcp.call", "memories:read"),
    Deed("audit.list", "audit:read"),
    Deed("usage.read", "metrics:read"),
)

DEEDS: Final[Mapping[str, Deed]] = {deed.action: deed for deed in _ROWS}
"""Each deed by its name."""
