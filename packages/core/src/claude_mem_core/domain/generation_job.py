# SPDX-License-Identifier: Apache-2.0
"""The work of turning events into memories, as rows of a ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import Field, JsonValue

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.canonical import fingerprint
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value, millis
from claude_mem_core.errors import ConflictError, FailureKind

JobKind = Literal["event", "event-batch", "summary", "reindex"]
JobSource = Literal["agent_event", "session_summary", "observation_reindex"]
JobStatus = Literal["queued", "processing", "completed", "failed", "cancelled"]
JobMove = Literal[
    "queued",
    "processing",
    "retry_scheduled",
    "completed",
    "failed",
    "cancelled",
]
SkipReason = Literal[
    "turn_open",
    "turn_closed",
    "empty_turn",
    "nothing_to_remember",
    "private",
    "expired",
    "reindexed",
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
MOVES: Mapping[JobStatus, tuple[JobStatus, ...]] = {
    "queued": ("processing", "failed", "cancelled"),
    "processing": ("queued", "completed", "failed", "cancelled"),
    "completed": (),
    "failed": ("queued",),
    "cancelled": ("queued",),
}
"""From each state to those that may follow; the last two by an operator's hand only."""

STATUS_AFTER: Mapping[JobMove, JobStatus] = {
    "queued": "queued",
    "processing": "processing",
    "retry_scheduled": "queued",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""The state that each move of the log leads to."""

MAX_ATTEMPTS = 3
MAX_LOST_LEASES = 10
RETRYABLE: tuple[FailureKind, ...] = ("transient", "rate_limit")
"""The failures that another try may cure."""

FIRST_RETRY_AFTER = timedelta(seconds=5)
LATEST_RETRY_AFTER = timedelta(minutes=10)
LONGEST_WISH = timedelta(hours=1)
"""The longest time that a provider's Retry-After can hold a session up."""

CLOCKS_DIFFER_BY = timedelta(seconds=30)
"""What was put or changed so long after now was so by a clock that went back since.

Less than this two machines' clocks may differ, and one that is set right may jump."""

LONGEST_ERROR = 500
"""Characters of an error's message that the ledger keeps."""


class JobDraft(Value):
    """Work to be done for a session, before the ledger knows it.

    Attributes:
        source_id: The record that the work is about: an event's id, or for a
            summary the id of the last event that it covers.
        dedupe_key: While a job with this key is unsettled, another is not taken.
        api_key_id: The key that asked for it: it is not done once that is revoked.
    """

    kind: JobKind
    team_id: Id
    project_id: Id
    server_session_id: Id
    source_id: Name
    dedupe_key: Name
    api_key_id: Id | None = None


class GenerationJob(JobDraft):
    """A row of the ledger.

    Attributes:
        attempts: How often a generator failed on it.
        claims: How often it was claimed; the number of the current claim is the
            fencing token that a worker must still hold to settle it.
        lost_leases: How often a claim ended because its worker went away.
        retries: How often an operator put it in again after it had ended.
        worker: Who holds it, or held it last.
        skip_reason: Why a completed job made no memory.
        error_kind: Of which kind the last failure was.
    """

    id: Id
    source_type: JobSource
    status: JobStatus = "queued"
    attempts: int = Field(default=0, ge=0)
    max_attempts: int = Field(default=MAX_ATTEMPTS, ge=1)
    claims: int = Field(default=0, ge=0)
    lost_leases: int = Field(default=0, ge=0)
    retries: int = Field(default=0, ge=0)
    worker: str | None = None
    available_at_epoch: Epoch
    lease_until_epoch: Epoch | None = None
    skip_reason: SkipReason | None = None
    error_kind: FailureKind | None = None
    last_error: str | None = None
    created_at_epoch: Epoch
    updated_at_epoch: Epoch

    @property
    def scope(self) -> Scope:
        """The records that the work is about."""
        return Scope(self.team_id, self.project_id)


class JobEvent(Value):
    """A move of a job, as its log tells it.

    Attributes:
        event: What happened: `queued` when it came back without a failure too.
        attempt: How many attempts were spent by then.
        claim: The number of the claim that was made last.
        worker: Who held it.
        reason: Why there is no memory, or what the failure said.
    """

    job_id: Id
    event: JobMove
    attempt: int = Field(ge=0)
    claim: int = Field(ge=0)
    worker: str | None = None
    reason: str | None = None
    created_at_epoch: Epoch


class JobQuery(Value):
    """Which jobs an operator wants to see, newest first.

    Attributes:
        project_id: Of one project only.
        since: Put in at this moment or later.
    """

    project_id: Id | None = None
    status: JobStatus | None = None
    kind: JobKind | None = None
    source_type: JobSource | None = None
    since: Epoch | None = None
    limit: int = Field(default=50, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=2**31)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt came to nothing.

    Attributes:
        retry_after: How long the provider asks to be left alone.
    """

    kind: FailureKind
    message: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """The work of one kind.

    Attributes:
        depth: Jobs that wait or are being done.
        oldest_waiting_epoch: When the oldest of those that wait was put in.
        failed: Jobs that failed for good: they stay until an operator acts.
    """

    depth: int = 0
    oldest_waiting_epoch: int | None = None
    failed: int = 0

    def to_wire(self) -> JsonObject:
        """The lane as JSON with the wire's names."""
        return {
            "depth": self.depth,
            "oldestWaitingEpoch": self.oldest_waiting_epoch,
            "failed": self.failed,
        }


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """A session whose next job could be claimed now.

    Attributes:
        kind: Of that job.
    """

    session_id: str
    kind: JobKind


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


def retry_delay(job: GenerationJob, failure: Failure) -> timedelta | None:
    """How long a job waits before its next attempt, None when there is to be none.

    Five seconds, five times as long after each further failure, ten minutes at most
    (the reference system's section on server jobs); longer where the provider asked
    for it, though no longer than an hour.
    """
    if failure.kind not in RETRYABLE or job.attempts + 1 >= job.max_attempts:
        return None
    longer: int = 5**job.attempts
    own = min(FIRST_RETRY_AFTER * longer, LATEST_RETRY_AFTER)
    wish = failure.retry_after or timedelta(0)
    return max(own, min(wish, LONGEST_WISH))


def is_due(job: GenerationJob, *, now: int) -> bool:
    """Whether a job may be claimed, if it is its session's turn."""
    other_clock = now + millis(CLOCKS_DIFFER_BY)
    due = job.available_at_epoch <= now or job.updated_at_epoch > other_clock
    return job.status == "queued" and due


def waits_already(job: GenerationJob) -> bool:
    """Whether a job that is to be put in again waits as it is.

    Raises:
        ConflictError: It is being done, or is completed.
    """
    if job.status in ("processing", "completed"):
        raise ConflictError(f"job {job.id!r} is {job.status}: nothing to retry")
    return job.status == "queued"


def is_cancelled_already(job: GenerationJob) -> bool:
    """Whether a job that is to be cancelled is so.

    Raises:
        ConflictError: It is completed, or has failed.
    """
    if job.status in ("completed", "failed"):
        raise ConflictError(f"job {job.id!r} is {job.status}: nothing to cancel")
    return job.status == "cancelled"


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
