# SPDX-License-Identifier: Apache-2.0
"""The lanes in Redis: an RQ queue for the rings of each kind of work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import get_args

import redis
from claude_mem_core.domain.generation_job import JobKind
from rq.queue import EnqueueData

from claude_mem_queue_rq.jobs import FORGET_AFTER, FUNCTION, SessionQueue

LANES: tuple[JobKind, ...] = get_args(JobKind)
"""In the order in which a worker looks into them."""

MOST_RINGS = 10_000
"""Rings that wait in a lane: no more are added to so many."""

Ring = tuple[JobKind, str]
"""The kind of the work that waits, and the session whose it is."""


class Lanes:
    """Puts rings into Redis."""

    def __init__(self, client: redis.Redis, new_id: Callable[[], str]) -> None:
        self._client = client
        self._new_id = new_id
        self._queues = {lane: SessionQueue(lane, connection=client) for lane in LANES}

    def put(self, rings: Sequence[Ring]) -> None:
        """Ring for sessions, all or none of them; a lane that is full takes none.

        Raises:
            RedisError: Redis took none.
        """
        depths = self._client.pipeline(transaction=False)
        for queue in self._queues.values():
            depths.llen(queue.key)
        room = {
            lane: MOST_RINGS - depth
            for lane, depth in zip(LANES, depths.execute(), strict=True)
        }
        with self._client.pipeline() as pipe:
            for lane, queue in self._queues.items():
                sessions = [session for kind, session in rings if kind == lane]
                calls = [self._call(one) for one in sessions[: max(0, room[lane])]]
                queue.enqueue_many(calls, pipeline=pipe)
            pipe.execute()

    def _call(self, session_id: str) -> EnqueueData:
        job_id = ring_id(session_id, self._new_id())
        return SessionQueue.prepare_data(
            FUNCTION,
            args=(session_id,),
            description=job_id,
            job_id=job_id,
            timeout=-1,
            ttl=FORGET_AFTER,
            result_ttl=0,
            failure_ttl=FORGET_AFTER,
        )


def ring_id(session_id: str, nonce: str) -> str:
    """The id of one ring: a second ring for the same session has another.

    One that RQ took for a double would be lost when it comes between the last look of
    a drain and the end of its job.
    """
    told = f"{session_id}\0{nonce}"
    return f"ses_{hashlib.sha256(told.encode()).hexdigest()}"
