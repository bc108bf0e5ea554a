# SPDX-License-Identifier: Apache-2.0
"""Projects in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.project_identity import ProjectIdentity
from claude_mem_core.errors import ConflictError, NotFoundError, StorageError
from claude_mem_core.ports.projects import ProjectRepository
from typing_extensions import override

from claude_mem_storage_sqlite.driver import Connection, Row
from claude_mem_storage_sqlite.rows import Rows, json_text, within

PROJECTS = Rows(Project, "projects")
_OURS = (
    f"{PROJECTS.select} WHERE r.team_id = :team"
    " AND (:project IS NULL OR r.id = :project)"
)
IDENTITIES = "project_identities"
_KNOWN = f"""
  SELECT i.project_id, i.key, i.proof, i.created_at_epoch
  FROM {IDENTITIES} i JOIN projects p ON p.id = i.project_id
  WHERE p.team_id = :team AND (:project IS NULL OR p.id = :project)
"""
_IDENTIFY = f"""
  INSERT INTO {IDENTITIES} (team_id, project_id, key, proof, created_at_epoch)
  SELECT team_id, id, :key, :proof, :created_at_epoch
  FROM projects WHERE id = :project_id
  ON CONFLICT (team_id, key) DO UPDATE SET
    project_id = excluded.project_id, proof = excluded.proof,
    created_at_epoch = excluded.created_at_epoch
"""


class SqliteProjects(ProjectRepository):
    """Projects."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    @override
    def get(self, project_id: str, *, scope: Scope) -> Project:
        row = self._db.one(f"{_OURS} AND r.id = :id", within(scope, id=project_id))
        if row is None:
            raise NotFoundError("project", project_id)
        return PROJECTS.value(row)

    @override
    def find(
        self, *, scope: Scope, slug: str | None = None, root_path: str | None = None
    ) -> Project | None:
        if (slug is None) == (root_path is None):
            return None
        column, wanted = (
            ("slug", slug) if slug is not None else ("root_path", root_path)
        )
        row = self._db.one(
            f"{_OURS} AND r.{column} = :wanted", within(scope, wanted=wanted)
        )
        return PROJECTS.value(row) if row else None

    @override
    def list(self, *, scope: Scope) -> Sequence[Project]:
        rows = self._db.all(f"{_OURS} ORDER BY r.seq", within(scope))
        return [PROJECTS.value(row) for row in rows]

    @override
    def identified(
        self, keys: Sequence[str], *, scope: Scope
    ) -> Sequence[ProjectIdentity]:
        wanted = within(scope, keys=json_text(list(keys)))
        rows = self._db.all(
            f"{_KNOWN} AND i.key IN (SELECT value FROM json_each(:keys))", wanted
        )
        return [_identity(row) for row in rows]

    @override
    def identities(self, project_id: str, *, scope: Scope) -> Sequence[ProjectIdentity]:
        wanted = within(scope, id=project_id)
        rows = self._db.all(f"{_KNOWN} AND p.id = :id ORDER BY i.seq", wanted)
        return [_identity(row) for row in rows]

    @override
    def identify(self, identity: ProjectIdentity) -> None:
        require_project(self._db, identity.project_id)
        self._db.run(_IDENTIFY, vars(identity))

    @override
    def add(self, project: Project) -> None:
        try:
            self._db.run(PROJECTS.insert, PROJECTS.row(project))
        except ConflictError as error:
            raise self._reason(project) from error

    @override
    def replace(self, project: Project) -> None:
        try:
            done = self._db.run(PROJECTS.update, [*PROJECTS.row(project), project.id])
        except ConflictError as error:
            raise self._reason(project) from error
        if done.rowcount == 0:
            raise NotFoundError("project", project.id)

    def _reason(self, project: Project) -> ConflictError | NotFoundError:
        scope = Scope(project.team_id)
        if not self._db.one("SELECT 1 FROM teams WHERE id = ?", [project.team_id]):
            return NotFoundError("team", project.team_id)
        if project.slug is not None and self.find(scope=scope, slug=project.slug):
            return ConflictError(f"slug: there is a project {project.slug!r} already")
        path = project.root_path
        if path is not None and self.find(scope=scope, root_path=path):
            return ConflictError(f"rootPath: {path!r} has a project already")
        return ConflictError(f"there is a project {project.id!r} already")


def _identity(row: Row) -> ProjectIdentity:
    names = ("project_id", "key", "proof", "created_at_epoch")
    try:
        return ProjectIdentity(**dict(zip(names, row, strict=True)))
    except ValueError as error:
        message = f"{IDENTITIES}: the row {row[1]!r} cannot be read: {error}"
        raise StorageError(message) from error


def require_project(connection: Connection, project_id: str) -> None:
    """Refuse to write a record of a project that does not exist."""
    if not connection.one("SELECT 1 FROM projects WHERE id = ?", [project_id]):
        raise NotFoundError("project", project_id)
