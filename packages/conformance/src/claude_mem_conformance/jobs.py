# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D205 - a promise is quoted whole, and some are long
"""What a storage is held to about the job ledger. The clock is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

import pytest
from claude_mem_core.domain.generation_job import (
    CLOCKS_DIFFER_BY,
    MAX_ATTEMPTS,
    MAX_LOST_LEASES,
    Claim,
    Failure,
    GenerationJob,
    JobEvent,
    JobQuery,
    Lane,
    SkipReason,
    WaitingSession,
    queued_job,
)
from claude_mem_core.domain.value import LAST_EPOCH
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.jobs import JobLedger
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT

LEASE = 1_000
LATER = NOW + 10 * LEASE
NO = Failure("transient", "no")

USES: dict[str, Callable[[JobLedger, Claim], object]] = {
    "settle": lambda jobs, claim: jobs.settle(claim, now=LATER),
    "extend": lambda jobs, claim: jobs.extend(claim, until=LATER),
    "release": lambda jobs, claim: jobs.release(claim, now=NOW, available_at=NOW),
    "postpone": lambda jobs, claim: jobs.postpone(
        claim, now=NOW, failure=NO, until=NOW
    ),
    "fail": lambda jobs, claim: jobs.fail(claim, now=NOW, failure=NO, retry_at=NOW),
}
"""Everything that a claim entitles to."""

anyhow = pytest.mark.parametrize("use", USES.values(), ids=USES)


class JobContract(RepositoryContract):
    """The job ledger."""

    ports: ClassVar[tuple[type, ...]] = (JobLedger,)

    def test_outside_the_scope_there_is_no_job(self, inhabited: Storage) -> None:
        """Outside the scope a job looks as if it did not exist."""
        put = _put(inhabited, "event")
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                with pytest.raises(NotFoundError):
                    snapshot.jobs.get(put.id, scope=scope)
                assert snapshot.jobs.find(put.id, scope=scope) is None
                assert snapshot.jobs.of_source("event", scope=scope) is None

    def test_a_job_is_had_by_its_id(self, inhabited: Storage) -> None:
        """The job; `NotFoundError` outside the scope."""
        put = _put(inhabited, "one")
        _put(inhabited, "two")
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                assert snapshot.jobs.get(put.id, scope=scope) == put
            with pytest.raises(NotFoundError):
                snapshot.jobs.get("absent", scope=OURS)

    def test_a_job_is_found_by_its_id(self, inhabited: Storage) -> None:
        """The job, or None outside the scope."""
        put = _put(inhabited, "one")
        _put(inhabited, "two")
        with inhabited.read() as snapshot:
            assert snapshot.jobs.find(put.id, scope=OURS) == put
            assert snapshot.jobs.find("absent", scope=OURS) is None

    def test_an_event_knows_its_job(self, inhabited: Storage) -> None:
        """The job of kind `event` that was put in for an event."""
        put = _put(inhabited, "event")
        summary = samples.job_draft("event", kind="summary", dedupe_key="sum")
        with inhabited.begin() as tx:
            tx.jobs.add(queued_job(summary, now=NOW))
        with inhabited.read() as snapshot:
            assert snapshot.jobs.of_source("event", scope=OURS) == put
            assert snapshot.jobs.of_source("absent", scope=OURS) is None

    def test_depth_counts_what_is_unsettled(self, inhabited: Storage) -> None:
        """How many jobs are unsettled, of one session or of all."""
        _put(inhabited, "done")
        _settle(inhabited, _claimed(inhabited))
        _put(inhabited, "claimed")
        _claimed(inhabited)
        _put(inhabited, "waiting")
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        with inhabited.read() as snapshot:
            assert snapshot.jobs.depth() == 3
            assert snapshot.jobs.depth("session") == 2
            assert snapshot.jobs.depth("absent") == 0

    def test_jobs_are_counted_by_state(self, inhabited: Storage) -> None:
        """How many jobs there are in each state; states without any are left out."""
        _put(inhabited, "done")
        _settle(inhabited, _claimed(inhabited))
        for name in ("claimed", "waiting", "too"):
            _put(inhabited, name)
        _claimed(inhabited)
        with inhabited.read() as snapshot:
            counts = dict(snapshot.jobs.counts())
        assert counts == {"completed": 1, "processing": 1, "queued": 2}

    def test_the_jobs_that_a_query_asks_for(self, inhabited: Storage) -> None:
        """The jobs that a query asks for, the newest first."""
        done = _put(inhabited, "done")
        _settle(inhabited, _claimed(inhabited))
        one = _put(inhabited, "one", now=LATER)
        summary = _put(inhabited, "sum", kind="summary", dedupe_key="sum")
        other = _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        for query, expected in (
            (JobQuery(), [other, summary, one, done]),
            (JobQuery(project_id="project"), [summary, one, done]),
            (JobQuery(status="queued"), [other, summary, one]),
            (JobQuery(status="completed"), [done]),
            (JobQuery(status="failed"), []),
            (JobQuery(kind="summary"), [summary]),
            (JobQuery(source_type="session_summary"), [summary]),
            (JobQuery(since=LATER), [one]),
            (JobQuery(limit=2, offset=1), [summary, one]),
        ):
            assert _listed(inhabited, query) == [job.id for job in expected], query

    def test_no_list_shows_a_job_outside_the_scope(self, inhabited: Storage) -> None:
        """Outside the scope a job looks as if it did not exist."""
        put = _put(inhabited, "event")
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                assert list(snapshot.jobs.list(JobQuery(), scope=scope)) == []
                with pytest.raises(NotFoundError):
                    snapshot.jobs.log(put.id, scope=scope)
            for act in ("retry", "cancel"):
                with pytest.raises(NotFoundError), inhabited.begin() as tx:
                    getattr(tx.jobs, act)(put.id, scope=scope, now=NOW)
        assert _stored(inhabited, put) == put

    def test_a_log_tells_every_move(self, inhabited: Storage) -> None:
        """Every move of a job since it was put in, oldest first."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs, worker="w")
            tx.jobs.fail(claim, now=NOW + 1, failure=NO, retry_at=NOW + 2)
        _settle(inhabited, _claimed(inhabited, now=NOW + 2), skip="turn_open")
        with inhabited.read() as snapshot:
            told = snapshot.jobs.log(put.id, scope=OURS)
        assert [_told(event) for event in told] == [
            ("queued", 0, 0, None, None, NOW),
            ("processing", 0, 1, "w", None, NOW),
            ("retry_scheduled", 1, 1, "w", "no", NOW + 1),
            ("processing", 1, 2, None, None, NOW + 2),
            ("completed", 1, 2, None, "turn_open", NOW),
        ]
        assert {event.job_id for event in told} == {put.id}

    def test_the_log_tells_of_losses_and_ends(self, inhabited: Storage) -> None:
        """Every move of a job since it was put in, oldest first."""
        put = _put(inhabited, "one")
        _lose(inhabited, now=NOW)
        with inhabited.begin() as tx:
            tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
        with inhabited.begin() as tx:
            tx.jobs.retry(put.id, scope=OURS, now=NOW)
            tx.jobs.cancel(put.id, scope=OURS, now=NOW)
        with inhabited.read() as snapshot:
            told = snapshot.jobs.log(put.id, scope=OURS)
        assert [(event.event, event.reason) for event in told] == [
            ("queued", None), ("processing", None), ("queued", None),
            ("processing", None), ("failed", "no"), ("queued", None),
            ("cancelled", None),
        ]  # fmt: skip

    def test_each_kind_has_its_lane(self, inhabited: Storage) -> None:
        """The work of each kind, an empty lane for a kind without any."""
        _put(inhabited, "dead", **samples.ELSEWHERE)
        with inhabited.begin() as tx:
            tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
        _put(inhabited, "claimed", now=NOW)
        _claimed(inhabited)
        _put(inhabited, "waiting", now=NOW + 1)
        _put(inhabited, "sum", kind="summary", dedupe_key="sum", now=NOW + 2)
        with inhabited.read() as snapshot:
            lanes = dict(snapshot.jobs.lanes())
        assert lanes == {
            "event": Lane(2, NOW + 1, 1),
            "event-batch": Lane(),
            "summary": Lane(1, NOW + 2, 0),
            "reindex": Lane(),
        }

    def test_the_sessions_that_wait(self, inhabited: Storage) -> None:
        """Sessions whose next job could be claimed now, the longest waiting first."""
        _put(inhabited, "elsewhere", kind="summary", **samples.ELSEWHERE)
        for name in ("one", "two"):
            _put(inhabited, name)
        mine = WaitingSession("session", "event")
        other = WaitingSession("other-session", "summary")
        assert _waiting(inhabited) == [other, mine]
        assert _waiting(inhabited, limit=1) == [other]
        claim = _claimed(inhabited, session_id="session")
        assert _waiting(inhabited) == [other]
        with inhabited.begin() as tx:
            tx.jobs.release(claim, now=NOW, available_at=LATER)
        assert _waiting(inhabited, now=LATER - 1) == [other]
        assert _waiting(inhabited, now=LATER) == [other, mine]

    def test_since_when_work_is_due(self, inhabited: Storage) -> None:
        """The earliest epoch since when a session's next job could be claimed."""
        assert _due_since(inhabited, now=LATER) is None
        _put(inhabited, "a head", now=NOW)
        _put(inhabited, "behind it", now=NOW - 5)
        _put(inhabited, "elsewhere", now=NOW + 1, **samples.ELSEWHERE)
        assert _due_since(inhabited, now=LATER) == NOW
        claim = _claimed(inhabited, session_id="session")
        assert _due_since(inhabited, now=LATER) == NOW + 1
        with inhabited.begin() as tx:
            tx.jobs.release(claim, now=NOW, available_at=LATER)
        elsewhere = _claimed(inhabited, now=NOW + 1, session_id="other-session")
        _settle(inhabited, elsewhere)
        assert _due_since(inhabited, now=LATER - 1) is None

    def test_a_clock_that_differs_a_little_does_not_shorten_a_delay(
        self, inhabited: Storage
    ) -> None:
        """A clock that goes back holds no job up: what was put or changed later than
        clocks differ may be claimed now.

        Sessions whose next job could be claimed now, the longest waiting first.

        The earliest epoch since when a session's next job could be claimed.
        """
        _put(inhabited, "one")
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs)
            tx.jobs.fail(claim, now=NOW, failure=NO, retry_at=LATER)
        assert _claim(inhabited, now=NOW - 1) is None
        assert _waiting(inhabited, now=NOW - 1) == []
        assert _due_since(inhabited, now=NOW - 1) is None

    def test_the_leases_that_last_are_counted(self, inhabited: Storage) -> None:
        """How many jobs are being done under a lease that has not ended."""
        _put(inhabited, "one")
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        _put(inhabited, "behind")
        _claimed(inhabited)
        _claimed(inhabited, now=NOW + 1)
        for now, expected in ((NOW, 2), (NOW + LEASE, 1), (NOW + LEASE + 1, 0)):
            with inhabited.read() as snapshot:
                assert snapshot.jobs.leases(now=now) == expected

    def test_when_a_job_moved_last(self, inhabited: Storage) -> None:
        """The epoch at which a job last moved, other than by being put in."""
        _put(inhabited, "one", now=NOW)
        assert _last_move(inhabited) is None
        claim = _claimed(inhabited, now=NOW + 1)
        assert _last_move(inhabited) == NOW + 1
        _settle(inhabited, claim, now=NOW + 2)
        _put(inhabited, "two", now=NOW + 3)
        assert _last_move(inhabited) == NOW + 2

    def test_the_oldest_waiting_job_is_known(self, inhabited: Storage) -> None:
        """The epoch at which the oldest queued job was put in, None without any."""
        with inhabited.read() as snapshot:
            assert snapshot.jobs.oldest_waiting() is None
        for age, name in enumerate(["claimed", "oldest", "newer"]):
            _put(inhabited, name, now=NOW + age)
        _claimed(inhabited, now=NOW + 5)
        with inhabited.read() as snapshot:
            assert snapshot.jobs.oldest_waiting() == NOW + 1

    def test_idle_sessions_have_an_open_turn(self, inhabited: Storage) -> None:
        """Sessions with an open turn that nothing was heard of since an epoch."""
        _put(inhabited, "open", **samples.ELSEWHERE)
        _settle(inhabited, _claimed(inhabited), skip="turn_open", now=NOW + 5)
        _put(inhabited, "also open")
        _settle(inhabited, _claimed(inhabited), skip="turn_open", now=NOW + 1)
        _put(inhabited, "then closed")
        _settle(inhabited, _claimed(inhabited), now=NOW + 2)
        with inhabited.read() as snapshot:
            jobs = snapshot.jobs
            idle = list(jobs.idle_sessions(before=NOW + 6, after=LATER))
            assert idle == [("other-session", samples.OTHER)]
            assert not jobs.idle_sessions(before=NOW + 5, after=LATER)
            assert not jobs.idle_sessions(before=NOW, after=NOW + 5)
            assert list(jobs.idle_sessions(before=NOW, after=NOW + 4)) == idle

    def test_order(self, inhabited: Storage) -> None:
        """Order: the jobs of one session are claimed in the order they were put."""
        names = ["z", "a", "m", "b"]
        for name in names:
            _put(inhabited, name)
        for name in names:
            claim = _claimed(inhabited)
            assert claim.job.source_id == name
            _settle(inhabited, claim)

    def test_order_after_a_second_time(self, inhabited: Storage) -> None:
        """Order: the jobs of one session are claimed in the order they were put."""
        _put(inhabited, "a")
        _settle(inhabited, _claimed(inhabited))
        _put(inhabited, "b")
        _put(inhabited, "a")
        assert _claimed(inhabited).job.source_id == "b"

    def test_one_at_a_time(self, inhabited: Storage) -> None:
        """One at a time: a session has at most one claim that is not settled."""
        for name in ("one", "two"):
            _put(inhabited, name)
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        first = _claimed(inhabited, session_id="session")
        assert first.job.source_id == "one"
        assert _claim(inhabited, session_id="session") is None
        assert _claimed(inhabited).job.source_id == "elsewhere"
        assert _claim(inhabited) is None
        _settle(inhabited, first)
        assert _claimed(inhabited).job.source_id == "two"

    @pytest.mark.parametrize("session_id", [None, "session"])
    def test_one_at_a_time_when_an_earlier_one_is_put_in_again(
        self, inhabited: Storage, session_id: str | None
    ) -> None:
        """One at a time: a session has at most one claim that is not settled.

        A waiting head holds its session, a failed one frees it.
        """
        first = _put(inhabited, "one")
        for name in ("two", "three"):
            _put(inhabited, name)
        with inhabited.begin() as tx:
            tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
        second = _claimed(inhabited)
        with inhabited.begin() as tx:
            tx.jobs.retry(first.id, scope=OURS, now=NOW)
        assert _claim(inhabited, session_id=session_id) is None
        assert not _waiting(inhabited)
        assert _due_since(inhabited, now=NOW) is None
        _settle(inhabited, second)
        assert _claimed(inhabited, session_id=session_id).job.id == first.id

    def test_no_doubles(self, inhabited: Storage) -> None:
        """No doubles: a key that is still unsettled is not taken again, a settled one
        is.

        Put a job in; False when its key is unsettled, and then nothing changes.
        """
        put = _put(inhabited, "one")
        twin = samples.job("one", now=LATER)
        other = samples.job("two", dedupe_key=put.dedupe_key)
        for again in (twin, other):
            assert not _add(inhabited, again)
        assert _stored(inhabited, put) == put
        claim = _claimed(inhabited)
        assert not _add(inhabited, twin)
        _settle(inhabited, claim)
        assert _add(inhabited, twin)
        assert _stored(inhabited, put).status == "queued"

    def test_no_loss(self, inhabited: Storage) -> None:
        """No loss: a claim that is never settled comes back when its lease ends."""
        _put(inhabited, "one")
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        lost = {_claimed(inhabited).job.id, _claimed(inhabited).job.id}
        _recover(inhabited, now=NOW + LEASE - 1)
        assert _claim(inhabited) is None
        _recover(inhabited, now=NOW + LEASE)
        back = {_claimed(inhabited, now=NOW + LEASE).job.id for _ in lost}
        assert back == lost

    def test_a_waiting_head_holds_its_session(self, inhabited: Storage) -> None:
        """A waiting head holds its session, a failed one frees it."""
        for name in ("head", "next"):
            _put(inhabited, name)
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs)
            tx.jobs.fail(claim, now=NOW, failure=NO, retry_at=LATER)
        assert _claim(inhabited, now=LATER - 1) is None
        assert _claimed(inhabited, now=LATER).job.source_id == "head"

    def test_a_failed_head_frees_its_session(self, inhabited: Storage) -> None:
        """A waiting head holds its session, a failed one frees it."""
        for name in ("head", "next"):
            _put(inhabited, name)
        with inhabited.begin() as tx:
            tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
        assert _claimed(inhabited).job.source_id == "next"

    @anyhow
    def test_fencing(
        self, inhabited: Storage, use: Callable[[JobLedger, Claim], object]
    ) -> None:
        """Fencing: only the newest claim of a job can settle, extend, release, postpone
        or fail it: `ConflictError` for every other.
        """
        _put(inhabited, "one")
        stale = _claimed(inhabited)
        _recover(inhabited, now=LATER)
        fresh = _claimed(inhabited, now=LATER)
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            use(tx.jobs, stale)
        with inhabited.begin() as tx:
            use(tx.jobs, fresh)

    @anyhow
    def test_fencing_once_it_is_settled(
        self, inhabited: Storage, use: Callable[[JobLedger, Claim], object]
    ) -> None:
        """Fencing: only the newest claim of a job can settle, extend, release, postpone
        or fail it: `ConflictError` for every other.
        """
        _put(inhabited, "one")
        claim = _claimed(inhabited)
        _settle(inhabited, claim)
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            use(tx.jobs, claim)

    @anyhow
    def test_fencing_when_it_is_put_again(
        self, inhabited: Storage, use: Callable[[JobLedger, Claim], object]
    ) -> None:
        """Fencing: only the newest claim of a job can settle, extend, release, postpone
        or fail it: `ConflictError` for every other.
        """
        _put(inhabited, "one")
        stale = _claimed(inhabited)
        with inhabited.begin() as tx:
            tx.jobs.clear("session", now=NOW)
        _put(inhabited, "one")
        _claimed(inhabited)
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            use(tx.jobs, stale)

    def test_a_lost_lease_costs_no_attempt(self, inhabited: Storage) -> None:
        """A lost lease costs no attempt, but after `MAX_LOST_LEASES` the job fails."""
        put = _put(inhabited, "one")
        for time in range(1, MAX_LOST_LEASES):
            _lose(inhabited, now=NOW + time * 2 * LEASE)
            job = _stored(inhabited, put)
            assert (job.status, job.attempts, job.lost_leases) == ("queued", 0, time)
        _lose(inhabited, now=NOW + MAX_LOST_LEASES * 2 * LEASE)
        job = _stored(inhabited, put)
        assert (job.status, job.attempts) == ("failed", 0)

    def test_a_failure_costs_an_attempt(self, inhabited: Storage) -> None:
        """A failure costs an attempt, and without one left the job fails for good."""
        put = _put(inhabited, "one")
        for attempt in range(1, MAX_ATTEMPTS + 1):
            with inhabited.begin() as tx:
                claim = _claim_in(tx.jobs)
                tx.jobs.fail(claim, now=NOW, failure=NO, retry_at=NOW)
            job = _stored(inhabited, put)
            last = attempt == MAX_ATTEMPTS
            expected = ("failed" if last else "queued", attempt)
            assert (job.status, job.attempts) == expected
        assert _claim(inhabited, now=LATER) is None

    def test_a_clock_that_goes_back_holds_no_job_up(self, inhabited: Storage) -> None:
        """A clock that goes back holds no job up: what was put or changed later than
        clocks differ may be claimed now.
        """
        far = NOW + 2 * (CLOCKS_DIFFER_BY // timedelta(milliseconds=1))
        _put(inhabited, "put later", now=far)
        _put(inhabited, "changed later", **samples.ELSEWHERE)
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs, now=far, session_id="other-session")
            tx.jobs.release(claim, now=far, available_at=far + 1)
        assert {one.session_id for one in _waiting(inhabited)} == {
            "session",
            "other-session",
        }
        assert _due_since(inhabited, now=NOW) == NOW
        claimed = {_claimed(inhabited).job.source_id for _ in range(2)}
        assert claimed == {"put later", "changed later"}

    def test_a_lease_of_another_clock_has_ended(self, inhabited: Storage) -> None:
        """How many jobs came back because their lease had ended."""
        _put(inhabited, "one")
        _claimed(inhabited, now=LATER)
        assert _recover(inhabited, now=NOW, latest=NOW + LEASE) == 1
        assert _claimed(inhabited, now=NOW).job.lost_leases == 0
        assert _recover(inhabited, now=NOW, latest=NOW + LEASE) == 0

    def test_an_ended_job_stays_as_it_ended(self, inhabited: Storage) -> None:
        """An ended job stays as it ended until an operator puts it in again."""
        done, dead, gone = (_put(inhabited, name) for name in ("a", "b", "c"))
        _settle(inhabited, _claimed(inhabited))
        with inhabited.begin() as tx:
            tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
            tx.jobs.cancel(gone.id, scope=OURS, now=NOW)
        before = [_stored(inhabited, job) for job in (done, dead, gone)]
        with inhabited.begin() as tx:
            assert tx.jobs.clear("session", now=LATER) == 0
            assert tx.jobs.reset("session", now=LATER) == 0
        _recover(inhabited, now=LATER)
        for job, act in ((done, "retry"), (done, "cancel"), (dead, "cancel")):
            with pytest.raises(ConflictError), inhabited.begin() as tx:
                getattr(tx.jobs, act)(job.id, scope=OURS, now=LATER)
        assert [_stored(inhabited, job) for job in (done, dead, gone)] == before
        assert _claim(inhabited, now=LATER) is None

    @pytest.mark.parametrize("end", ["failed", "cancelled"])
    def test_a_job_is_put_in_again(self, inhabited: Storage, end: str) -> None:
        """A failed or cancelled job waits again with all its attempts, for this key."""
        put = _put(inhabited, "one", api_key_id="revoked")
        with inhabited.begin() as tx:
            if end == "failed":
                tx.jobs.fail(_claim_in(tx.jobs), now=NOW, failure=NO, retry_at=None)
            else:
                tx.jobs.cancel(put.id, scope=OURS, now=NOW)
        for _ in range(2):
            with inhabited.begin() as tx:
                again = tx.jobs.retry(
                    put.id, scope=OURS, now=LATER, api_key_id="another"
                )
            assert again.api_key_id == "another"
            assert (again.status, again.attempts, again.retries) == ("queued", 0, 1)
            assert again == _stored(inhabited, put)
        assert _claimed(inhabited, now=LATER).job.id == put.id
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.jobs.retry(put.id, scope=OURS, now=LATER)

    def test_what_waits_already_is_not_put_in_again(self, inhabited: Storage) -> None:
        """A failed or cancelled job waits again with all its attempts, for this key."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            tx.jobs.cancel(put.id, scope=OURS, now=NOW)
        assert _add(inhabited, samples.job("two", dedupe_key=put.dedupe_key))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.jobs.retry(put.id, scope=OURS, now=NOW)

    @pytest.mark.parametrize("claimed", [False, True])
    def test_a_job_is_cancelled(self, inhabited: Storage, *, claimed: bool) -> None:
        """An unsettled job is cancelled; its claim is void."""
        put = _put(inhabited, "one")
        void = _claimed(inhabited) if claimed else None
        for _ in range(2):
            with inhabited.begin() as tx:
                job = tx.jobs.cancel(put.id, scope=OURS, now=NOW)
            assert job == _stored(inhabited, put)
            assert job.status == "cancelled"
        if void is not None:
            with pytest.raises(ConflictError):
                _settle(inhabited, void)
        assert _claim(inhabited) is None

    def test_the_next_job_is_of_the_session_asked_for(self, inhabited: Storage) -> None:
        """The next job that may be worked on, of one session or of any."""
        _put(inhabited, "one")
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        assert _claim(inhabited, session_id="absent") is None
        claim = _claim(inhabited, session_id="other-session")
        assert claim is not None
        assert (claim.job.source_id, claim.job.status) == ("elsewhere", "processing")
        assert claim.lease_until_epoch == NOW + LEASE
        assert _claimed(inhabited).job.source_id == "one"

    def test_an_extended_lease_lasts(self, inhabited: Storage) -> None:
        """The same claim with a later end of its lease."""
        _put(inhabited, "one")
        claim = _claimed(inhabited)
        with inhabited.begin() as tx:
            longer = tx.jobs.extend(claim, until=LATER)
        assert (longer.token, longer.lease_until_epoch) == (claim.token, LATER)
        assert longer.job.id == claim.job.id
        assert _recover(inhabited, now=NOW + 2 * LEASE) == 0
        _settle(inhabited, longer)

    @pytest.mark.parametrize("skip", [None, "nothing_to_remember"])
    def test_a_settled_job_is_completed(
        self, inhabited: Storage, skip: SkipReason | None
    ) -> None:
        """The job is completed: with memories, or with the reason why there is none."""
        put = _put(inhabited, "one")
        _settle(inhabited, _claimed(inhabited), skip=skip, now=NOW + 7)
        job = _stored(inhabited, put)
        assert (job.status, job.skip_reason) == ("completed", skip)
        assert (job.updated_at_epoch, job.lease_until_epoch) == (NOW + 7, None)

    def test_a_released_job_waits(self, inhabited: Storage) -> None:
        """The job waits again, until `available_at`; no attempt is spent."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            tx.jobs.release(_claim_in(tx.jobs), now=NOW, available_at=LATER)
        job = _stored(inhabited, put)
        assert (job.status, job.attempts, job.lost_leases) == ("queued", 0, 0)
        assert _claim(inhabited, now=LATER - 1) is None
        assert _claimed(inhabited, now=LATER).job.id == put.id

    def test_a_postponed_job_waits_and_tells_why(self, inhabited: Storage) -> None:
        """The job waits for what is no fault of its own; no attempt is spent."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            failure = Failure("quota_exhausted", "nothing left")
            job = tx.jobs.postpone(
                _claim_in(tx.jobs), now=NOW, failure=failure, until=LATER
            )
        assert job == _stored(inhabited, put)
        assert (job.status, job.attempts, job.lost_leases) == ("queued", 0, 0)
        told = (job.error_kind, job.last_error)
        assert told == ("quota_exhausted", "nothing left")
        assert _claim(inhabited, now=LATER - 1) is None
        assert _claimed(inhabited, now=LATER).job.id == put.id

    def test_a_failure_is_told(self, inhabited: Storage) -> None:
        """An attempt is spent: the job waits until `retry_at`, or has failed."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs)
            again = tx.jobs.fail(
                claim, now=NOW, failure=Failure("transient", "why"), retry_at=LATER
            )
        assert again == _stored(inhabited, put)
        assert (again.status, again.last_error) == ("queued", "why")
        assert again.error_kind == "transient"
        assert again.available_at_epoch == LATER
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs, now=LATER)
            gone = tx.jobs.fail(
                claim, now=NOW, failure=Failure("unrecoverable", "so"), retry_at=None
            )
        assert (gone.status, gone.last_error) == ("failed", "so")

    def test_recovering_counts(self, inhabited: Storage) -> None:
        """How many jobs came back because their lease had ended."""
        _put(inhabited, "one")
        _put(inhabited, "waiting")
        _claimed(inhabited)
        assert _recover(inhabited, now=NOW) == 0
        assert _recover(inhabited, now=LATER) == 1
        assert _recover(inhabited, now=LATER) == 0

    def test_a_reset_session_starts_over(self, inhabited: Storage) -> None:
        """How many claimed jobs of a session wait again; their claims are void."""
        for name in ("one", "waiting"):
            _put(inhabited, name)
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        void = _claimed(inhabited, session_id="session")
        other = _claimed(inhabited, session_id="other-session")
        with inhabited.begin() as tx:
            assert tx.jobs.reset("session", now=NOW) == 1
        with pytest.raises(ConflictError):
            _settle(inhabited, void)
        _settle(inhabited, other)
        assert _claimed(inhabited).job.id == void.job.id

    def test_a_cleared_session_has_no_work(self, inhabited: Storage) -> None:
        """How many unsettled jobs of a session were cancelled; claims are void."""
        for name in ("one", "waiting"):
            _put(inhabited, name)
        _put(inhabited, "elsewhere", **samples.ELSEWHERE)
        void = _claimed(inhabited, session_id="session")
        with inhabited.begin() as tx:
            assert tx.jobs.clear("session", now=NOW) == 2
        assert _stored(inhabited, void.job).status == "cancelled"
        with pytest.raises(ConflictError):
            _settle(inhabited, void)
        assert _claimed(inhabited).job.source_id == "elsewhere"

    def test_a_failure_is_told_anew(self, inhabited: Storage) -> None:
        """What a job failed with is told anew, in its row and in its log."""
        put = _put(inhabited, "one")
        with inhabited.begin() as tx:
            claim = _claim_in(tx.jobs)
            tx.jobs.fail(claim, now=NOW, failure=NO, retry_at=LATER)
        before = _stored(inhabited, put)
        with inhabited.begin() as tx:
            tx.jobs.retell(put.id, lambda told: told and told.upper(), scope=OURS)
        known = before.last_error
        again = before.changed(last_error=known and known.upper())
        assert _stored(inhabited, put) == again
        with inhabited.read() as snapshot:
            told = snapshot.jobs.log(put.id, scope=OURS)
        assert [one.reason for one in told] == [None, None, "NO"]
        for scope in OUTSIDE:
            with pytest.raises(NotFoundError), inhabited.begin() as tx:
                tx.jobs.retell(put.id, str.lower, scope=scope)


