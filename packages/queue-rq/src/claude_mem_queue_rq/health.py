# SPDX-License-Identifier: Apache-2.0
"""How Redis is, as far as a bell needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from claude_mem_core.domain.value import JsonObject
from rq.utils import as_text, utcparse
from rq.worker_registration import REDIS_WORKER_KEYS

from claude_mem_queue_rq.addresses import Address, is_loopback
from claude_mem_queue_rq.jobs import SessionQueue
from claude_mem_queue_rq.lanes import LANES
from claude_mem_queue_rq.worker import SessionWorker

ANSWER_WITHIN = 0.5
"""Seconds for a connection, and for an answer."""

KEPT_FOR = 1.0
"""Seconds for which an answer counts: whoever asks often costs Redis no more."""

RETURN = "; it comes back when the process that started it is restarted"
"""How a managed server comes back, which no operator could start."""

MOST_WORKERS = 1000
"""Workers that are looked at: anybody may write to the list of them."""

PREFIX = SessionWorker.redis_worker_namespace_prefix

PRESENT = 30
"""Seconds after which an RQ worker that was not heard of counts as gone."""


@dataclass(frozen=True, slots=True)
class RedisHealth:
    """What a look at Redis saw.

    Attributes:
        problem: Why it does not answer, None when it does.
        workers: The RQ workers that were heard of just now.
        rings: Rings that no worker has taken yet.
    """

    problem: str | None = None
    workers: tuple[str, ...] = ()
    rings: int = 0
    details: JsonObject = field(default_factory=dict)


class Probe:
    """Looks at Redis, at most once a second."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client = address.client(timeout=ANSWER_WITHIN, connect=ANSWER_WITHIN)
        keys = (SessionQueue(lane, connection=self._client).key for lane in LANES)
        self._keys = dict(zip(LANES, keys, strict=True))
        self._turn = threading.Lock()
        self._seen = RedisHealth()
        self._until = 0.0

    def look(self) -> RedisHealth:
        """How Redis is, or was a moment ago."""
        with self._turn:
            if time.monotonic() >= self._until:
                self._seen = self._look()
                self._until = time.monotonic() + KEPT_FOR
            return self._seen

    def close(self) -> None:
        """Let go of Redis."""
        self._client.close()

    def _look(self) -> RedisHealth:
        place: JsonObject = {
            "mode": self._address.mode,
            "address": self._address.shown,
        }
        try:
            return self._answer(place)
        except redis.RedisError as error:
            problem = self._address.told(error)
            if self._address.mode == "managed":
                problem += RETURN
            return RedisHealth(problem, details={"redis": place})

    def _answer(self, place: JsonObject) -> RedisHealth:
        pipe: Any = self._client.pipeline(transaction=False)
        pipe.ping().info("server").time().srandmember(REDIS_WORKER_KEYS, MOST_WORKERS)
        pipe.config_get("maxmemory-policy", "bind", "port")
        for key in self._keys.values():
            pipe.llen(key)
        _, server, now, workers, config, *depths = pipe.execute(raise_on_error=False)
        _sound(server, now)
        version = server.get("valkey_version") or server.get("redis_version")
        present = self._present(workers, now[0])
        rings = {
            lane: depth if isinstance(depth, int) else 0
            for lane, depth in zip(LANES, depths, strict=True)
        }
        details: JsonObject = {
            "redis": {**place, "version": str(version)},
            "rings": dict(rings.items()),
            "rqWorkers": len(present),
            "warnings": list(self._warnings(config)),
        }
        total = sum(rings.values())
        return RedisHealth(workers=present, rings=total, details=details)

    def _present(
        self, workers: Iterable[bytes] | Exception, now: int
    ) -> tuple[str, ...]:
        """The names of the RQ workers heard of just now, by the clock of Redis."""
        if isinstance(workers, Exception):
            return ()
        keys = sorted(workers)
        pipe: Any = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(key, "last_heartbeat", "death")
        found = zip(keys, pipe.execute(raise_on_error=False), strict=True)
        beats = ((key, _beat(one)) for key, one in found if isinstance(one, list))
        return tuple(
            key.decode(errors="replace").removeprefix(PREFIX)
            for key, beat in beats
            if beat and now - beat.timestamp() <= PRESENT
        )

    def _warnings(self, config: Mapping[str, str] | Exception) -> Iterator[str]:
        """What an operator should change, as far as Redis shows its settings."""
        known: Mapping[str, str] = {} if isinstance(config, Exception) else config
        policy = known.get("maxmemory-policy", "noeviction")
        if policy != "noeviction":
            yield (
                f"maxmemory-policy is {policy}: Redis may drop rings; "
                "set it to noeviction"
            )
        is_reached = _listens_beyond(known) or not self._address.is_on_this_machine
        if is_reached and not self._address.has_password:
            yield (
                "Redis asks for no password and listens beyond this machine: whoever "
                "reaches it can ring; set requirepass or an ACL, or bind 127.0.0.1"
            )


def _listens_beyond(settings: Mapping[str, str]) -> bool:
    """Whether a Redis with these settings listens to more than its own machine."""
    if settings.get("port") == "0":
        return False
    hosts = settings.get("bind", "127.0.0.1").split() or ["*"]
    return not all(is_loopback(host.lstrip("-")) for host in hosts)


def _sound(*answers: object) -> None:
    """Raise the first of the answers that is an error."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


def _beat(found: Sequence[bytes | None]) -> datetime | None:
    """When a worker was heard of, None when it is dead or says no date."""
    beat, death = found
    if beat is None or death is not None:
        return None
    try:
        return utcparse(as_text(beat))
    except ValueError:
        return None
