# SPDX-License-Identifier: Apache-2.0
"""Projects in this process, and the border that every other record lies within."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectIdentity
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.projects import ProjectRepository
from claude_mem_core.reference.state import State


class Numbered(Protocol):
    """A record, which has an id."""

    @property
    def id(self) -> str:
        """By which it is known."""


R = TypeVar("R", bound=Numbered)


def is_within(state: State, project_id: str, scope: Scope) -> bool:
    """Whether the records of a project may be seen from `scope`."""
    project = state.projects.get(project_id)
    if project is None or project.team_id != scope.team_id:
        return False
    return scope.project_id in (None, project_id)


def page_of(records: Sequence[R], after: str | None, limit: int) -> Sequence[R]:
    """So many of the records, from the one that follows this id on."""
    ids = [one.id for one in records]
    start = ids.index(after) + 1 if after in ids else 0
    return records[start : start + limit]


class InProcessProjects(ProjectRepository):
    """Projects."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def get(self, project_id: str, *, scope: Scope) -> Project:
        if not is_within(self._state, project_id, scope):
            raise NotFoundError("project", project_id)
        return self._state.projects[project_id]

    @override
    def find(
        self, *, scope: Scope, slug: str | None = None, root_path: str | None = None
    ) -> Project | None:
        wanted = (slug, root_path)
        for project in self.list(scope=scope):
            if wanted in ((project.slug, None), (None, project.root_path)):
                return project
        return None

    @override
    def list(self, *, scope: Scope) -> Sequence[Project]:
        projects = self._state.projects.values()
        return [one for one in projects if is_within(self._state, one.id, scope)]

    @override
    def identified(
        self, keys: Sequence[str], *, scope: Scope
    ) -> Sequence[ProjectIdentity]:
        places = ((scope.team_id, key) for key in dict.fromkeys(keys))
        found = (self._state.identities.get(place) for place in places)
        return [
            one
            for one in found
            if one is not None and is_within(self._state, one.project_id, scope)
        ]

    @override
    def identities(self, project_id: str, *, scope: Scope) -> Sequence[ProjectIdentity]:
        if not is_within(self._state, project_id, scope):
            return []
        known = self._state.identities.values()
        return [one for one in known if one.project_id == project_id]

    @override
    def identify(self, identity: ProjectIdentity) -> None:
        project = self._state.projects.get(identity.project_id)
        if project is None:
            raise NotFoundError("project", identity.project_id)
        self._state.identities[project.team_id, identity.key] = identity

    @override
    def add(self, project: Project) -> None:
        if project.id in self._state.projects:
            raise ConflictError(f"there is a project {project.id!r} already")
        self._require_free(project)
        self._state.projects[project.id] = project

    @override
    def replace(self, project: Project) -> None:
        if project.id not in self._state.projects:
            raise NotFoundError("project", project.id)
        self._require_free(project)
        self._state.projects[project.id] = project

    def _require_free(self, project: Project) -> None:
        """Refuse a slug, and a root path, that another project has."""
        for other in self.list(scope=Scope(project.team_id)):
            if other.id == project.id:
                continue
            if project.slug is not None and project.slug == other.slug:
                raise ConflictError(
                    f"slug: there is a project {project.slug!r} already"
                )
            if project.root_path is not None and project.root_path == other.root_path:
                message = f"rootPath: {project.root_path!r} has a project already"
                raise ConflictError(message)
