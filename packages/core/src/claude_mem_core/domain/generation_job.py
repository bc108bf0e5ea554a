# SPDX-License-Identifier: Apache-2.0
"""The work of turning events into memories, as rows of a ledger."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field, JsonValue

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.value import Epoch, Id, Name, Value

JobKind = Literal["event", "event-batch", "summary", "reindex"]
JobSource = Literal["agent_event", "session_summary", "observation_reindex"]
JobStatus = Literal["queued", "processing", "completed", "failed", "cancelled"]
SkipReason = Literal[
    "turn_open",
    "turn_closed",
    "empty_turn",
    "nothing_to_remember",
    "private",
]

PREFIXES: dict[JobKind, str] = {
    "event": "evt",
    "event-batch": "evtb",
    "summary": "sum",
    "reindex": "rdx",
}
SOURCES: dict[JobKind, JobSource] = {
    "event": "agent_event",
    "event-batch": "agent_event",
    "summary": "session_summary",
    "reindex": "observation_reindex",
}
UNSETTLED: tuple[JobStatus, ...] = ("queued", "processing")
MAX_ATTEMPTS = 3
MAX_LOST_LEASES = 10


class JobDraft(Value):
    """Work to be done for a session, before the ledger knows it.

    Attributes:
        source_id: The record that the work is about: an event's id, or for a
            summary the id of the last event that it covers.
        dedupe_key: While a job with this key is unsettled, another is not taken.
    """

    kind: JobKind
    team_id: Id
    project_id: Id
    server_session_id: Id
    source_id: Name
    dedupe_key: Name


class GenerationJob(JobDraft):
    """A row of the ledger.

    Attributes:
        attempts: How often a generator failed on it.
        claims: How often it was claimed; the number of the current claim is the
            fencing token that a worker must still hold to settle it.
        lost_leases: How often a claim ended because its worker went away.
        skip_reason: Why a completed job made no memory.
    """

    id: Id
    source_type: JobSource
    status: JobStatus = "queued"
    attempts: int = Field(default=0, ge=0)
    max_attempts: int = Field(default=MAX_ATTEMPTS, ge=1)
    claims: int = Field(default=0, ge=0)
    lost_leases: int = Field(default=0, ge=0)
    available_at_epoch: Epoch
    lease_until_epoch: Epoch | None = None
    skip_reason: SkipReason | None = None
    last_error: str | None = None
    created_at_epoch: Epoch
    updated_at_epoch: Epoch

    @property
    def scope(self) -> Scope:
        """The records that the work is about."""
        return Scope(self.team_id, self.project_id)


class Claim(Value):
    """A worker's right to one job until its lease ends.

    Attributes:
        token: The number of this claim on the job; a later claim has a greater one.
    """

    job: GenerationJob
    token: int
    lease_until_epoch: Epoch


def job_id(draft: JobDraft) -> str:
    """The id of a job: the same work has the same one, and it has no colon.

    Format: the kind's prefix, `_`, and a SHA-256 (the reference system's section
    on server jobs).
    """
    named: dict[str, JsonValue] = {
        "kind": draft.kind,
        "team_id": draft.team_id,
        "project_id": draft.project_id,
        "source_type": SOURCES[draft.kind],
        "source_id": draft.source_id,
    }
    return f"{PREFIXES[draft.kind]}_{fingerprint(named)}"


def dedupe_key(kind: JobKind, *distinction: str) -> str:
    """The ledger's key for work of this kind: `obs_` or `sum_` and a SHA-256."""
    prefix = "sum" if kind == "summary" else "obs"
    text = "\0".join((kind, *distinction))
    return f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()}"


def queued_job(draft: JobDraft, *, now: int) -> GenerationJob:
    """The ledger's new row for `draft`."""
    return GenerationJob(
        **{name: getattr(draft, name) for name in JobDraft.model_fields},
        id=job_id(draft),
        source_type=SOURCES[draft.kind],
        available_at_epoch=now,
        created_at_epoch=now,
        updated_at_epoch=now,
    )
