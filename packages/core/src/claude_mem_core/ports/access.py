# SPDX-License-Identifier: Apache-2.0
"""The ports to teams and keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import ApiKey, Scope
from claude_mem_core.domain.team import Team, TeamMember


class TeamReader(Protocol):
    """Teams and members, to read."""

    @abstractmethod
    def get(self, team_id: str, *, scope: Scope) -> Team:
        """The scope's own team; `NotFoundError` for any other."""

    @abstractmethod
    def all(self) -> Sequence[Team]:
        """Every team, oldest first: for who runs the server."""

    @abstractmethod
    def members(self, *, scope: Scope) -> Sequence[TeamMember]:
        """The team's members, by user id."""


class TeamRepository(TeamReader, Protocol):
    """Teams and members.

    * a team's slug, and a user's place in a team, is taken once: `ConflictError`.
    """

    @abstractmethod
    def add(self, team: Team) -> None:
        """Keep a new team."""

    @abstractmethod
    def add_member(self, member: TeamMember) -> None:
        """Keep a new member; `NotFoundError` when there is no such team."""

    @abstractmethod
    def remove_member(self, member_id: str, *, scope: Scope) -> None:
        """Let a member of the team go; `NotFoundError` when it has no such one."""


class KeyReader(Protocol):
    """Keys, to read."""

    @abstractmethod
    def find(self, prefix: str) -> ApiKey | None:
        """The key with this public part."""

    @abstractmethod
    def with_hash(self, key_hash: str) -> ApiKey | None:
        """The key with this hash: how a caller becomes known at the door."""

    @abstractmethod
    def get(self, key_id: str, *, scope: Scope) -> ApiKey:
        """The key with this id; `NotFoundError` outside the scope."""

    @abstractmethod
    def list(self, *, scope: Scope) -> Sequence[ApiKey]:
        """The team's keys, oldest first."""


class KeyRepository(KeyReader, Protocol):
    """Keys.

    * a key's prefix and hash are each taken once: `ConflictError`.
    """

    @abstractmethod
    def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    @abstractmethod
    def replace(self, key: ApiKey) -> None:
        """Put `key` in the place of the one with its id; `NotFoundError` if none."""

    @abstractmethod
    def used(self, key_id: str, *, at: int) -> None:
        """Note a key's latest use; an earlier one, or one of no key, is nothing."""
