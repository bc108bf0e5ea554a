# SPDX-License-Identifier: Apache-2.0
"""Projects: made, found and listed."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.project import Project, ProjectDraft, slug_of
from claude_mem_core.errors import ForbiddenError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import record
from claude_mem_core.services.cleaning import cleaned


class Projects:
    """The projects of the caller's team."""

    def __init__(
        self, storage: Storage, system: System, keeping: Keeping = KEEPING
    ) -> None:
        self._storage = storage
        self._system = system
        self._keeping = keeping

    def create(self, draft: ProjectDraft, *, by: Principal) -> Project:
        """The new project.

        Raises:
            ConflictError: The slug or the root path is taken.
            ForbiddenError: The caller is limited to one project.
        """
        draft = cleaned(draft, self._keeping)
        with self._storage.begin() as tx:
            return new_project(tx, draft, by=by, system=self._system)

    def get(self, project_id: str, *, by: Principal) -> Project:
        """The project with this id."""
        with self._storage.read() as snapshot:
            return snapshot.projects.get(project_id, scope=by.scope)

    def list(self, *, by: Principal) -> Sequence[Project]:
        """The projects that the caller may see, oldest first."""
        with self._storage.read() as snapshot:
            return snapshot.projects.list(scope=by.scope)


def new_project(
    tx: Transaction, draft: ProjectDraft, *, by: Principal, system: System
) -> Project:
    """Keep a project made from `draft`, with its audit entry."""
    if by.project_id is not None:
        message = "a key that is limited to one project cannot create another"
        raise ForbiddenError(message)
    now = system.now()
    project = Project(
        **dict(draft),
        id=system.new_id(),
        team_id=by.team_id,
        created_at_epoch=now,
        updated_at_epoch=now,
    ).changed(slug=draft.slug or slug_of(draft.name))
    tx.projects.add(project)
    deed = AuditDeed(
        action="project.create",
        project_id=project.id,
        target_type="project",
        target_id=project.id,
    )
    record(tx, deed, by=by, system=system)
    return project
