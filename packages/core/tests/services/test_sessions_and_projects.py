# SPDX-License-Identifier: Apache-2.0
"""Sessions and projects are found again by their own names."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.server_session import ServerSessionDraft
from claude_mem_core.errors import ConflictError, ForbiddenError, NotFoundError
from claude_mem_core.runtime import Runtime

ME = Principal.local()


def start(runtime: Runtime, project: Project, **fields: object):
    draft = ServerSessionDraft.model_validate({"project_id": project.id, **fields})
    return runtime.sessions.start(draft, by=ME)


def test_starting_a_session_again_gives_the_one_there_is(
    runtime: Runtime, project: Project
) -> None:
    first = start(runtime, project, external_session_id="x")
    again = start(runtime, project, external_session_id="x")

    assert (first.created, again.created) == (True, False)
    assert again.session == first.session


def test_one_name_on_two_platforms_is_two_sessions(
    runtime: Runtime, project: Project
) -> None:
    claude = start(runtime, project, content_session_id="x", platform_source="Claude")
    codex = start(runtime, project, content_session_id="x", platform_source="codex-cli")
    legacy = start(runtime, project, content_session_id="x", platform_source=None)

    assert len({one.session.id for one in (claude, codex, legacy)}) == 3


def test_a_session_without_a_name_is_always_new(
    runtime: Runtime, project: Project
) -> None:
    first, second = start(runtime, project), start(runtime, project)

    assert first.session.id != second.session.id


def test_a_session_needs_a_project_that_the_caller_sees(
    runtime: Runtime, project: Project
) -> None:
    draft = ServerSessionDraft(project_id=project.id)

    with pytest.raises(NotFoundError):
        runtime.sessions.start(draft, by=Principal(team_id="strangers"))


def test_a_session_that_held_nothing_ends_without_work(
    runtime: Runtime, project: Project
) -> None:
    session = start(runtime, project).session

    ended = runtime.sessions.end(session.id, by=ME)

    assert ended.session.status == "completed"
    assert ended.generation_job is None


def test_a_project_gets_a_slug_from_its_name(runtime: Runtime) -> None:
    project = runtime.projects.create(ProjectDraft(name="Light House 2!"), by=ME)

    assert project.slug == "light-house-2"
    assert runtime.projects.get(project.id, by=ME) == project


def test_a_slug_is_taken_once(runtime: Runtime) -> None:
    runtime.projects.create(ProjectDraft(name="Lighthouse"), by=ME)

    with pytest.raises(ConflictError, match="lighthouse"):
        runtime.projects.create(ProjectDraft(name="lighthouse"), by=ME)


def test_a_key_of_one_project_sees_only_that_one_and_makes_none(
    runtime: Runtime, project: Project
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    limited = Principal(team_id=project.team_id, project_id=project.id)

    assert list(runtime.projects.list(by=limited)) == [project]
    with pytest.raises(ForbiddenError):
        runtime.projects.get(other.id, by=limited)
    with pytest.raises(ForbiddenError):
        runtime.projects.create(ProjectDraft(name="Third"), by=limited)