def _put(
    storage: Storage, name: str, *, now: int = NOW, **fields: object
) -> GenerationJob:
    job = samples.job(name, now=now, **fields)
    assert _add(storage, job)
    return job


def _add(storage: Storage, job: GenerationJob) -> bool:
    with storage.begin() as tx:
        return tx.jobs.add(job)


def _claim_in(
    jobs: JobLedger,
    *,
    now: int = NOW,
    session_id: str | None = None,
    worker: str | None = None,
) -> Claim:
    claim = jobs.claim(
        now=now, lease_until=now + LEASE, session_id=session_id, worker=worker
    )
    assert claim is not None
    return claim


def _claim(
    storage: Storage, *, now: int = NOW, session_id: str | None = None
) -> Claim | None:
    with storage.begin() as tx:
        return tx.jobs.claim(now=now, lease_until=now + LEASE, session_id=session_id)


def _claimed(
    storage: Storage, *, now: int = NOW, session_id: str | None = None
) -> Claim:
    with storage.begin() as tx:
        return _claim_in(tx.jobs, now=now, session_id=session_id)


def _settle(
    storage: Storage, claim: Claim, *, skip: SkipReason | None = None, now: int = NOW
) -> None:
    with storage.begin() as tx:
        tx.jobs.settle(claim, now=now, skip=skip)


