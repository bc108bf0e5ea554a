# SPDX-License-Identifier: Apache-2.0
"""`/v1/teams`: teams, who belongs to them, and their projects."""

from __future__ import annotations

from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.team import MemberDraft, TeamDraft
from claude_mem_core.services.projects import Projects
from claude_mem_core.services.teams import Teams

from claude_mem_http_falcon.exchange import Request, Response, show


class TeamsResource:
    """The teams that the caller sees to."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def on_get(self, req: Request, resp: Response) -> None:
        """List them: every one for who runs the server, else the caller's own."""
        show(resp, teams=list(self._teams.list(by=req.caller)))

    def on_post(self, req: Request, resp: Response) -> None:
        """Make one."""
        draft = TeamDraft.from_wire(req.document)
        show(resp, 201, team=self._teams.create(draft, by=req.caller))


class MembersResource:
    """Who belongs to a team."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def on_get(self, req: Request, resp: Response, team_id: str) -> None:
        """List them, by user id."""
        del team_id
        show(resp, members=list(self._teams.members(by=req.caller)))

    def on_post(self, req: Request, resp: Response, team_id: str) -> None:
        """Let a user belong to it."""
        del team_id
        draft = MemberDraft.from_wire(req.document)
        show(resp, 201, member=self._teams.add_member(draft, by=req.caller))


class MemberResource:
    """One member of a team."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def on_delete(
        self, req: Request, resp: Response, team_id: str, user_id: str
    ) -> None:
        """Let them go; what was their key opens nothing any more."""
        del team_id
        show(resp, member=self._teams.remove_member(user_id, by=req.caller))


class TeamProjectsResource:
    """The projects of a team."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def on_get(self, req: Request, resp: Response, team_id: str) -> None:
        """List them, oldest first."""
        del team_id
        show(resp, projects=list(self._projects.list(by=req.caller)))

    def on_post(self, req: Request, resp: Response, team_id: str) -> None:
        """Make one."""
        del team_id
        draft = ProjectDraft.from_wire(req.document)
        show(resp, 201, project=self._projects.create(draft, by=req.caller))
