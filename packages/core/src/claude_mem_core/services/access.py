# SPDX-License-Identifier: Apache-2.0
"""Access: who a credential stands for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from claude_mem_core.domain.access import ApiKey, Principal, Scope
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.keys import (
    KEY_BYTES,
    KeyParts,
    ServerSecret,
    hash_key,
    mint_key,
    read_key,
)
from claude_mem_core.domain.scopes import EVERYTHING
from claude_mem_core.domain.team import LOCAL_TEAM_ID, MemberRole
from claude_mem_core.errors import (
    ClaudeMemError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import member_of_team

LOCAL_KEY_NAME = "local token"
NOTED_EVERY = 60_000
"""Milliseconds in which a key's last use is written down once at most."""

log = logging.getLogger(__name__)


class Access:
    """The door: a credential goes in, a principal comes out.

    Every credential is looked up anew: one that is revoked opens nothing from that
    moment on, whichever process revoked it.

    Args:
        storage: Where the keys are.
        audited: The pen of the audit log, with clock and dice.
        secret: What the server knows and its database does not.
    """

    def __init__(
        self, storage: Storage, audited: Audited, secret: ServerSecret | None = None
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._secret = secret
        self._used: dict[str, int] = {}
        self._turn = threading.Lock()

    def authenticate(
        self, credential: str | None, *, at_home: bool = True
    ) -> Principal:
        """The caller that a key stands for.

        Args:
            credential: What they showed.
            at_home: They are a program of this machine; its token counts for nobody
                else.

        Raises:
            UnauthenticatedError: There is no key, or none that counts now. It does
                not say which, and takes the same time for each.
        """
        parts = read_key(credential) if credential else None
        if parts is None:
            raise _nobody()
        with self._storage.read() as snapshot:
            # By its hash, not by its public part: whoever guesses finds nothing
            # either way, and the time it takes tells them nothing of the keys.
            key = snapshot.keys.with_hash(hash_key(parts, self._secret))
            member = _member_of(snapshot, key) if key else None
        now = self._system.now()
        if key is None or not _counts(key, member, now=now):
            raise _nobody()
        if key.is_local and not at_home:
            raise _nobody()
        if now - (key.last_used_at_epoch or 0) >= NOTED_EVERY:
            with self._turn:
                self._used[key.id] = now
        return Principal.of_key(key, member)

    def behind(self, public_part: str) -> Principal | None:
        """Whom the key with this public part stands for; None when it does not count.

        It proves nothing: it is for what was kept by who could have shown the key.
        """
        now = self._system.now()
        with self._storage.read() as snapshot:
            key = snapshot.keys.find(public_part)
            if key is None or not _admits(snapshot, key, now=now):
                return None
            return Principal.of_key(key, _member_of(snapshot, key))

    def has_keys(self) -> bool:
        """Whether any key counts besides this machine's token."""
        now = self._system.now()
        with self._storage.read() as snapshot:
            return any(
                _admits(snapshot, key, now=now)
                for team in snapshot.teams.all()
                for key in snapshot.keys.list(scope=Scope(team.id))
                if not key.is_local
            )

    def write_down(self) -> int:
        """Write down when keys were used last; how many that were.

        Where it cannot be done the log says so, and the next use tells anew.
        """
        with self._turn:
            # Only this long: whoever comes in does not wait for the store.
            used, self._used = self._used, {}
        if not used:
            return 0
        try:
            with self._storage.begin() as tx:
                for key_id, at in used.items():
                    tx.keys.used(key_id, at=at)
        except ClaudeMemError as error:
            log.warning("when keys were used was not noted: %s", error)
            return 0
        return len(used)

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
            if self._is_sole(snapshot, parts):
                # A store that is read-only cannot be told, and need not be.
                return
        with self._storage.begin() as tx:
            self._revoke_others(tx, parts)
            known = tx.keys.find(parts.prefix)
            if known is None:
                self._add(tx, parts)
            else:
                # Its hash is of another secret: of the time before there was one.
                tx.keys.replace(known.changed(key_hash=hash_key(parts, self._secret)))

    def _is_sole(self, snapshot: Snapshot, parts: KeyParts) -> bool:
        """Whether the store knows this token of the machine, and lets no other in."""
        known = snapshot.keys.find(parts.prefix)
        if known is None or known.key_hash != hash_key(parts, self._secret):
            return False
        return not _others(snapshot, parts)

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
            key_hash=hash_key(parts, self._secret),
            prefix=parts.prefix,
            scopes=(EVERYTHING,),
            is_local=True,
            created_at_epoch=now,
            updated_at_epoch=now,
        )
        tx.keys.add(key)
        self._record(tx, "api_key.create", key)

    def _record(self, tx: Transaction, action: str, key: ApiKey) -> None:
        deed = AuditDeed(action=action, target_type="api_key", target_id=key.id)
        self._audited.record(tx, deed, by=Principal.local())


def _counts(key: ApiKey, member: MemberRole | None, *, now: int) -> bool:
    """Whether a key opens anything; a member's goes with them when they leave."""
    return key.counts_at(now) and (key.user_id is None or member is not None)


def _admits(snapshot: Snapshot | Transaction, key: ApiKey, *, now: int) -> bool:
    return _counts(key, _member_of(snapshot, key), now=now)


def still_counts(
    snapshot: Snapshot | Transaction, key_id: str, *, scope: Scope, now: int
) -> bool:
    """Whether what was asked for with this key may be done now."""
    try:
        key = snapshot.keys.get(key_id, scope=Scope(scope.team_id))
    except NotFoundError:
        return False
    return _admits(snapshot, key, now=now)


def _nobody() -> UnauthenticatedError:
    return UnauthenticatedError("send a valid key as 'Authorization: Bearer'")


def _member_of(snapshot: Snapshot | Transaction, key: ApiKey) -> MemberRole | None:
    """The role of the member whom a key is of, None when they are none (any more)."""
    if key.user_id is None or key.team_id is None:
        return None
    member = member_of_team(snapshot, key.user_id, scope=Scope(key.team_id))
    return None if member is None else member.role


def _others(records: Snapshot | Transaction, parts: KeyParts) -> Sequence[ApiKey]:
    """Tokens that this machine had before, and that still count."""
    return [
        key
        for key in records.keys.list(scope=Principal.local().scope)
        if key.is_local and key.status == "active" and key.prefix != parts.prefix
    ]
