# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Projects that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.projects import ProjectContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.reference.projects import InProcessProjects

from broken.registry import breaks


@breaks(ProjectContract.test_outside_the_scope_there_is_no_project, "projects")
class FindForgetsTheProjectLimit(InProcessProjects):
    def find(self, *, scope, slug=None, root_path=None):
        return super().find(scope=Scope(scope.team_id), slug=slug, root_path=root_path)


@breaks(ProjectContract.test_slug_and_root_path_are_taken_once, "projects")
class ProjectsShareRootPaths(InProcessProjects):
    def add(self, project):
        super().add(project.changed(root_path=None))
        self._state.projects[project.id] = project


@breaks(ProjectContract.test_two_teams_may_use_the_same_slug, "projects")
class SlugsAreTakenEverywhere(InProcessProjects):
    def add(self, project):
        slugs = {other.slug for other in self._state.projects.values()}
        if project.slug is not None and project.slug in slugs:
            raise ConflictError("taken")
        super().add(project)


@breaks(ProjectContract.test_a_project_is_had_by_its_id, "projects")
class LimitedKeysGetNoProject(InProcessProjects):
    def get(self, project_id, *, scope):
        if scope.project_id:
            raise NotFoundError("project", project_id)
        return super().get(project_id, scope=scope)


@breaks(ProjectContract.test_a_project_is_found_by_slug_or_root_path, "projects")
class ProjectsAreNotFoundByPath(InProcessProjects):
    def find(self, *, scope, slug=None, root_path=None):
        return super().find(scope=scope, slug=slug) if slug else None


@breaks(ProjectContract.test_projects_come_oldest_first, "projects")
class ProjectsComeNewestFirst(InProcessProjects):
    def list(self, *, scope):
        return super().list(scope=scope)[::-1]


@breaks(ProjectContract.test_a_new_project_is_kept_whole, "projects")
class ProjectsLoseMetadata(InProcessProjects):
    def add(self, project):
        super().add(project.changed(metadata={}))


@breaks(ProjectContract.test_a_project_is_replaced_by_its_id, "projects")
class ReplacedProjectsAreAdded(InProcessProjects):
    def replace(self, project):
        self._state.projects.setdefault(project.id, project)
        super().replace(project)


@breaks(ProjectContract.test_keys_are_looked_up_at_once, "projects")
class OnlyTheFirstKeyIsLookedUp(InProcessProjects):
    def identified(self, keys, *, scope):
        return super().identified(keys[:1], scope=scope)


@breaks(ProjectContract.test_the_keys_of_a_project_come_oldest_first, "projects")
class IdentitiesComeNewestFirst(InProcessProjects):
    def identities(self, project_id, *, scope):
        return super().identities(project_id, scope=scope)[::-1]


@breaks(ProjectContract.test_a_key_stands_for_one_project, "projects")
class KeysStayWhereTheyAre(InProcessProjects):
    def identify(self, identity):
        known = self._state.identities.values()
        if all(
            one.key != identity.key
            or one.project_id == identity.project_id
            or one.proof == identity.proof
            for one in known
        ):
            super().identify(identity)


@breaks(ProjectContract.test_no_key_stands_for_a_project_that_is_not_there, "projects")
class KeysStandForWhatIsNotThere(InProcessProjects):
    def identify(self, identity):
        if identity.project_id in self._state.projects:
            super().identify(identity)
