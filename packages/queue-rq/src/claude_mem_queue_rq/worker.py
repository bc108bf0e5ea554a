# SPDX-License-Identifier: Apache-2.0
"""An RQ worker in this process, which nothing in Redis and no failure of it can end."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import redis
from claude_mem_core.domain.stop_signal import StopSignal
from claude_mem_core.errors import ClaudeMemError, ConflictError
from redis.client import Pipeline
from rq import SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.job import Job
from rq.timeouts import BaseDeathPenalty
from rq.utils import as_text, now
from rq.worker_registration import register
from typing_extensions import override

from claude_mem_queue_rq.jobs import Drain, SessionJob, SessionQueue, given
from claude_mem_queue_rq.lanes import LANES

FORGET_AFTER = 30
"""Seconds after which Redis forgets a worker that it does not hear of."""

BEAT_EVERY = 5.0
LISTEN = 1
"""Seconds that a worker listens before it looks whether it is to stop."""

ANSWER_WITHIN = 3.0
"""Seconds for Redis to answer: longer than a worker listens."""

PAUSE = timedelta(seconds=0.5)
"""How long a worker waits after a failure."""

log = logging.getLogger(__name__)
_at_work: set[str] = set()
"""The names of the workers in this process."""


class NoDeathPenalty(BaseDeathPenalty):
    """Lets a job take its time: the lease in the ledger says how long it may take.

    RQ's own penalties need a signal handler, or throw an exception into a thread.
    """

    @override
    def setup_death_penalty(self) -> None:
        pass

    @override
    def cancel_death_penalty(self) -> None:
        pass


class SessionWorker(SimpleWorker):
    """Drains the sessions that are rung, in the order of their lanes.

    It takes no orders from Redis: RQ's commands to stop or suspend a worker, which
    anybody can send who reaches Redis, do nothing to it.
    """

    death_penalty_class = NoDeathPenalty
    job_class = SessionJob
    queue_class = SessionQueue
    log_result_lifespan = False

    def __init__(
        self, name: str, client: redis.Redis, *, told: Callable[[Exception], str]
    ) -> None:
        # RQ tells of each job; our log tells what matters of it.
        logging.getLogger("rq.worker").setLevel(logging.CRITICAL)
        super().__init__(
            list(LANES),
            name=name,
            connection=client,
            worker_ttl=FORGET_AFTER,
            prepare_for_work=False,
            serializer="json",
            log_job_description=False,
        )
        self._told = told
        self._in_trouble: str | None = None
        self._failed: str | None = None
        self.hostname, self.pid = socket.gethostname(), os.getpid()

    @property
    def problem(self) -> str | None:
        """What keeps it from its work, None when nothing does."""
        return self._in_trouble or self._failed

    def serve(
        self, drain: Drain, *, stop: StopSignal, arrived: Callable[[], object]
    ) -> None:
        """Drain each session that is rung, until it is told to stop.

        Args:
            drain: Does what the ledger holds for a session.
            stop: Ends it.
            arrived: Is called when Redis is there, at the start and after trouble, as
                nobody knows which rings were lost meanwhile.

        Raises:
            ConflictError: A live worker has this name.
            RedisError: Redis does not answer at the start.
        """
        self.enter()
        _at_work.add(self.name)
        token = given.set(self._watched(drain, stop))
        try:
            with self._beating():
                self._serve(stop, arrived)
        finally:
            given.reset(token)
            _at_work.discard(self.name)
            self._leave()

    def enter(self) -> None:
        """Put the worker on RQ's list.

        Raises:
            ConflictError: A live worker has this name.
        """
        taken = ConflictError(
            f"an RQ worker {self.name!r} is at work; give this one another name"
        )
        pipe: Pipeline
        with self.connection.pipeline() as pipe:
            pipe.watch(self.key)  # type: ignore[no-untyped-call]
            known = pipe.hmget(self.key, ["death", "hostname", "pid"])
            if self._is_taken(*(as_text(one) if one else None for one in known)):
                raise taken
            pipe.multi()
            pipe.delete(self.key)
            self.birth_date = now()
            self._write(pipe)
            try:
                pipe.execute()
            except redis.WatchError:
                raise taken from None

    def _leave(self) -> None:
        """Take the worker off RQ's list, unless it would have to wait for that."""
        if self._in_trouble is None:
            with suppress(redis.RedisError):
                self.register_death()  # type: ignore[no-untyped-call]

    def beat(self) -> None:
        """Say that the worker is there; Redis may have forgotten it."""
        with self.connection.pipeline() as pipe:
            self._write(pipe)
            pipe.execute()

    @override
    def heartbeat(
        self, timeout: int | None = None, pipeline: Pipeline | None = None
    ) -> None:
        """Say that the worker is there: RQ's own waits for it would be minutes long."""
        super().heartbeat(FORGET_AFTER, pipeline)

    @override
    def procline(self, message: str) -> None:
        """Leave the process its name: it is not this worker's alone."""

    @override
    def _set_connection(self, connection: redis.Redis) -> redis.Redis:
        return connection

    def _write(self, pipe: Pipeline) -> None:
        self.last_heartbeat = now()
        pipe.hset(self.key, mapping={**self.serialize(), "state": self.get_state()})
        register(self, pipe)
        pipe.expire(self.key, FORGET_AFTER)

    def _is_taken(self, death: str | None, host: str | None, pid: str | None) -> bool:
        """Whether the worker that Redis knows by our name is alive.

        One on this machine is asked for; one elsewhere is forgotten when it is dead.
        """
        if death is not None or pid is None:
            return False
        if host != socket.gethostname() or not pid.isdigit():
            return True
        if int(pid) == os.getpid():
            return self.name in _at_work
        return _is_alive(int(pid))

    def _serve(self, stop: StopSignal, arrived: Callable[[], object]) -> None:
        is_here = False
        while not stop.is_set:
            try:
                if not is_here:
                    self.beat()
                    arrived()
                    is_here = True
                self._turn()
                self._in_trouble = None
            except Exception as error:  # noqa: BLE001 - no error may end the worker
                is_here = False
                self._note(error)
                stop.wait(PAUSE)

    def _turn(self) -> None:
        """Do the next ring, if one comes while the worker listens."""
        if self.should_run_maintenance_tasks:
            self._maintain()
        found = self._next()
        if found is None:
            return
        job, queue = found
        version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
        job.redis_server_version = version
        self.execute_job(job, queue)

    def _next(self) -> tuple[Job, Any] | None:
        try:
            return self.queue_class.dequeue_any(
                self._ordered_queues,
                LISTEN,
                connection=self.connection,
                job_class=self.job_class,
                serializer=self.serializer,
                death_penalty_class=self.death_penalty_class,
            )
        except DequeueTimeout:
            return None

    def _maintain(self) -> None:
        """Let RQ sweep up after killed workers; what it stumbles over may stay."""
        try:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
        except (redis.ConnectionError, redis.TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - garbage can fail in any way
            self.last_cleaned_at = now()  # type: ignore[assignment]
            log.warning("RQ's registries hold garbage (%s)", type(error).__name__)

    def _note(self, error: Exception) -> None:
        if isinstance(error, redis.RedisError):
            trouble = self._told(error)
        else:
            trouble = f"the worker met an error: {_named(error)}"
        if self._in_trouble is None:
            log.warning("%s; the worker goes on", trouble)
        self._in_trouble = trouble

    def _watched(self, drain: Drain, stop: StopSignal) -> Drain:
        """The same, but its failures are this worker's problem until one succeeds."""

        def watched(session_id: str) -> None:
            try:
                drain(session_id)
            except Exception as error:
                self._failed = f"draining a session failed: {_named(error)}"
                stop.wait(PAUSE)
                raise
            self._failed = None

        return watched

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Another thread says that the worker is there, however long a drain takes."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(BEAT_EVERY):
                with suppress(redis.RedisError):
                    self.beat()

        thread = threading.Thread(target=beat, name="RQ heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(LISTEN)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _named(error: Exception) -> str:
    """What an error is called; only our own may say more, as they tell no content."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, ClaudeMemError) else name
