# SPDX-License-Identifier: Apache-2.0
"""What commands ask for of one team: its members, its keys and its projects."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from claude_mem_core.domain.access import KeyDraft, KeyFacts
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.team import MemberDraft, TeamMember


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that was just made.

    Attributes:
        facts: What may be told of it at any time.
        raw: The key itself, which is shown this once; no `repr` shows it.
    """

    facts: KeyFacts
    raw: str = field(repr=False)


class TeamClient(Protocol):
    """The deeds that commands need of one team.

    Every method raises what the services raise, and an `AdapterError` when nobody
    answers.
    """

    @abstractmethod
    def members(self) -> Sequence[TeamMember]:
        """Its members, by user id."""

    @abstractmethod
    def add_member(self, draft: MemberDraft) -> TeamMember:
        """The new member; `ConflictError` when they are one already."""

    @abstractmethod
    def remove_member(self, user_id: str) -> TeamMember:
        """The member, who is one no more."""

    @abstractmethod
    def projects(self) -> Sequence[Project]:
        """Its projects, oldest first."""

    @abstractmethod
    def create_project(self, draft: ProjectDraft) -> Project:
        """The new project; `ConflictError` when its slug is taken."""

    @abstractmethod
    def list_keys(self) -> Sequence[KeyFacts]:
        """Its keys, oldest first."""

    @abstractmethod
    def issue_key(self, draft: KeyDraft) -> IssuedKey:
        """A new key."""

    @abstractmethod
    def rotate_key(self, key_id: str, *, overlap: timedelta) -> IssuedKey:
        """A new key in the place of one that counts on a while."""

    @abstractmethod
    def revoke_key(self, key_id: str) -> KeyFacts:
        """The key, which opens nothing any more."""
