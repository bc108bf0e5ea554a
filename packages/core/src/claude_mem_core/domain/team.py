# SPDX-License-Identifier: Apache-2.0
"""A team and who belongs to it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value

MemberRole = Literal["owner", "admin", "member", "viewer"]

LOCAL_TEAM_ID = "local"
"""The team that every store holds from its first moment: this machine's user."""


class Team(Value):
    """A stored team; it owns projects and keys."""

    id: Id
    name: Name
    slug: Name | None = None
    metadata: JsonObject = Field(default_factory=dict)
    created_at_epoch: Epoch
    updated_at_epoch: Epoch


class TeamMember(Value):
    """A user's place in a team; a user has one place in each."""

    id: Id
    team_id: Id
    user_id: Id
    role: MemberRole
    metadata: JsonObject = Field(default_factory=dict)
    created_at_epoch: Epoch
    updated_at_epoch: Epoch


class TeamDraft(Value):
    """A team to be made."""

    name: Name
    slug: Name | None = None
    metadata: JsonObject = Field(default_factory=dict)


class MemberDraft(Value):
    """A user who shall belong to a team.

    Attributes:
        user_id: Any name without a slash, as it stands in addresses.
    """

    user_id: Annotated[Id, Field(pattern="^[^/]+$")]
    role: MemberRole = "member"
    metadata: JsonObject = Field(default_factory=dict)


def local_team(*, now: int) -> Team:
    """The team of this machine's user, as a fresh store holds it."""
    return Team(
        id=LOCAL_TEAM_ID,
        name="Local",
        slug=LOCAL_TEAM_ID,
        created_at_epoch=now,
        updated_at_epoch=now,
    )
