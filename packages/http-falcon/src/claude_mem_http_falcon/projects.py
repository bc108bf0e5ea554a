# SPDX-License-Identifier: Apache-2.0
"""`/v1/projects`."""

from __future__ import annotations

from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.services.memories import Memories
from claude_mem_core.services.projects import Projects

from claude_mem_http_falcon.exchange import Request, Response, show


class ProjectsResource:
    """The projects that the caller may see."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_get(self, req: Request, resp: Response) -> None:
        """List them."""
        show(resp, projects=list(self._projects.list(by=req.caller)))

    def on_post(self, req: Request, resp: Response) -> None:
        """Make one."""
        draft = ProjectDraft.from_wire(req.document)
        show(resp, 201, project=self._projects.create(draft, by=req.caller))


class ProjectResource:
    """One project."""

    def __init__(self, projects: Projects, memories: Memories) -> None:
        self._projects = projects
        self._memories = memories

    def on_get(self, req: Request, resp: Response, project_id: str) -> None:
        """Show it, and how many memories of each kind it holds."""
        project = self._projects.get(project_id, by=req.caller)
        counts = self._memories.count(project.id, by=req.caller)
        show(resp, project=project, memoryCounts=counts)
