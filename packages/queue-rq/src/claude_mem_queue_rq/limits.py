# SPDX-License-Identifier: Apache-2.0
"""Buckets in Redis or Valkey, which every process on a store takes from."""

from __future__ import annotations

from typing import cast

import redis
from claude_mem_core.domain.limits import Allowance, Verdict, verdict_of
from claude_mem_core.errors import QueueError
from claude_mem_core.ports.limits import RateLimiter
from typing_extensions import override

from claude_mem_queue_rq.addresses import Address

ANSWER_WITHIN = 0.25
"""Seconds after which a request waits no longer for Redis."""

# One comparison and one number for each bucket, as `taken` in the core's domain does;
# a script, so that nobody comes between them. Redis hands numbers over whole, so those
# of a fraction go as text.
TAKE = """
local now, interval, room = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
local base = math.min(math.max(full, now), now + room)
local after = base + interval
if after - now > room + 0.01 then
  return {0, string.format('%.6f', base)}
end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.ceil(after - now))
return {1, string.format('%.6f', after)}
"""


class RedisRateLimiter(RateLimiter):
    """Buckets in Redis; their names are ids of keys and addresses of strangers.

    Args:
        address: Where Redis is.
        prefix: What each key in Redis begins with.
    """

    def __init__(self, address: Address, prefix: str) -> None:
        self._address = address
        self._prefix = prefix
        self._client = address.client(timeout=ANSWER_WITHIN, connect=ANSWER_WITHIN)
        self._take = self._client.register_script(TAKE)

    @override
    def take(self, name: str, allowance: Allowance, *, now: int) -> Verdict:
        key = f"{self._prefix}:limit:{allowance.name}:{name}"
        try:
            allowed, held = cast(
                "tuple[int, bytes]",
                self._take(keys=[key], args=[now, allowance.interval, allowance.room]),
            )
        except redis.RedisError as error:
            raise QueueError(self._address.told(error)) from error
        return verdict_of(float(held), allowance, allowed=bool(allowed), now=now)

    @override
    def close(self) -> None:
        self._client.close()
