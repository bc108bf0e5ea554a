# SPDX-License-Identifier: Apache-2.0
"""The port to the job ledger: the truth about what is still to be done."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.generation_job import (
    Claim,
    Failure,
    GenerationJob,
    JobEvent,
    JobKind,
    JobQuery,
    JobStatus,
    Lane,
    SkipReason,
    WaitingSession,
)


class JobReader(Protocol):
    """Jobs, to read.

    * outside the scope a job looks as if it did not exist.
    """

    @abstractmethod
    def get(self, job_id: str, *, scope: Scope) -> GenerationJob:
        """The job; `NotFoundError` outside the scope."""

    @abstractmethod
    def find(self, job_id: str, *, scope: Scope) -> GenerationJob | None:
        """The job, or None outside the scope."""

    @abstractmethod
    def of_source(self, event_id: str, *, scope: Scope) -> GenerationJob | None:
        """The job of kind `event` that was put in for an event."""

    @abstractmethod
    def list(self, query: JobQuery, *, scope: Scope) -> Sequence[GenerationJob]:
        """The jobs that a query asks for, the newest first."""

    @abstractmethod
    def log(self, job_id: str, *, scope: Scope) -> Sequence[JobEvent]:
        """Every move of a job since it was put in, oldest first."""

    @abstractmethod
    def depth(self, session_id: str | None = None) -> int:
        """How many jobs are unsettled, of one session or of all."""

    @abstractmethod
    def counts(self) -> Mapping[JobStatus, int]:
        """How many jobs there are in each state; states without any are left out."""

    @abstractmethod
    def lanes(self) -> Mapping[JobKind, Lane]:
        """The work of each kind, an empty lane for a kind without any."""

    @abstractmethod
    def waiting(self, *, now: int, limit: int) -> Sequence[WaitingSession]:
        """Sessions whose next job could be claimed now, the longest waiting first."""

    @abstractmethod
    def due_since(self, *, now: int) -> int | None:
        """The earliest epoch since when a session's next job could be claimed."""

    @abstractmethod
    def leases(self, *, now: int) -> int:
        """How many jobs are being done under a lease that has not ended."""

    @abstractmethod
    def last_move(self) -> int | None:
        """The epoch at which a job last moved, other than by being put in."""

    @abstractmethod
    def oldest_waiting(self) -> int | None:
        """The epoch at which the oldest queued job was put in, None without any."""

    @abstractmethod
    def idle_sessions(self, *, before: int, after: int) -> Sequence[tuple[str, Scope]]:
        """Sessions with an open turn that nothing was heard of since an epoch.

        Their newest job was completed as `turn_open` and last touched before it, or
        after the second epoch, by a clock that has gone back since.
        """


class JobLedger(JobReader, Protocol):
    """Jobs, in the order they were put.

    * order: the jobs of one session are claimed in the order they were put;
    * one at a time: a session has at most one claim that is not settled;
    * no doubles: a key that is still unsettled is not taken again, a settled one is;
    * no loss: a claim that is never settled comes back when its lease ends;
    * a waiting head holds its session, a failed one frees it;
    * fencing: only the newest claim of a job can settle, extend, release, postpone or
      fail it: `ConflictError` for every other;
    * a lost lease costs no attempt, but after `MAX_LOST_LEASES` the job fails;
    * a failure costs an attempt, and without one left the job fails for good;
    * a clock that goes back holds no job up: what was put or changed later than
      clocks differ may be claimed now;
    * an ended job stays as it ended until an operator puts it in again.
    """

    @abstractmethod
    def add(self, job: GenerationJob) -> bool:
        """Put a job in; False when its key is unsettled, and then nothing changes."""

    @abstractmethod
    def claim(
        self,
        *,
        now: int,
        lease_until: int,
        session_id: str | None = None,
        worker: str | None = None,
    ) -> Claim | None:
        """The next job that may be worked on, of one session or of any."""

    @abstractmethod
    def extend(self, claim: Claim, *, until: int) -> Claim:
        """The same claim with a later end of its lease."""

    @abstractmethod
    def settle(self, claim: Claim, *, now: int, skip: SkipReason | None = None) -> None:
        """The job is completed: with memories, or with the reason why there is none."""

    @abstractmethod
    def release(self, claim: Claim, *, now: int, available_at: int) -> None:
        """The job waits again, until `available_at`; no attempt is spent."""

    @abstractmethod
    def fail(
        self, claim: Claim, *, now: int, failure: Failure, retry_at: int | None
    ) -> GenerationJob:
        """An attempt is spent: the job waits until `retry_at`, or has failed.

        It has failed when `retry_at` is None or no attempt is left.
        """

    @abstractmethod
    def postpone(
        self, claim: Claim, *, now: int, failure: Failure, until: int
    ) -> GenerationJob:
        """The job waits for what is no fault of its own; no attempt is spent.

        It may be claimed again from `until` on, and tells of the failure meanwhile.
        """

    @abstractmethod
    def recover(self, *, now: int, latest: int) -> int:
        """How many jobs came back because their lease had ended.

        A lease that ends after `latest` was given before the clock went back: it
        counts as ended, and not as lost.
        """

    @abstractmethod
    def reset(self, session_id: str, *, now: int) -> int:
        """How many claimed jobs of a session wait again; their claims are void."""

    @abstractmethod
    def clear(self, session_id: str, *, now: int) -> int:
        """How many unsettled jobs of a session were cancelled; claims are void."""

    @abstractmethod
    def retry(
        self, job_id: str, *, scope: Scope, now: int, api_key_id: str | None = None
    ) -> GenerationJob:
        """A failed or cancelled job waits again with all its attempts, for this key.

        A queued one stays as it is.

        Raises:
            NotFoundError: It is outside the scope.
            ConflictError: It is being done or completed, or other work has its key.
        """

    @abstractmethod
    def cancel(self, job_id: str, *, scope: Scope, now: int) -> GenerationJob:
        """An unsettled job is cancelled; its claim is void.

        A cancelled one stays as it is.

        Raises:
            NotFoundError: It is outside the scope.
            ConflictError: It is completed or failed.
        """

    @abstractmethod
    def retell(
        self, job_id: str, telling: Callable[[str], str], *, scope: Scope
    ) -> None:
        """What a job failed with is told anew, in its row and in its log.

        Args:
            job_id: The job.
            telling: From what an error says to what is kept of it.
            scope: What the caller may see.

        Raises:
            NotFoundError: It is outside the scope.
        """
