# SPDX-License-Identifier: Apache-2.0
"""Keeping a claim alive while its work takes longer than one lease."""

from __future__ import annotations

import logging
import threading
from typing import Self

from claude_mem_core.domain.generation_job import Claim
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.ports.queue import ObservationQueueEngine

PART = 3
"""A lease is renewed after this part of it: two renewals may fail before it ends."""

log = logging.getLogger(__name__)


class Renewal:
    """A context in which a claim keeps its lease for as long as this process lives."""

    def __init__(
        self, queue: ObservationQueueEngine, claim: Claim, *, now: int
    ) -> None:
        self._queue = queue
        self._claim = claim
        self._seconds = _left(claim, now) / 1000 / PART
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
