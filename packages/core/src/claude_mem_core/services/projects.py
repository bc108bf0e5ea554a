# SPDX-License-Identifier: Apache-2.0
"""Projects: made, found and listed."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.project import CountedProject, Project, ProjectDraft
from claude_mem_core.domain.project_identity import (
    ProjectAlias,
    ProjectFacts,
    ProjectIdentity,
    key_of,
)
from claude_mem_core.domain.whereabouts import IdentifiedProject, Whereabouts
from claude_mem_core.errors import ConflictError, ForbiddenError, InvalidInputError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_project
from claude_mem_core.services.cleaning import cleaned
from claude_mem_core.services.identification import (
    known_project,
    link,
    new_project,
    project_of_facts,
)


class Projects:
    """The projects of the caller's team."""

    def __init__(
        self, storage: Storage, audited: Audited, keeping: Keeping = KEEPING
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._keeping = keeping

    def create(self, draft: ProjectDraft, *, by: Principal) -> Project:
        """The new project; its root path stands for it.

        Raises:
            ConflictError: The slug or the root path is taken.
            ForbiddenError: The caller is limited to one project.
        """
        draft = cleaned(draft, self._keeping)
        with self._storage.begin() as tx:
            project = new_project(tx, draft, by=by, audited=self._audited)
            key = key_of(draft.root_path) if draft.root_path else None
            if key is not None:
                self._say(tx, project, key, by=by)
            return project

    def identify(self, told: Whereabouts, *, by: Principal) -> IdentifiedProject:
        """The project of a session, else of the facts; it is made where there is none.

        From now on the facts' keys stand for it, unless the user named it.
        """
        told = cleaned(told, self._keeping)
        with self._storage.begin() as tx:
            session = told.session
            known = tx.sessions.find(session, scope=by.scope) if session else None
            if known is not None:
                project = tx.projects.get(known.project_id, scope=by.scope)
                return IdentifiedProject(project=project, created=False)
            before = known_project(tx, told.facts, by=by)
            project = project_of_facts(tx, told.facts, by=by, audited=self._audited)
            return IdentifiedProject(project=project, created=before is None)

    def resolve(self, facts: ProjectFacts, *, by: Principal) -> Project | None:
        """The project that the facts are of, if there is one; nothing is written."""
        with self._storage.read() as snapshot:
            return known_project(snapshot, facts, by=by)

    def alias(
        self, project_id: str, alias: ProjectAlias, *, by: Principal
    ) -> ProjectIdentity:
        """The identity by which a folder or a remote stands for the project now.

        Raises:
            ForbiddenError: The caller is limited to one project.
            InvalidInputError: It is neither an absolute path nor a remote's address.
        """
        alias = cleaned(alias, self._keeping)
        key = key_of(alias.of)
        if key is None:
            raise InvalidInputError.of(
                "of",
                "it is neither an absolute path nor the address of a git remote",
                "name one of these, such as /home/me/app or git@host:me/app.git",
            )
        if by.project_id is not None:
            raise ForbiddenError("a key that is limited to one project links no folder")
        with self._storage.begin() as tx:
            project = tx.projects.get(project_id, scope=by.scope)
            return self._say(tx, project, key, by=by, moves=True)

    def identities(
        self, project_id: str, *, by: Principal
    ) -> Sequence[ProjectIdentity]:
        """What stands for the project, in the order in which it was first known."""
        with self._storage.read() as snapshot:
            require_project(snapshot, project_id, by=by)
            return snapshot.projects.identities(project_id, scope=by.scope)

    def get(self, project_id: str, *, by: Principal) -> Project:
        """The project with this id.

        Raises:
            ForbiddenError: The caller is limited to another project.
        """
        with self._storage.read() as snapshot:
            return require_project(snapshot, project_id, by=by)

    def list(self, *, by: Principal) -> Sequence[Project]:
        """The projects that the caller may see, oldest first."""
        with self._storage.read() as snapshot:
            return snapshot.projects.list(scope=by.scope)

    def counted(self, *, by: Principal) -> Sequence[CountedProject]:
        """The same projects, and how many memories of each kind each holds."""
        with self._storage.read() as snapshot:
            memories, scope = snapshot.memories, by.scope
            return [
                CountedProject(one, memories.count(one.id, scope=scope))
                for one in snapshot.projects.list(scope=scope)
            ]

    def _say(
        self,
        tx: Transaction,
        project: Project,
        key: str,
        *,
        by: Principal,
        moves: bool = False,
    ) -> ProjectIdentity:
        if not moves and tx.projects.identified([key], scope=by.scope):
            raise ConflictError(
                f"rootPath: {project.root_path!r} has a project already"
            )
        now = self._system.now()
        said = ProjectIdentity(
            project_id=project.id, key=key, proof="user", created_at_epoch=now
        )
        link(tx, project, [said], by=by, audited=self._audited)
        return said
