# SPDX-License-Identifier: Apache-2.0
"""Keeping a claim alive while its work takes longer than one lease."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from time import monotonic
from typing import Self

from claude_mem_core.domain.generation_job import Claim
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.ports.queue import ObservationQueueEngine

PART = 3
"""A lease is renewed after this part of it: two renewals may fail before it ends."""

LONGEST_WORK = timedelta(minutes=15)
"""Longer than any provider is waited for, with all its retries."""

log = logging.getLogger(__name__)


class Renewal:
    """A context in which a claim keeps its lease while its work is done.

    Not for ever: what takes longer than `longest` hangs, and others may try.
    """

    def __init__(
        self,
        queue: ObservationQueueEngine,
        claim: Claim,
        *,
        now: int,
        longest: timedelta = LONGEST_WORK,
    ) -> None:
        self._queue = queue
        self._claim = claim
        self._seconds = _left(claim, now) / 1000 / PART
        self._end = monotonic() + longest.total_seconds()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="renewal", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._done.wait(self._seconds):
            if monotonic() > self._end:
                log.error("job %s hangs: its lease ends", self._claim.job.id)
                return
            try:
                self._claim = self._queue.extend(self._claim)
            except ClaudeMemError as error:
                # Whether the claim still counts is asked when the result is kept.
                log.warning("job %s: no renewal: %s", self._claim.job.id, error)


def _left(claim: Claim, now: int) -> int:
    """Milliseconds that the lease lasts.

    A clock that jumped since the claim says nothing of that: it would have the lease
    renewed without a pause, or after years. Then it is taken to be a whole one.
    """
    whole = claim.lease_until_epoch - claim.job.updated_at_epoch
    left = claim.lease_until_epoch - now
    return left if 0 < left <= whole else whole
