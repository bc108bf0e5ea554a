# SPDX-License-Identifier: Apache-2.0
"""An operator sees the jobs of its own projects, and acts on them once."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.generation_job import JobQuery
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.errors import ConflictError, GeneratorError, NotFoundError

ME = Principal.local()
STRANGER = Principal(team_id="strangers", actor_type="user")


@pytest.fixture
def dead(runtime, draft, generator) -> str:
    """The id of a job that failed for good."""

    def fail() -> None:
        raise GeneratorError("no such model", kind="auth_invalid")

    generator.before = fail
    runtime.events.accept_batch([draft("user_prompt"), draft("turn_end")], by=ME)
    runtime.generator.drain()
    generator.before = lambda: None
    (job,) = runtime.jobs.list(JobQuery(status="failed"), by=ME)
    return job.id


@pytest.fixture
def actions(storage):
    """What the audit log says was done to a job."""

    def read(job_id: str) -> list[str]:
        with storage.begin() as tx:
            entries = tx.audit.list(AuditQuery(limit=100), scope=ME.scope)
        return [one.action for one in entries if one.target_id == job_id]

    return read


def test_a_dead_letter_stays_to_be_seen_with_its_story(runtime, dead) -> None:
    story = runtime.jobs.get(dead, by=ME)

    assert story.job.error_kind == "auth_invalid"
    assert "no such model" in story.job.last_error
    assert [one.event for one in story.events] == ["queued", "processing", "failed"]
    assert runtime.status.progress().lanes["event"].failed == 1


def test_a_dead_letter_that_is_put_in_again_is_done(runtime, dead, actions) -> None:
    first = runtime.jobs.retry(dead, by=ME)
    again = runtime.jobs.retry(dead, by=ME)
    runtime.generator.drain()

    assert (first.already, again.already) == (False, True)
    assert first.job.retries == again.job.retries == 1
    assert runtime.jobs.get(dead, by=ME).job.status == "completed"
    assert actions(dead).count("generation_job.retry") == 1


def test_a_completed_job_is_neither_retried_nor_cancelled(runtime, draft) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    runtime.generator.drain()
    (job,) = runtime.jobs.list(JobQuery(), by=ME)

    for act in (runtime.jobs.retry, runtime.jobs.cancel):
        with pytest.raises(ConflictError, match="completed"):
            act(job.id, by=ME)


def test_what_is_cancelled_while_it_is_done_writes_nothing(
    runtime, draft, generator, storage, actions
) -> None:
    accepted = runtime.events.accept_batch(
        [draft("user_prompt"), draft("turn_end")], by=ME
    )
    job = accepted[-1].generation_job
    generator.before = lambda: runtime.jobs.cancel(job.id, by=ME)

    runtime.generator.drain()

    assert runtime.jobs.get(job.id, by=ME).job.status == "cancelled"
    assert actions(job.id) == ["generation_job.cancel"]
    with storage.read() as snapshot:
        assert not snapshot.memories.recent(
            MemoryFilter(project_ids=(job.project_id,), now=1), scope=ME.scope, limit=9
        )
    assert runtime.jobs.cancel(job.id, by=ME).already


def test_another_teams_job_looks_as_if_there_was_none(runtime, dead) -> None:
    assert list(runtime.jobs.list(JobQuery(), by=STRANGER)) == []
    for act in (runtime.jobs.get, runtime.jobs.retry, runtime.jobs.cancel):
        with pytest.raises(NotFoundError):
            act(dead, by=STRANGER)


@pytest.mark.usefixtures("dead")
def test_a_key_of_one_project_sees_no_job_of_another(runtime, project) -> None:
    other = runtime.projects.create(ProjectDraft(name="Other"), by=ME)
    limited = Principal(team_id="local", project_id=other.id, actor_type="api_key")

    assert list(runtime.jobs.list(JobQuery(), by=limited)) == []
    with pytest.raises(NotFoundError):
        runtime.jobs.list(JobQuery(project_id=project.id), by=limited)
    assert len(runtime.jobs.list(JobQuery(), by=ME)) == 2


def test_reindexing_twice_is_one_job_that_touches_every_memory(
    runtime, project, actions
) -> None:
    note = {"project_id": project.id, "kind": "manual", "type": "decision"}
    kept = runtime.memories.add(MemoryItemDraft(**note, title="The lamp turns"), by=ME)

    first = runtime.jobs.reindex(project.id, by=ME)
    again = runtime.jobs.reindex(project.id, by=ME)
    runtime.generator.drain()

    done = runtime.jobs.get(first.id, by=ME).job
    assert first.id == again.id
    assert first.id.startswith("rdx_")
    assert (done.status, done.skip_reason) == ("completed", "reindexed")
    assert actions(first.id) == ["generation_job.reindex"]
    assert runtime.memories.get(kept.id, by=ME) == kept


def test_the_audit_entry_of_a_move_names_the_request_if_there_was_one(
    runtime, storage, draft, project
) -> None:
    job_id = runtime.events.accept(draft("tool_use"), by=ME).generation_job.id

    runtime.jobs.cancel(job_id, by=ME, request_id="r1")
    runtime.jobs.retry(job_id, by=ME)
    runtime.jobs.reindex(project.id, by=ME, request_id="r2")

    with storage.read() as snapshot:
        entries = snapshot.audit.list(AuditQuery(limit=3), scope=ME.scope)
    assert [(one.action, one.metadata) for one in reversed(entries)] == [
        ("generation_job.cancel", {"requestId": "r1"}),
        ("generation_job.retry", {}),
        ("generation_job.reindex", {"requestId": "r2"}),
    ]
