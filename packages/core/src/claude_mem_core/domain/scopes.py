# SPDX-License-Identifier: Apache-2.0
"""What a key can allow: scopes, and the roles that bundle them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

from claude_mem_core.domain.team import MemberRole
from claude_mem_core.errors import InvalidInputError

KeyRole: TypeAlias = Literal[
    "agent", "reader", "editor", "maintainer", "auditor", "owner"
]

EVERYTHING: Final = "*"
"""The scope that stands for all scopes."""

SCOPES: Final[Mapping[str, str]] = {
    "events:write": "send events",
    "events:read": "read events as they were sent",
    "sessions:write": "begin and end sessions",
    "memories:read": "search and read memories, and the sessions they are of",
    "memories:write": "write, change and supersede memories",
    "memories:forget": "forget memories",
    "memories:admin": "see what generation jobs carry",
    "context:read": "fetch context packs",
    "projects:read": "list and find projects",
    "projects:write": "make projects, and say what else they are called",
    "jobs:read": "see generation jobs",
    "reindex:write": "make indexes and memories anew; retry and cancel jobs",
    "export:read": "export memories",
    "import:write": "import memories",
    "audit:read": "read the audit log",
    "metrics:read": "read usage and metrics",
    "keys:manage": "mint, list, rotate and revoke keys",
    "teams:manage": "see and change who belongs to the team",
}
"""Each scope, and what it lets its holder do."""

_AGENT = frozenset(
    {"events:write", "sessions:write", "memories:read", "context:read", "projects:read"}
)
_READER = frozenset({"memories:read", "context:read", "projects:read", "jobs:read"})
_EDITOR = _READER | {
    *("events:read", "events:write", "sessions:write"),
    *("memories:write", "memories:forget"),
}
_MAINTAINER = _EDITOR | {
    *("memories:admin", "projects:write", "reindex:write"),
    *("export:read", "import:write"),
}

ROLES: Final[Mapping[KeyRole, frozenset[str]]] = {
    "agent": _AGENT,
    "reader": _READER,
    "editor": _EDITOR,
    "maintainer": _MAINTAINER,
    "auditor": frozenset({"audit:read", "metrics:read"}),
    "owner": frozenset(SCOPES),
}
"""What each role of a key allows."""

ROLE_OF_MEMBER: Final[Mapping[MemberRole, KeyRole]] = {
    "owner": "owner",
    "admin": "maintainer",
    "member": "editor",
    "viewer": "reader",
}
"""The most that a member's keys may do."""

MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    "memories:read": _READER | {"events:read", "audit:read", "metrics:read"},
    "memories:write": frozenset(
        {
            *("events:write", "sessions:write", "memories:write", "memories:forget"),
            *("projects:write", "reindex:write"),
        }
    ),
    "admin": frozenset({"memories:admin"}),
}
"""What names of the reference system meant there: it had no finer ones.

They are spelled out when a key is made, so a stored key allows what it says.
"""


def spelled_out(names: Iterable[str]) -> frozenset[str]:
    """The scopes that a key gets which is asked for under these names.

    Raises:
        InvalidInputError: One is no scope.
    """
    asked = frozenset(names)
    _require_known(asked - MEANINGS.keys() - {EVERYTHING})
    if EVERYTHING in asked:
        return frozenset({EVERYTHING})
    return frozenset().union(*(MEANINGS.get(name, {name}) for name in asked))


def besides(role: KeyRole, names: Iterable[str]) -> frozenset[str]:
    """The scopes of a role and these: beside a role a name means what it says.

    Raises:
        InvalidInputError: One is no scope.
    """
    asked = frozenset(names)
    _require_known(asked)
    return ROLES[role] | asked


def allows(held: frozenset[str], wanted: str) -> bool:
    """Whether scopes held allow the one that is wanted."""
    return wanted in held or EVERYTHING in held


def missing(wanted: frozenset[str], held: frozenset[str]) -> frozenset[str]:
    """What `wanted` asks for beyond what is held."""
    return frozenset() if EVERYTHING in held else wanted - held


def _require_known(names: frozenset[str]) -> None:
    for name in sorted(names - SCOPES.keys()):
        raise InvalidInputError.of(
            "scopes", f"{name!r} is no scope", f"choose from {', '.join(SCOPES)}"
        )
