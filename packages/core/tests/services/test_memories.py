# SPDX-License-Identifier: Apache-2.0
"""A memory is added with its sources, read and corrected, and stays in its project."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import (
    MemoryItemDraft,
    MemoryItemPatch,
    MemorySourceDraft,
)
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.errors import InvalidInputError, NotFoundError
from claude_mem_core.runtime import Runtime

ME = Principal.local()


def manual(project: Project, **fields: object) -> MemoryItemDraft:
    given = {"project_id": project.id, "kind": "manual", "type": "decision"}
    return MemoryItemDraft.model_validate({**given, "text": "We use uv.", **fields})


def test_a_memory_without_sources_counts_as_written_by_hand(
    runtime: Runtime, project: Project
) -> None:
    item = runtime.memories.add(manual(project), by=ME)

    assert [source.source_type for source in item.sources] == ["manual"]
    assert runtime.memories.get(item.id, by=ME) == item


def test_a_memory_cannot_cite_an_event_that_does_not_exist(
    runtime: Runtime, project: Project
) -> None:
    source = MemorySourceDraft(source_type="agent_event", event_id="nowhere")

    with pytest.raises(InvalidInputError, match="nowhere"):
        runtime.memories.add(manual(project, sources=(source,)), by=ME)


def test_a_memory_cannot_cite_an_event_of_another_project(
    runtime: Runtime, draft
) -> None:
    event = runtime.events.accept(draft("note"), by=ME).event
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    source = MemorySourceDraft(source_type="agent_event", event_id=event.id)

    with pytest.raises(InvalidInputError, match=event.id):
        runtime.memories.add(manual(other, sources=(source,)), by=ME)


def test_a_memory_with_nothing_to_search_for_is_refused(project: Project) -> None:
    with pytest.raises(ValueError, match="nothing to search for"):
        manual(project, text="  ")


def test_a_correction_changes_only_what_it_names(
    runtime: Runtime, project: Project, system
) -> None:
    item = runtime.memories.add(manual(project, title="Tools"), by=ME)
    system.epoch += 5

    patch = MemoryItemPatch(text="We use pip.")
    changed = runtime.memories.update(item.id, patch, by=ME)

    assert (changed.title, changed.text) == ("Tools", "We use pip.")
    assert changed.created_at_epoch == item.created_at_epoch
    assert changed.updated_at_epoch == item.updated_at_epoch + 5
    assert changed.sources == item.sources


def test_a_memory_cannot_move_to_another_project(
    runtime: Runtime, project: Project
) -> None:
    item = runtime.memories.add(manual(project), by=ME)

    patch = MemoryItemPatch(project_id="other", title="x")

    with pytest.raises(InvalidInputError, match="projectId"):
        runtime.memories.update(item.id, patch, by=ME)

    assert runtime.memories.get(item.id, by=ME).title is None


def test_a_correction_cannot_leave_nothing_to_search_for(
    runtime: Runtime, project: Project
) -> None:
    item = runtime.memories.add(manual(project), by=ME)

    with pytest.raises(InvalidInputError, match="nothing to search for"):
        runtime.memories.update(item.id, MemoryItemPatch(text=None), by=ME)


def test_a_list_cannot_be_corrected_to_null(runtime: Runtime, project: Project) -> None:
    item = runtime.memories.add(manual(project), by=ME)

    with pytest.raises(InvalidInputError, match="facts"):
        runtime.memories.update(item.id, MemoryItemPatch(facts=None), by=ME)


def test_a_projects_memories_are_counted_by_kind(
    runtime: Runtime, project: Project
) -> None:
    assert runtime.memories.count(project.id, by=ME) == {}
    for kind in ("manual", "manual", "summary"):
        runtime.memories.add(manual(project, kind=kind), by=ME)

    assert runtime.memories.count(project.id, by=ME) == {"manual": 2, "summary": 1}


@pytest.mark.parametrize("item_id", ["", "\0", "x" * 300])
def test_what_cannot_be_an_id_is_no_memorys(runtime: Runtime, item_id: str) -> None:
    with pytest.raises(NotFoundError):
        runtime.memories.get(item_id, by=ME)


def test_another_teams_memory_is_not_there(runtime: Runtime, project: Project) -> None:
    item = runtime.memories.add(manual(project), by=ME)
    stranger = Principal(team_id="strangers")

    with pytest.raises(NotFoundError):
        runtime.memories.get(item.id, by=stranger)
    with pytest.raises(NotFoundError):
        runtime.memories.update(item.id, MemoryItemPatch(title="x"), by=stranger)
    with pytest.raises(NotFoundError):
        runtime.memories.add(manual(project), by=stranger)
    with pytest.raises(NotFoundError):
        runtime.memories.count(project.id, by=stranger)
