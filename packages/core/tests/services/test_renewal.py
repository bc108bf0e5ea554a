# SPDX-License-Identifier: Apache-2.0
"""A lease is renewed in time, whatever the clock did since the claim."""

from __future__ import annotations

from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.services.renewal import PART, Renewal

ME = Principal.local()
LEASE = 30
SECOND = timedelta(seconds=1)


@pytest.fixture
def claim(runtime, draft, queue):
    runtime.events.accept_batch([draft("user_prompt")], by=ME)
    return queue.claim()


@pytest.mark.parametrize(
    ("passed", "left"),
    [
        (timedelta(0), LEASE),
        (12 * SECOND, LEASE - 12),
        (timedelta(days=1), LEASE),
        (-timedelta(days=1), LEASE),
        (-timedelta(days=3650), LEASE),
    ],
)
def test_a_lease_is_renewed_after_a_part_of_what_is_left_of_it(
    queue, claim, passed, left
):
    now = claim.job.updated_at_epoch + passed // timedelta(milliseconds=1)

    renewal = Renewal(queue, claim, now=now)

    assert renewal._seconds == left / PART


def test_work_that_hangs_loses_its_lease(queue, claim, caplog):
    extended = []
    queue.extend = lambda one: extended.append(one) or one
    short = claim.changed(lease_until_epoch=claim.job.updated_at_epoch + 30)

    with Renewal(
        queue, short, now=claim.job.updated_at_epoch, longest=timedelta(0)
    ) as one:
        one._thread.join()

    assert extended == []
    assert "hangs" in caplog.text
