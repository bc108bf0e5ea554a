# SPDX-License-Identifier: Apache-2.0
"""Work is done only while the key that asked for it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import KeyDraft, Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.generation_job import GenerationJob
from claude_mem_core.domain.team import MemberDraft
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime

Make = Callable[..., AgentEventDraft]
ME = Principal.local()


@pytest.fixture
def jobs(runtime: Runtime, draft: Make) -> Callable[[Principal], list[GenerationJob]]:
    """Sends a turn as somebody, and gives its jobs."""

    def send(by: Principal) -> list[GenerationJob]:
        drafts = [draft("user_prompt"), draft("turn_end")]
        accepted = runtime.events.accept_batch(drafts, by=by)
        return [one.generation_job for one in accepted if one.generation_job]

    return send


def _state(runtime: Runtime, job: GenerationJob) -> tuple[str, str | None]:
    now = runtime.jobs.get(job.id, by=ME).job
    return now.status, now.last_error


def _ends(
    how: str, runtime: Runtime, key_id: str, pass_time: Callable[[timedelta], None]
) -> None:
    if how == "revoked":
        runtime.keys.revoke(key_id, by=ME)
    elif how == "expired":
        pass_time(timedelta(days=1))
    else:
        runtime.teams.remove_member("vera", by=ME)


@pytest.mark.parametrize("how", ["revoked", "expired", "left"])
def test_what_a_key_asked_for_is_not_done_once_it_counts_no_more(
    runtime: Runtime, storage: InProcessStorage, jobs, system, generator, how: str
) -> None:
    runtime.teams.add_member(MemberDraft(user_id="vera", role="owner"), by=ME)
    draft = KeyDraft(role="editor", user_id="vera", expires_in_days=1)
    issued = runtime.keys.issue(draft, by=ME)
    put = jobs(runtime.access.authenticate(issued.raw))
    _ends(how, runtime, issued.key.id, system.pass_time)

    runtime.generator.drain()

    assert not generator.turns
    assert {job.api_key_id for job in put} == {issued.key.id}
    for job in put:
        status, error = _state(runtime, job)
        assert (status, "counts no more" in (error or "")) == ("failed", True)
    with storage.begin() as tx:
        entries = tx.audit.list(scope=ME.scope, limit=50)
    told = [one.target_id for one in entries if one.action.endswith("revoked_key")]
    assert sorted(map(str, told)) == sorted(job.id for job in put)


def test_who_puts_it_in_again_answers_for_it(runtime: Runtime, jobs, generator) -> None:
    issued = runtime.keys.issue(KeyDraft(role="editor"), by=ME)
    put = jobs(runtime.access.authenticate(issued.raw))
    runtime.keys.revoke(issued.key.id, by=ME)
    runtime.generator.drain()

    for job in put:
        runtime.jobs.retry(job.id, by=ME)
    runtime.generator.drain()

    assert len(generator.turns) == 1
    assert {_state(runtime, job)[0] for job in put} == {"completed"}


def test_work_of_the_machines_token_outlives_the_token(
    runtime: Runtime, jobs, generator
) -> None:
    old = runtime.access.new_local_token()
    runtime.access.admit_local_token(old)
    put = jobs(runtime.access.authenticate(old))
    runtime.access.admit_local_token(runtime.access.new_local_token())

    runtime.generator.drain()

    assert len(generator.turns) == 1
    assert {_state(runtime, job)[0] for job in put} == {"completed"}
