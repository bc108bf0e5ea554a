# SPDX-License-Identifier: Apache-2.0
"""What a storage is held to about the book of model calls."""

from __future__ import annotations

from typing import ClassVar

import pytest
from claude_mem_core.domain.generation_job import queued_job
from claude_mem_core.domain.model_call import Spent
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.model_calls import ModelCallBook
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT


class ModelCallContract(RepositoryContract):
    """The book of model calls."""

    ports: ClassVar[tuple[type, ...]] = (ModelCallBook,)

    def test_outside_the_scope_there_is_no_call(self, inhabited: Storage) -> None:
        """Outside the scope a call looks as if it had not been made."""
        _write(inhabited, "one")
        with inhabited.read() as snapshot:
            calls = snapshot.model_calls
            assert len(calls.of_job("job", scope=PROJECT)) == 1
            for scope in OUTSIDE:
                assert list(calls.of_job("job", scope=scope)) == []

    def test_a_job_knows_its_calls(self, inhabited: Storage) -> None:
        """The calls that were made for a job, in the order they were written."""
        for name in ("b", "a", "c"):
            _write(inhabited, name, model=f"model of {name}", outcome="rate_limit")
        _write(inhabited, "d", job_id="other job")
        with inhabited.read() as snapshot:
            found = list(snapshot.model_calls.of_job("job", scope=OURS))
        expected = [
            samples.model_call(name, model=f"model of {name}", outcome="rate_limit")
            for name in ("b", "a", "c")
        ]
        assert found == expected

    def test_the_latest_calls_of_a_provider(self, inhabited: Storage) -> None:
        """The calls of a provider that were written last, the newest first."""
        # The clock went back meanwhile: what counts is when they were written.
        for age, name in enumerate(["c", "a", "b"]):
            _write(inhabited, name, created_at_epoch=NOW - age)
        _write(inhabited, "d", provider="somebody")
        with inhabited.read() as snapshot:
            calls = snapshot.model_calls
            assert [c.id for c in calls.latest("provider", limit=2)] == ["b", "a"]
            assert [c.id for c in calls.latest("somebody", limit=2)] == ["d"]
            assert list(calls.latest("nobody", limit=2)) == []

    def test_what_was_spent_is_summed(self, inhabited: Storage) -> None:
        """What the calls since an epoch came to, of one team or of all."""
        theirs = {"team_id": "strangers", "project_id": "theirs"}
        _write(inhabited, "before", created_at_epoch=NOW - 1)
        _write(inhabited, "one")
        _write(inhabited, "two", outcome="parse_error", cost_micro_usd=None)
        _write(inhabited, "theirs", job_id=None, **theirs)
        with inhabited.read() as snapshot:
            calls = snapshot.model_calls
            ours = calls.spent(since=NOW, team_id="team")
            assert ours == Spent(2, 200, 20, 7)
            assert calls.spent(since=NOW, team_id="strangers") == Spent(1, 100, 10, 7)
            assert calls.spent(since=NOW) == Spent(3, 300, 30, 14)
            assert calls.spent(since=NOW + 1) == Spent()

    def test_a_call_is_written_once(self, inhabited: Storage) -> None:
        """Write a call down; `ConflictError` when its id is taken."""
        _write(inhabited, "one")
        with pytest.raises(ConflictError):
            _write(inhabited, "one", model="another")
        with inhabited.read() as snapshot:
            (kept,) = snapshot.model_calls.of_job("job", scope=OURS)
        assert kept == samples.model_call("one")

    def test_what_was_spent_outlives_its_job(self, inhabited: Storage) -> None:
        """What was spent stays in the book when its job is put in anew."""
        job = queued_job(samples.job_draft("event"), now=NOW)
        for _ in range(2):
            with inhabited.begin() as tx:
                assert tx.jobs.add(job)
            with inhabited.begin() as tx:
                claim = tx.jobs.claim(now=NOW, lease_until=NOW + 1)
                assert claim is not None
                tx.model_calls.add(samples.model_call(f"{claim.token}", job_id=job.id))
                tx.jobs.settle(claim, now=NOW)
        with inhabited.read() as snapshot:
            assert snapshot.model_calls.spent(since=NOW).calls == 2
            assert len(snapshot.model_calls.of_job(job.id, scope=OURS)) == 2


def _write(storage: Storage, name: str, **fields: object) -> None:
    with storage.begin() as tx:
        tx.model_calls.add(samples.model_call(name, **fields))
