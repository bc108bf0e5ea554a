# SPDX-License-Identifier: Apache-2.0
"""Work for the worker: jobs that are put in the ledger with what they are about."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.generation_job import (
    GenerationJob,
    JobDraft,
    JobKind,
    dedupe_key,
    queued_job,
)
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.ports.storage import Transaction


def job_for(
    kind: JobKind,
    session: ServerSession,
    event: AgentEvent,
    *,
    by: Principal,
    now: int,
) -> GenerationJob:
    """The job of this kind for `event`, as the ledger would hold it when it is new."""
    draft = JobDraft.of_valid(
        {
            "kind": kind,
            "team_id": by.team_id,
            "project_id": session.project_id,
            "server_session_id": session.id,
            "source_id": event.id,
            "dedupe_key": dedupe_key(kind, session.id, event.id),
            "api_key_id": by.key_id,
        }
    )
    return queued_job(draft, now=now)


def put_once(tx: Transaction, job: GenerationJob, *, by: Principal) -> GenerationJob:
    """The ledger's job with this id: the one there is, or `job`, put in now."""
    known = tx.jobs.find(job.id, scope=by.scope)
    if known is not None:
        return known
    tx.jobs.add(job)
    return job
