# SPDX-License-Identifier: Apache-2.0
"""Work as it comes: a queue engine's claims, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic

from claude_mem_core.domain.generation_job import Claim
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import AdapterError
from claude_mem_core.ports.queue import ObservationQueueEngine

IDLE = timedelta(minutes=3)
RETRY_AFTER = timedelta(milliseconds=250)
MOST_FAILURES = 3
"""The reference system's numbers, from its section on the queue engine."""

log = logging.getLogger(__name__)


class Claims:
    """The claims of a session, or of all, until it is told to stop or runs idle.

    Args:
        queue: Where they come from.
        stop: Ends it at once; it wins when there is work, too.
        session_id: Whose work; of any session when it is left out.
        idle: It ends when so long nothing came; each claim begins that time anew.
        worker: Who claims.
    """

    def __init__(
        self,
        queue: ObservationQueueEngine,
        stop: StopSignal,
        *,
        session_id: str | None = None,
        idle: timedelta = IDLE,
        worker: str | None = None,
    ) -> None:
        self._queue = queue
        self._stop = stop
        self._session_id = session_id
        self._idle = idle
        self._worker = worker

    def each(self, *, on_idle: Callable[[], None] | None = None) -> Iterator[Claim]:
        """The claims, in order; `on_idle` is called where the time runs out.

        Raises:
            AdapterError: Claiming failed three times in a row.
        """
        while not self._stop.is_set:
            claim = self._next()
            if claim is not None:
                yield claim
            elif not self._stop.is_set:
                if on_idle is not None:
                    on_idle()
                return

    def _next(self) -> Claim | None:
        end = monotonic() + self._idle.total_seconds()
        failures = 0
        while not self._stop.is_set:
            try:
                return self._claim(timedelta(seconds=max(0, end - monotonic())))
            except AdapterError as error:
                failures += 1
                if failures >= MOST_FAILURES:
                    raise
                log.warning("claiming failed, and is tried again: %s", error)
                self._stop.wait(RETRY_AFTER)
        return None

    def _claim(self, wait: timedelta) -> Claim | None:
        return self._queue.claim(
            session_id=self._session_id,
            wait=wait,
            stop=self._stop,
            worker=self._worker,
        )
