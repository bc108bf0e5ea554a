# SPDX-License-Identifier: Apache-2.0
"""`/v1/projects`."""

from __future__ import annotations

from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.project_identity import ProjectAlias, ProjectFacts
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.services.memories import Memories
from claude_mem_core.services.projects import Projects

from claude_mem_http_falcon import parameters
from claude_mem_http_falcon.exchange import Request, Response, show


class ProjectsResource:
    """The projects that the caller may see."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_get(self, req: Request, resp: Response) -> None:
        """List them, and parallel, where that is asked for, how much each holds."""
        if not parameters.flag(req, "counts", default=False):
            show(resp, projects=list(self._projects.list(by=req.caller)))
            return
        found = self._projects.counted(by=req.caller)
        show(
            resp,
            projects=[one.project for one in found],
            memoryCounts=[dict(one.memories.items()) for one in found],
        )

    def on_post(self, req: Request, resp: Response) -> None:
        """Make one."""
        draft = ProjectDraft.from_wire(req.document)
        show(resp, 201, project=self._projects.create(draft, by=req.caller))


class ProjectIdentifyResource:
    """Where clients tell which folder is of which repository."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_post(self, req: Request, resp: Response) -> None:
        """The project of the facts: made (201) where there is none, else found."""
        told = Whereabouts.from_wire(req.document)
        found = self._projects.identify(told, by=req.caller)
        status = 201 if found.created else 200
        show(resp, status, project=found.project, created=found.created)


class ProjectResolveResource:
    """Where readers ask which project a folder is of."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_post(self, req: Request, resp: Response) -> None:
        """The project of the facts, null where there is none."""
        facts = ProjectFacts.from_wire(req.document)
        show(resp, project=self._projects.resolve(facts, by=req.caller))


class ProjectIdentitiesResource:
    """What stands for a project."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_get(self, req: Request, resp: Response, project_id: str) -> None:
        """List it."""
        found = self._projects.identities(project_id, by=req.caller)
        show(resp, identities=list(found))

    def on_post(self, req: Request, resp: Response, project_id: str) -> None:
        """Let a folder or a remote stand for the project, and for no other."""
        alias = ProjectAlias.from_wire(req.document)
        said = self._projects.alias(project_id, alias, by=req.caller)
        show(resp, 201, identity=said)


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
