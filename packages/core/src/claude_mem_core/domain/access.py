# SPDX-License-Identifier: Apache-2.0
"""Who is asking, what they may touch, and the keys that prove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from claude_mem_core.domain.keys import KeyKind
from claude_mem_core.domain.scopes import (
    EVERYTHING,
    ROLE_OF_MEMBER,
    ROLES,
    KeyRole,
    allows,
    besides,
    missing,
    spelled_out,
)
from claude_mem_core.domain.team import LOCAL_TEAM_ID, MemberRole
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value
from claude_mem_core.errors import ForbiddenError, NotFoundError

KeyStatus = Literal["active", "revoked"]
ActorType = Literal["user", "api_key", "system"]

DEFAULT_DAYS = 90
"""How long a key counts of which nothing else is said."""

MOST_DAYS = 365

OVERLAP = timedelta(days=1)
"""How long a key that was rotated still counts, if nothing else is said."""

LONGEST_OVERLAP = timedelta(days=7)
_LONGEST_HOURS = LONGEST_OVERLAP // timedelta(hours=1)

WARN_BEFORE = timedelta(days=14)
"""From when on an answer tells that the key is going to expire."""


_OPEN_LOCALLY = frozenset({"memories:read", "context:read"})


@dataclass(frozen=True, slots=True)
class Scope:
    """The records that a caller may see: a team's, or one project's of it."""

    team_id: str
    project_id: str | None = None


class KeyFacts(Value):
    """What may be told of a key: nothing that would open anything.

    Attributes:
        prefix: The public part, by which the key is looked up.
        scopes: All that it allows, spelled out when it was made.
        role: The bundle that the scopes were named by, if they were.
        user_id: The member whom it is of: it allows no more than the member's role,
            and nothing once the member has left.
        is_local: It is the token of this machine, whose holder runs the server.
        rotated_to_id: The key that took its place.
    """

    id: Id
    team_id: Id | None = None
    project_id: Id | None = None
    name: Name
    prefix: Name | None = None
    scopes: tuple[Name, ...] = ()
    status: KeyStatus = "active"
    kind: KeyKind = "service"
    role: KeyRole | None = None
    user_id: Id | None = None
    is_local: bool = False
    rotated_to_id: Id | None = None
    not_before_epoch: Epoch | None = None
    last_used_at_epoch: Epoch | None = None
    expires_at_epoch: Epoch | None = None
    metadata: JsonObject = Field(default_factory=dict)
    created_at_epoch: Epoch
    updated_at_epoch: Epoch

    def counts_at(self, now: int) -> bool:
        """Whether the key opens anything at `now`."""
        expired = self.expires_at_epoch is not None and self.expires_at_epoch <= now
        early = self.not_before_epoch is not None and self.not_before_epoch > now
        return self.status == "active" and not expired and not early


class ApiKey(KeyFacts):
    """A stored key; the key itself is never stored, only a hash of its secret."""

    key_hash: Name

    @property
    def shown(self) -> JsonObject:
        """What may be told of it: all but the hash."""
        wire = self.to_wire()
        del wire["keyHash"]
        return wire


class KeyDraft(Value):
    """A key that is asked for.

    Attributes:
        name: What it is called; `label` is another word for it.
        role: A bundle of scopes; `reader` when neither it nor scopes are named.
        scopes: What it shall allow, name by name: instead of a role, or besides what
            that one allows.
        project_id: The only project that it opens.
        user_id: The member of the team whom it is of.
        expires_in_days: 90 when left out; no end only where `no_expiry` is said.
    """

    name: Name = "unnamed"
    label: Name | None = None
    kind: KeyKind = "service"
    role: KeyRole | None = None
    scopes: tuple[Name, ...] = ()
    project_id: Id | None = None
    user_id: Id | None = None
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)] | None = (
        None
    )
    no_expiry: bool = False
    not_before_epoch: Epoch | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.role is not None and EVERYTHING in self.scopes:
            raise ValueError("name a role or the scope '*', not both")
        if self.no_expiry and self.expires_in_days is not None:
            raise ValueError("expiresInDays and noExpiry contradict each other")
        if self.label is not None and "name" in self.model_fields_set:
            raise ValueError("label is name once more: give one of them")
        return self

    @property
    def called(self) -> str:
        """Its name, by whichever word it was given."""
        return self.label or self.name

    @property
    def wanted(self) -> frozenset[str]:
        """Every scope that it asks for.

        Raises:
            InvalidInputError: One is no scope.
        """
        if self.scopes and self.role is None:
            return spelled_out(self.scopes)
        return besides(self.role or "reader", self.scopes)

    @property
    def lasts(self) -> timedelta | None:
        """How long it shall count from now; None: for good."""
        return None if self.no_expiry else timedelta(days=self._days)

    @property
    def _days(self) -> int:
        return self.expires_in_days or DEFAULT_DAYS


class KeyRotation(Value):
    """A key that shall give way to a new one.

    Attributes:
        overlap_hours: How long the old one counts on, at most a week; a day when it
            is left out.
    """

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_HOURS)] = (
        OVERLAP // timedelta(hours=1)
    )

    @property
    def overlap(self) -> timedelta:
        """How long the old one counts on."""
        return timedelta(hours=self.overlap_hours)


class NewKey(Value):
    """A key that was just made; this is the only time that it can be read.

    Attributes:
        key: What is stored of it.
        raw: The key itself.
    """

    key: ApiKey
    raw: str


class Principal(Value):
    """The caller, made once at the door from its credential alone.

    Attributes:
        actor_id: Who acts, for the audit log: the key's id, where it is one.
        is_operator: They hold this machine's token or run the process itself: they
            may see to every team's members, keys and projects, not to its memories.
        expires_at_epoch: When the key that they came with ends.
    """

    team_id: Id
    project_id: Id | None = None
    scopes: frozenset[str] = frozenset({EVERYTHING})
    actor_type: ActorType = "user"
    actor_id: Id | None = None
    user_id: Id | None = None
    role: KeyRole | None = None
    is_operator: bool = False
    expires_at_epoch: Epoch | None = None

    @classmethod
    def local(cls) -> Principal:
        """Whoever runs this process: the local team, with every right."""
        return cls(team_id=LOCAL_TEAM_ID, is_operator=True)

    @classmethod
    def without_key(cls) -> Principal:
        """Whoever reads this machine's memories where no key is asked for."""
        return cls(team_id=LOCAL_TEAM_ID, scopes=_OPEN_LOCALLY)

    @classmethod
    def of_key(cls, key: ApiKey, member: MemberRole | None = None) -> Principal:
        """The caller that holds `key`.

        Args:
            key: The key.
            member: The role of the member whom the key is of, if it is of one.
        """
        held = frozenset(key.scopes)
        most = None if member is None else ROLES[ROLE_OF_MEMBER[member]]
        return cls.of_valid(
            {
                "team_id": key.team_id or LOCAL_TEAM_ID,
                "project_id": key.project_id,
                "scopes": held if most is None else _within(held, most),
                "actor_type": "api_key",
                "actor_id": key.id,
                "user_id": key.user_id,
                "role": key.role,
                "is_operator": key.is_local,
                "expires_at_epoch": key.expires_at_epoch,
            }
        )

    @property
    def scope(self) -> Scope:
        """The records that the caller may see."""
        return Scope(self.team_id, self.project_id)

    @property
    def key_id(self) -> str | None:
        """The key that work for the caller depends on.

        None for the machine's own token: a new one takes its place whenever its file
        is gone, and what was asked for by then is still wanted.
        """
        is_key = self.actor_type == "api_key" and not self.is_operator
        return self.actor_id if is_key else None

    def may(self, scope: str) -> bool:
        """Whether the caller's key allows what this scope stands for."""
        return allows(self.scopes, scope)

    def require(self, scope: str) -> None:
        """Nothing, where the caller may.

        Raises:
            ForbiddenError: It names the scope.
        """
        if not self.may(scope):
            raise ForbiddenError(f"the key lacks the scope {scope!r}")

    def require_all(self, scopes: frozenset[str]) -> None:
        """Nothing, where the caller may do all of this, and so may let others do it.

        Raises:
            ForbiddenError: It names what is missing.
        """
        lacking = missing(scopes, self.scopes)
        if lacking:
            told = ", ".join(repr(one) for one in sorted(lacking))
            raise ForbiddenError(f"the key lacks what it would give away: {told}")

    def acting_for(self, team_id: str) -> Principal:
        """The caller as one who sees to this team's members, keys and projects.

        Raises:
            NotFoundError: It is not the caller's team, and they run no server.
        """
        if team_id == self.team_id:
            return self
        if not self.is_operator:
            raise NotFoundError("team", team_id)
        return self.changed(team_id=team_id)


def _within(held: frozenset[str], most: frozenset[str]) -> frozenset[str]:
    return most if EVERYTHING in held else held & most
