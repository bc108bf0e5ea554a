# SPDX-License-Identifier: Apache-2.0
"""The form of a key, and what is stored in place of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

KeyKind: TypeAlias = Literal["service", "agent"]
"""Whom a key is for: a program or a person of the team, or a coding agent."""

KEY_BYTES = 44
"""Random bytes that a new key needs."""

SECRET_BYTES = 32
"""Bytes of a server's own secret."""

_MARKS: dict[KeyKind, str] = {"service": "sk", "agent": "ag"}
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"cmem_(?:sk|ag)_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")


class KeyParts(NamedTuple):
    """A key taken apart: the public part, and the secret."""

    prefix: str
    secret: str


@dataclass(frozen=True, slots=True, repr=False)
class ServerSecret:
    """What a server knows and its database does not.

    Each use has a key of its own, made of the one secret by HMAC-SHA-256 (as in
    RFC 5869, without its extraction, as the secret is random already).

    Attributes:
        root: `SECRET_BYTES` random bytes.
    """

    root: bytes

    @property
    def pepper(self) -> bytes:
        """Goes into the hashes of keys: who writes the database plants no key."""
        return self._derived(b"claude-mem key pepper v1")

    @property
    def audit_key(self) -> bytes:
        """Seals the audit log: who writes the database forges no entry."""
        return self._derived(b"claude-mem audit log v1")

    def _derived(self, use: bytes) -> bytes:
        return hmac.digest(self.root, use, hashlib.sha256)


def mint_key(random: bytes, kind: KeyKind = "service") -> str:
    """A new key from `KEY_BYTES` random bytes.

    Format: `cmem_sk_` (or `cmem_ag_` for an agent), 16 characters to look it up by,
    `_`, 43 characters of secret (256 bits), and the CRC-32 of all before in 6, all
    in base 62.
    """
    public, secret = int.from_bytes(random[:12], "big"), int.from_bytes(random[12:])
    body = f"cmem_{_MARKS[kind]}_{_base62(public, 16)}_{_base62(secret, 43)}"
    return body + _base62(zlib.crc32(body.encode()), 6)


def read_key(raw: str) -> KeyParts | None:
    """The parts of a key, or None for what cannot be one."""
    match = _KEY.fullmatch(raw)
    if match is None or _base62(zlib.crc32(raw[:-6].encode()), 6) != raw[-6:]:
        return None
    return KeyParts(match[1], match[2])


def hash_key(parts: KeyParts, secret: ServerSecret | None = None) -> str:
    """What is stored in place of the secret.

    A fast hash is right: the secret has 256 random bits, which nobody guesses at
    any speed, while a slow one would let anybody tire the server out. With the
    server's own secret it is a keyed one, which nobody makes who has only the
    database.
    """
    text = f"v1|{parts.prefix}|{parts.secret}".encode()
    if secret is None:
        return "sha256$" + hashlib.sha256(text).hexdigest()
    return "hmac-sha256$" + hmac.digest(secret.pepper, text, hashlib.sha256).hex()


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
