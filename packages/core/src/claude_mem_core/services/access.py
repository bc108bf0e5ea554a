# SPDX-License-Identifier: Apache-2.0
"""Access: who a credential stands for."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import (
    EVERYTHING,
    KEY_BYTES,
    ApiKey,
    KeyParts,
    Principal,
    hash_key,
    mint_key,
    read_key,
    same_hash,
)
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.errors import InvalidInputError, UnauthenticatedError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import record

LOCAL_KEY_NAME = "local token"
_NO_KEY = "sha256$" + "0" * 64


class Access:
    """The door: a credential goes in, a principal comes out."""

    def __init__(self, storage: Storage, system: System) -> None:
        self._storage = storage
        self._system = system

    def authenticate(self, credential: str | None) -> Principal:
        """The caller that a key stands for.

        Raises:
            UnauthenticatedError: There is no key, or none that counts now. It does
                not say which, and takes the same time for each.
        """
        parts = read_key(credential) if credential else None
        if parts is None:
            raise UnauthenticatedError("send a valid key as 'Authorization: Bearer'")
        with self._storage.read() as snapshot:
            key = snapshot.keys.find(parts.prefix)
        expected = key.key_hash if key else _NO_KEY
        matches = same_hash(hash_key(parts), expected)
        if key is None or not matches or not key.counts_at(self._system.now()):
            raise UnauthenticatedError("send a valid key as 'Authorization: Bearer'")
        return Principal.of_key(key)

    def new_local_token(self) -> str:
        """A key that is stored nowhere yet; `admit_local_token` makes it count."""
        return mint_key(self._system.random_bytes(KEY_BYTES))

    def admit_local_token(self, raw: str) -> None:
        """Let this machine's token in, and no token that it had before.

        Raises:
            InvalidInputError: It is not a key.
        """
        parts = read_key(raw)
        if parts is None:
            raise InvalidInputError.of(
                "token", "it is not a key", "delete the file; a start makes a new one"
            )
        with self._storage.read() as snapshot:
            if _is_sole(snapshot, parts):
                # A store that is read-only cannot be told, and need not be.
                return
        with self._storage.begin() as tx:
            self._revoke_others(tx, parts)
            if tx.keys.find(parts.prefix) is None:
                self._add(tx, parts)

    def _revoke_others(self, tx: Transaction, parts: KeyParts) -> None:
        for key in _others(tx, parts):
            now = self._system.now()
            tx.keys.replace(key.changed(status="revoked", updated_at_epoch=now))
            self._record(tx, "api_key.revoke", key)

    def _add(self, tx: Transaction, parts: KeyParts) -> None:
        now = self._system.now()
        key = ApiKey(
            id=self._system.new_id(),
            team_id=LOCAL_TEAM_ID,
            name=LOCAL_KEY_NAME,
            key_hash=hash_key(parts),
            prefix=parts.prefix,
            scopes=(EVERYTHING,),
            created_at_epoch=now,
            updated_at_epoch=now,
        )
        tx.keys.add(key)
        self._record(tx, "api_key.create", key)

    def _record(self, tx: Transaction, action: str, key: ApiKey) -> None:
        deed = AuditDeed(action=action, target_type="api_key", target_id=key.id)
        record(tx, deed, by=Principal.local(), system=self._system)


def _is_sole(snapshot: Snapshot, parts: KeyParts) -> bool:
    """Whether the store knows this token of the machine, and lets no other in."""
    return snapshot.keys.find(parts.prefix) is not None and not _others(snapshot, parts)


def _others(records: Snapshot | Transaction, parts: KeyParts) -> Sequence[ApiKey]:
    """Tokens that this machine had before, and that still count."""
    return [
        key
        for key in records.keys.list(scope=Principal.local().scope)
        if key.name == LOCAL_KEY_NAME
        and key.status == "active"
        and key.prefix != parts.prefix
    ]
