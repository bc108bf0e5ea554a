# SPDX-License-Identifier: Apache-2.0
"""Jobs that somebody put into Redis who should not be able to."""

from __future__ import annotations

import json
import os
import pickle
import random
import zlib
from pathlib import Path
from typing import Any

import redis

PREFIX = "claude-mem"
QUEUE = f"{PREFIX}:queue:event"


class _Bomb:
    """A pickle that runs a command when it is read."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """What pickle does in place of making the object."""
        return os.system, (self._command,)


def feed(
    client: redis.Redis, count: int, *, marker: Path, chance: random.Random
) -> None:
    """Put so many jobs into the first lane that must not be done.

    Args:
        client: The Redis.
        count: How many.
        marker: A file that is made if any of them is done.
        chance: Which comes when.
    """
    command = f"touch '{marker}'"
    pipe = client.pipeline(transaction=False)
    for number in range(count):
        job_id = f"ses_hostile{number}"
        kind = chance.choice(_KINDS)
        kind(pipe, f"{PREFIX}:job:{job_id}", command, chance)
        pipe.rpush(QUEUE, job_id)
    pipe.rpush(QUEUE, b"\xff\xfe no text")
    pipe.execute(raise_on_error=False)


def _pickled(pipe: Any, key: str, command: str, _: random.Random) -> None:
    _job(pipe, key, zlib.compress(pickle.dumps(_Bomb(command))))


def _system(pipe: Any, key: str, command: str, _: random.Random) -> None:
    _job(pipe, key, _call("os.system", [command]))


def _unknown(pipe: Any, key: str, _: str, chance: random.Random) -> None:
    _job(pipe, key, _call(f"nobody.knows{chance.randrange(9)}", ["s"]))


def _callbacks(pipe: Any, key: str, command: str, _: random.Random) -> None:
    data = _call("claude_mem_queue_rq.jobs.drain", [f"{command} #"])
    named = {"success_callback_name": "os.system", "failure_callback_name": "os.system"}
    _job(pipe, key, data, **named)


def _arguments(pipe: Any, key: str, command: str, _: random.Random) -> None:
    _job(pipe, key, _call("claude_mem_queue_rq.jobs.drain", [[command], {"a": 1}]))


def _noise(pipe: Any, key: str, _: str, chance: random.Random) -> None:
    fields = {chance.randbytes(8): chance.randbytes(64) for _ in range(4)}
    pipe.hset(key, mapping=fields)


def _no_hash(pipe: Any, key: str, *_: object) -> None:
    pipe.set(key, "a string where a job should be")


def _nothing(*_: object) -> None:
    """The id of a job that is not there."""


_KINDS = (
    *(_pickled, _system, _unknown, _callbacks),
    *(_arguments, _noise, _no_hash, _nothing),
)


def _call(function: str, args: list[Any]) -> bytes:
    return zlib.compress(json.dumps([function, None, args, {}]).encode())


def _job(pipe: Any, key: str, data: bytes, **fields: str) -> None:
    told = {
        "created_at": "2026-01-01T00:00:00.000000Z",
        "origin": "event",
        "status": "queued",
        "description": "hostile",
        "timeout": "180",
        **fields,
    }
    pipe.hset(key, mapping={"data": data, **told})
