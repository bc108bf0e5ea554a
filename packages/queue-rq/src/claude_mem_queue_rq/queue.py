# SPDX-License-Identifier: Apache-2.0
"""The queue engine whose bell is RQ on Redis or Valkey, for workers on any machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Protocol

import redis
from claude_mem_core.domain.engine_health import EngineHealth
from claude_mem_core.domain.generation_job import JobKind
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import QueueError
from claude_mem_core.ports.queue import OwnWorkers
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.reference.queue import LEASE, POLL, InProcessQueueEngine
from typing_extensions import override

from claude_mem_queue_rq.addresses import Address
from claude_mem_queue_rq.health import Probe
from claude_mem_queue_rq.lanes import Lanes
from claude_mem_queue_rq.ringer import Ringer
from claude_mem_queue_rq.worker import ANSWER_WITHIN, SessionWorker

RING_WITHIN = 1.0
"""Seconds for Redis to take rings."""

MOST_LOOKED_UP = 500
"""Sessions that a worker rings for when it comes; the others' turn is the upkeep's."""


class Closable(Protocol):
    """What ends with the engine."""

    def close(self) -> None:
        """End."""


class RqQueueEngine(InProcessQueueEngine, OwnWorkers):
    """Claims straight from the ledger; Redis tells workers which session to look at.

    Args:
        server: A server that ends with the engine.

    Raises:
        QueueError: Redis does not answer.
    """

    name = "rq"

    def __init__(
        self,
        storage: Storage,
        system: System,
        address: Address,
        *,
        server: Closable | None = None,
        poll: timedelta = POLL,
        lease: timedelta = LEASE,
    ) -> None:
        super().__init__(storage, system, lease=lease, poll=poll)
        self._address = address
        self._server = server
        self._probe = Probe(address)
        self._client = address.client(timeout=RING_WITHIN)
        lanes = Lanes(self._client, system.new_id)
        self._ringer = Ringer(lanes.put, address.told)
        self._workers: list[SessionWorker] = []
        self._greet()

    @override
    def ring(self, session_id: str, *, kind: JobKind = "event") -> None:
        super().ring(session_id, kind=kind)
        self._ringer.add((kind, session_id))

    @override
    def run_worker(
        self, drain: Callable[[str], object], *, name: str, stop: StopSignal
    ) -> None:
        with closing(self._address.client(timeout=ANSWER_WITHIN)) as client:
            worker = SessionWorker(name, client, told=self._address.told)
            self._workers.append(worker)
            try:
                worker.serve(drain, stop=stop, arrived=self._ring_waiting)
            except redis.RedisError as error:
                raise QueueError(self._address.told(error)) from None
            finally:
                self._workers.remove(worker)

    @override
    def health(self) -> EngineHealth:
        seen = self._probe.look()
        workers = (worker.problem for worker in tuple(self._workers))
        problems = filter(None, (seen.problem, self._ringer.problem, *workers))
        problem = next(problems, None)
        return EngineHealth(self.name, problem, seen.workers, seen.rings, seen.details)

    @override
    def close(self) -> None:
        super().close()
        self._ringer.close()
        self._probe.close()
        self._client.close()
        if self._server is not None:
            self._server.close()

    def _greet(self) -> None:
        problem = self._probe.look().problem
        if problem is not None:
            self.close()
            raise QueueError(
                f"{problem}; start it, set CLAUDE_MEM_REDIS_URL to where it is, with "
                "the password that it asks for, or set CLAUDE_MEM_QUEUE_ENGINE=sqlite"
            )

    def _ring_waiting(self) -> None:
        """Ring for what waits: the rings for it may be lost."""
        with self._storage.read() as snapshot:
            now = self._system.now()
            waiting = snapshot.jobs.waiting(now=now, limit=MOST_LOOKED_UP)
        for one in waiting:
            self.ring(one.session_id, kind=one.kind)
