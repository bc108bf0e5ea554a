# SPDX-License-Identifier: Apache-2.0
"""A key that is limited to a project is refused every other one, there or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from claude_mem_core.api import (
    AgentEventDraft,
    ContextQuery,
    MemoryItemDraft,
    Principal,
    Project,
    ProjectDraft,
    Runtime,
    SearchQuery,
    ServerSessionDraft,
)
from claude_mem_core.errors import ForbiddenError

Deed = Callable[[Runtime, str, Principal], object]


def accept(runtime: Runtime, project_id: str, by: Principal) -> object:
    event = AgentEventDraft(
        project_id=project_id, source_type="api", event_type="note", occurred_at_epoch=1
    )
    return runtime.events.accept(event, by=by)


def start(runtime: Runtime, project_id: str, by: Principal) -> object:
    return runtime.sessions.start(ServerSessionDraft(project_id=project_id), by=by)


def add(runtime: Runtime, project_id: str, by: Principal) -> object:
    draft = MemoryItemDraft(project_id=project_id, kind="manual", type="x", text="y")
    return runtime.memories.add(draft, by=by)


def count(runtime: Runtime, project_id: str, by: Principal) -> object:
    return runtime.memories.count(project_id, by=by)


def show(runtime: Runtime, project_id: str, by: Principal) -> object:
    return runtime.projects.get(project_id, by=by)


def search(runtime: Runtime, project_id: str, by: Principal) -> object:
    return runtime.recall.search(SearchQuery(project_id=project_id, query="y"), by=by)


def context(runtime: Runtime, project_id: str, by: Principal) -> object:
    return runtime.context.pack(ContextQuery(project_id=project_id), by=by)


@pytest.mark.parametrize("deed", [accept, start, add, count, show, search, context])
def test_naming_another_project_is_forbidden_whether_it_exists_or_not(
    runtime: Runtime, project: Project, deed: Deed
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=Principal.local())
    limited = Principal(team_id=project.team_id, project_id=project.id)

    assert deed(runtime, project.id, limited) is not None
    for project_id in (other.id, "nobody's"):
        with pytest.raises(ForbiddenError) as refused:
            deed(runtime, project_id, limited)
        assert str(refused.value).endswith(repr(project_id))
