# SPDX-License-Identifier: Apache-2.0
"""The RQ jobs that ring for a session, and a class of jobs that can be nothing else.

Whoever can write to Redis can put anything into a job. So the class of our jobs reads
as little of one as it can, and calls one function, whatever the job says.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final, NoReturn

import redis
from claude_mem_core.domain.keeping import KEEPING
from claude_mem_core.launch import open_runtime
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, get_current_job
from rq.serializers import JSONSerializer
from typing_extensions import override

FUNCTION: Final = "claude_mem_queue_rq.jobs.drain"
"""The only function that a job of ours may name."""

LONGEST_ID = 256
MOST_BYTES = 4096
"""How large a job's data may be: ours is a function's name and an id."""

FORGET_AFTER = 60
"""Seconds that a ring waits, and that RQ remembers one that failed.

Work that still waits then is rung for again."""

FIELDS = (
    *("created_at", "enqueued_at", "started_at", "ended_at"),
    *("last_heartbeat", "origin", "status", "worker_name"),
)
"""What is taken from Redis besides the data: no callbacks, retries or webhooks."""

Drain = Callable[[str], object]
given: ContextVar[Drain] = ContextVar("given")
"""What drains a session within a worker that was started with it."""

log = logging.getLogger(__name__)


class RefusedJobError(Exception):
    """A job is none of ours; it is not done."""


class DrainError(Exception):
    """Draining failed with an error of the class named, and nothing more is told.

    RQ keeps in Redis what this says.
    """


def drain(session_id: str) -> None:
    """Do what the ledger holds for a session.

    In a worker of ours this is what it was started with. In RQ's own, whose jobs have
    a process each, it is a runtime of this process, as its environment describes it.
    """
    handed = given.get(None)
    if handed is not None:
        handed(session_id)
        return
    job = get_current_job()
    worker = job.worker_name if job else None
    with open_runtime(os.environ) as runtime:
        runtime.generator.drain(session_id, worker=worker)


class SessionJob(Job):
    """A ring for a session: it calls `drain` with the session's id, or it is refused.

    Its data is JSON, whatever serialiser the worker was told to use.
    """

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 - RQ's name for it
        connection: redis.Redis | None = None,
        serializer: object = None,  # noqa: ARG002 - nobody may choose another
    ) -> None:
        super().__init__(id, connection, serializer=JSONSerializer)

    @classmethod
    @override
    def fetch(
        cls,
        id: str,
        connection: redis.Redis | None = None,
        serializer: Any = None,
    ) -> Job:
        """The job; one that is none of ours is passed over like one that expired."""
        try:
            return super().fetch(id, connection, serializer)
        except (redis.ConnectionError, redis.TimeoutError, NoSuchJobError):
            raise
        except Exception as error:  # noqa: BLE001 - garbage can fail in any way
            log.warning("a job in Redis is none of ours (%s)", type(error).__name__)
            raise NoSuchJobError("refused") from None

    @classmethod
    @override
    def fetch_many(
        cls, job_ids: Iterable[str], connection: redis.Redis, serializer: Any = None
    ) -> list[Job | None]:
        """The jobs, None in the place of each that is absent or none of ours."""
        return [cls._found(one, connection) for one in job_ids]

    @classmethod
    def _found(cls, job_id: str, connection: redis.Redis) -> Job | None:
        try:
            return cls.fetch(job_id, connection)
        except NoSuchJobError:
            return None

    @override
    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        names = {name.encode(): name for name in FIELDS}
        known = {key: raw_data[key] for key in names if key in raw_data}
        data = _unpacked(raw_data.get(b"data", b""))
        _session_in(data)
        super().restore({**known, b"data": data})
        self.description = self.id
        self.timeout, self.result_ttl = -1, 0
        self.ttl = self.failure_ttl = FORGET_AFTER

    @property
    @override
    def func(self) -> Callable[..., object]:
        _session_in(self.data)
        return drain

    @property
    @override
    def success_callback(self) -> None:
        return None

    @property
    @override
    def failure_callback(self) -> None:
        return None

    @property
    @override
    def stopped_callback(self) -> None:
        return None

    @override
    def _execute(self) -> None:
        session_id = _session_in(self.data)
        try:
            drain(session_id)
        except Exception as error:  # noqa: BLE001 - it is told, without secrets
            trace = KEEPING.traced(error)
            log.error("the work of session %s failed: %s", session_id, trace)  # noqa: TRY400 - without its secrets
            failure = DrainError(type(error).__name__)
            raise failure from None


class SessionQueue(Queue):
    """A lane: it takes and gives rings, and passes over what cannot be a job's id."""

    job_class = SessionJob

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - RQ's
        # RQ's registries read jobs with the serialiser of their queue.
        super().__init__(*args, **{**kwargs, "serializer": JSONSerializer})

    @classmethod
    @override
    def lpop(
        cls,
        queue_keys: Sequence[str],
        timeout: int | None,
        connection: redis.Redis | None = None,
    ) -> Any:
        while True:
            popped = super().lpop(queue_keys, timeout, connection)
            if popped is None or _is_text(popped[1]):
                return popped


def _unpacked(data: bytes) -> bytes:
    """A job's data as JSON; no more of it is unpacked than ours can have."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, MOST_BYTES)
    except zlib.error:
        plain = data
    if unpacker.unconsumed_tail or len(plain) > MOST_BYTES:
        _refuse("its data is too large")
    return plain


def _session_in(data: bytes) -> str:
    """The id of the session that a job is to drain.

    Raises:
        RefusedJobError: The job is anything else.
    """
    try:
        function, instance, args, kwargs = json.loads(data)
        (session_id,) = args
    except (ValueError, TypeError):
        _refuse("its data is no call of ours")
    if function != FUNCTION or instance is not None or kwargs:
        _refuse("it calls something else")
    if not isinstance(session_id, str) or not _is_id(session_id):
        _refuse("its argument is no id")
    return session_id


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def _is_text(value: bytes | str) -> bool:
    try:
        return isinstance(value, str) or bool(value.decode())
    except UnicodeDecodeError:
        return False


def _refuse(why: str) -> NoReturn:
    raise RefusedJobError(f"a job was refused: {why}")