def _recover(storage: Storage, *, now: int, latest: int = LAST_EPOCH) -> int:
    with storage.begin() as tx:
        return tx.jobs.recover(now=now, latest=latest)


def _lose(storage: Storage, *, now: int) -> None:
    _claimed(storage, now=now)
    _recover(storage, now=now + LEASE + 1)


def _stored(storage: Storage, job: GenerationJob) -> GenerationJob:
    with storage.read() as snapshot:
        return snapshot.jobs.get(job.id, scope=OURS)


def _listed(storage: Storage, query: JobQuery) -> list[str]:
    with storage.read() as snapshot:
        return [job.id for job in snapshot.jobs.list(query, scope=OURS)]


def _waiting(
    storage: Storage, *, now: int = NOW, limit: int = 10
) -> list[WaitingSession]:
    with storage.read() as snapshot:
        return list(snapshot.jobs.waiting(now=now, limit=limit))


def _due_since(storage: Storage, *, now: int) -> int | None:
    with storage.read() as snapshot:
        return snapshot.jobs.due_since(now=now)


def _last_move(storage: Storage) -> int | None:
    with storage.read() as snapshot:
        return snapshot.jobs.last_move()


def _told(event: JobEvent) -> tuple[object, ...]:
    told = event.model_dump()
    names = ("event", "attempt", "claim", "worker", "reason", "created_at_epoch")
    return tuple(told[name] for name in names)
