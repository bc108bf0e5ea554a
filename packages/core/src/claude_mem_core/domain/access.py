# SPDX-License-Identifier: Apache-2.0
"""Who is asking, what they may touch, and the keys that prove it."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import Field

from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Value

KeyStatus = Literal["active", "revoked"]
ActorType = Literal["user", "api_key", "system"]

EVERYTHING = "*"
"""The scope that stands for all scopes."""

KEY_BYTES = 44
"""Random bytes that a new key needs."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"cmem_sk_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")


@dataclass(frozen=True, slots=True)
class Scope:
    """The records that a caller may see: a team's, or one project's of it."""

    team_id: str
    project_id: str | None = None


class ApiKey(Value):
    """A stored key; the key itself is never stored, only a hash of its secret.

    Attributes:
        prefix: The public part, by which the key is looked up.
    """

    id: Id
    team_id: Id | None = None
    project_id: Id | None = None
    name: Name
    key_hash: Name
    prefix: Name | None = None
    scopes: tuple[Name, ...] = ()
    status: KeyStatus = "active"
    last_used_at_epoch: Epoch | None = None
    expires_at_epoch: Epoch | None = None
    metadata: JsonObject = Field(default_factory=dict)
    created_at_epoch: Epoch
    updated_at_epoch: Epoch

    def counts_at(self, now: int) -> bool:
        """Whether the key opens anything at `now`."""
        expired = self.expires_at_epoch is not None and self.expires_at_epoch <= now
        return self.status == "active" and not expired


class Principal(Value):
    """The caller, made once at the door from its credential alone."""

    team_id: Id
    project_id: Id | None = None
    scopes: frozenset[str] = frozenset({EVERYTHING})
    actor_type: ActorType = "user"
    actor_id: Id | None = None

    @classmethod
    def local(cls) -> Principal:
        """Whoever runs this process: the local team, with every right."""
        return cls(team_id=LOCAL_TEAM_ID)

    @classmethod
    def of_key(cls, key: ApiKey) -> Principal:
        """The caller that holds `key`."""
        return cls(
            team_id=key.team_id or LOCAL_TEAM_ID,
            project_id=key.project_id,
            scopes=frozenset(key.scopes),
            actor_type="api_key",
            actor_id=key.id,
        )

    @property
    def scope(self) -> Scope:
        """The records that the caller may see."""
        return Scope(self.team_id, self.project_id)


class KeyParts(NamedTuple):
    """A key taken apart: the public part, and the secret."""

    prefix: str
    secret: str


def mint_key(random: bytes) -> str:
    """A new key from `KEY_BYTES` random bytes.

    Format: `cmem_sk_`, 16 characters to look it up by, `_`, 43 characters of
    secret (256 bits), and the CRC-32 of all before in 6, all in base 62.
    """
    public, secret = int.from_bytes(random[:12], "big"), int.from_bytes(random[12:])
    body = f"cmem_sk_{_base62(public, 16)}_{_base62(secret, 43)}"
    return body + _base62(zlib.crc32(body.encode()), 6)


def read_key(raw: str) -> KeyParts | None:
    """The parts of a key, or None for what cannot be one."""
    match = _KEY.fullmatch(raw)
    if match is None or _base62(zlib.crc32(raw[:-6].encode()), 6) != raw[-6:]:
        return None
    return KeyParts(match[1], match[2])


def hash_key(parts: KeyParts) -> str:
    """What is stored in place of the secret.

    A fast hash is right: the secret has 256 random bits, which nobody guesses at
    any speed, while a slow one would let anybody tire the server out.
    """
    text = f"v1|{parts.prefix}|{parts.secret}"
    return "sha256$" + hashlib.sha256(text.encode()).hexdigest()


def same_hash(one: str, other: str) -> bool:
    """Whether two hashes are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
