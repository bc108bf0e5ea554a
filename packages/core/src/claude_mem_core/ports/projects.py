# SPDX-License-Identifier: Apache-2.0
"""The port to projects."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectIdentity


class ProjectReader(Protocol):
    """Projects, to read.

    * outside the scope a project and its keys look as if they did not exist.
    """

    @abstractmethod
    def get(self, project_id: str, *, scope: Scope) -> Project:
        """The project; `NotFoundError` outside the scope."""

    @abstractmethod
    def find(
        self, *, scope: Scope, slug: str | None = None, root_path: str | None = None
    ) -> Project | None:
        """The project with this slug, or this root path."""

    @abstractmethod
    def list(self, *, scope: Scope) -> Sequence[Project]:
        """The scope's projects, oldest first."""

    @abstractmethod
    def identified(
        self, keys: Sequence[str], *, scope: Scope
    ) -> Sequence[ProjectIdentity]:
        """What these keys stand for; those that stand for nothing are left out."""

    @abstractmethod
    def identities(self, project_id: str, *, scope: Scope) -> Sequence[ProjectIdentity]:
        """What stands for a project, in the order in which the keys were first kept."""


class ProjectRepository(ProjectReader, Protocol):
    """Projects.

    * a slug, and a root path, is taken once in a team: `ConflictError`;
    * two teams may use the same slug, and the same key;
    * no key stands for a project that is not there: `NotFoundError`.
    """

    @abstractmethod
    def add(self, project: Project) -> None:
        """Keep a new project."""

    @abstractmethod
    def replace(self, project: Project) -> None:
        """Put `project` in the place of the one with its id; `NotFoundError` if none.

        The rules for a new project hold for the changed one too.
        """

    @abstractmethod
    def identify(self, identity: ProjectIdentity) -> None:
        """Let a key stand for a project, and for no other of its team any more."""
