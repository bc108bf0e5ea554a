# SPDX-License-Identifier: Apache-2.0
"""Buckets in Redis keep their promises, and hold no secret."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from claude_mem_conformance.limits import THREE, RateLimiterContract
from claude_mem_core.domain.limits import Allowance
from claude_mem_core.errors import QueueError
from claude_mem_queue_rq.addresses import Address
from claude_mem_queue_rq.limits import RedisRateLimiter

PREFIX = os.environ["RQ_KEY_PREFIX"]


class TestRedisRateLimiter(RateLimiterContract):
    @pytest.fixture
    def limiter(self, address):
        limiter = RedisRateLimiter(address, PREFIX)
        yield limiter
        limiter.close()


def test_two_processes_take_from_one_bucket(address) -> None:
    limiters = [RedisRateLimiter(address, PREFIX) for _ in range(2)]
    taken = [limiters[n % 2].take("key-1", THREE, now=1_000) for n in range(4)]
    assert [one.allowed for one in taken] == [True, True, True, False]
    for limiter in limiters:
        limiter.close()


def test_a_full_bucket_leaves_nothing_behind(address, client) -> None:
    limiter = RedisRateLimiter(address, PREFIX)
    short = Allowance("short", 100, timedelta(seconds=1), 2)
    limiter.take("key-1", short, now=time.time_ns() // 1_000_000)
    key = f"{PREFIX}:limit:short:key-1"
    assert 0 < client.pttl(key) <= 10 or not client.exists(key)
    limiter.close()


def test_a_redis_that_is_away_is_told_apart_from_an_empty_bucket(valkey) -> None:
    limiter = RedisRateLimiter(Address(valkey.url), PREFIX)
    assert limiter.take("key-1", THREE, now=1_000).allowed
    valkey.kill()
    with pytest.raises(QueueError, match=f":{valkey.port}"):
        limiter.take("key-1", THREE, now=1_000)
    valkey.restart(keep=False)
    assert limiter.take("key-1", THREE, now=1_000).allowed
    limiter.close()
