# SPDX-License-Identifier: Apache-2.0
"""Which agents work in a project of which nothing is to be kept."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.folder import last_name
from claude_mem_core.domain.keeping import Keeping
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.ports.storage import Snapshot
from claude_mem_core.services.identification import known_project


def is_excluded(
    snapshot: Snapshot,
    keeping: Keeping,
    *,
    folder: str | None,
    key: SessionKey | None,
    by: Principal,
) -> bool:
    """Whether nothing is kept of a session, or else of the folder it works in."""
    if not keeping.excluded_projects:
        return False
    if keeping.excludes(folder, last_name(folder) if folder else None):
        return True
    session = snapshot.sessions.find(key, scope=by.scope) if key else None
    if session is None:
        project = known_project(snapshot, ProjectFacts(folder=folder), by=by)
    else:
        project = snapshot.projects.get(session.project_id, scope=by.scope)
    return project is not None and keeping.excludes(
        project.root_path, project.name, project.slug
    )
