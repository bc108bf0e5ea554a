# SPDX-License-Identifier: Apache-2.0
"""The border of a project that the caller names."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.team import TeamMember
from claude_mem_core.errors import ForbiddenError, InvalidInputError
from claude_mem_core.ports.storage import Snapshot, Transaction


def require_project(
    records: Transaction | Snapshot, project_id: str, *, by: Principal
) -> Project:
    """The project, if the caller may name it.

    Raises:
        ForbiddenError: The key is limited to another project; whether this one
            exists is not told.
        NotFoundError: The caller's team has no such project.
    """
    require_open(project_id, by=by)
    return records.projects.get(project_id, scope=by.scope)


def require_open(project_id: str, *, by: Principal) -> None:
    """Refuse a project other than the one that the caller's key is limited to.

    Raises:
        ForbiddenError: Whether the project exists is not told.
    """
    if by.project_id not in (None, project_id):
        message = f"the key is limited to another project than {project_id!r}"
        raise ForbiddenError(message)


def member_of_team(
    records: Transaction | Snapshot, user_id: str, *, scope: Scope
) -> TeamMember | None:
    """The user's place in the scope's team; None where they have none."""
    everybody = records.teams.members(scope=scope)
    return next((one for one in everybody if one.user_id == user_id), None)


def require_kept(project: Project, keeping: Keeping) -> None:
    """Refuse a project of which nothing is to be kept.

    Raises:
        InvalidInputError: It names the setting.
    """
    if keeping.excludes(project.root_path, project.name, project.slug):
        raise InvalidInputError.of(
            "projectId",
            "CLAUDE_MEM_EXCLUDED_PROJECTS excludes the project",
            "take it out of that setting, or send nothing of this project",
        )
