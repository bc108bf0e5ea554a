# SPDX-License-Identifier: Apache-2.0
"""Keys: made, listed, rotated and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from claude_mem_core.domain.access import (
    LONGEST_OVERLAP,
    OVERLAP,
    ApiKey,
    KeyDraft,
    NewKey,
    Principal,
)
from claude_mem_core.domain.keys import (
    ServerSecret,
    hash_key,
)
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import ConflictError, InvalidInputError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.issuing import issued, minted, record


class Keys:
    """The keys of the caller's team.

    Nobody gives away what they lack: a new key allows a part of what its maker's own
    allows, in the maker's project where that is limited to one.
    """

    def __init__(
        self, storage: Storage, audited: Audited, secret: ServerSecret | None = None
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._secret = secret

    def issue(self, draft: KeyDraft, *, by: Principal) -> NewKey:
        """A new key, to be shown once.

        Raises:
            ForbiddenError: It would allow what the caller's own does not.
            InvalidInputError: A scope is none, or a user no member.
            NotFoundError: The team has no such project.
        """
        with self._storage.begin() as tx:
            return issued(
                tx,
                draft,
                lasts=draft.lasts,
                by=by,
                audited=self._audited,
                secret=self._secret,
            )

    def list(self, *, by: Principal) -> Sequence[ApiKey]:
        """The keys that the caller may see, oldest first."""
        with self._storage.read() as snapshot:
            every = snapshot.keys.list(scope=by.scope)
        return [key for key in every if by.project_id in (None, key.project_id)]

    def rotate(
        self, key_id: str, *, overlap: timedelta = OVERLAP, by: Principal
    ) -> NewKey:
        """A new key that allows what the old one does; the old one counts on a while.

        The new one lasts as long as the old one was to last when it was made.

        Raises:
            ConflictError: The old one counts no more, or was rotated before.
            ForbiddenError: It allows what the caller's own does not.
            InvalidInputError: The overlap is longer than a week.
        """
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise InvalidInputError.of(
                "overlapHours", "it is not between 0 and a week", "send 0 to 168"
            )
        with self._storage.begin() as tx:
            old = self._own(tx, key_id, by=by)
            by.require_all(frozenset(old.scopes))
            now = self._system.now()
            if old.rotated_to_id is not None or not old.counts_at(now):
                raise ConflictError(f"the key {key_id!r} counts no more or was rotated")
            raw, parts = minted(old.kind, self._system)
            new = old.changed(
                id=self._system.new_id(),
                key_hash=hash_key(parts, self._secret),
                prefix=parts.prefix,
                last_used_at_epoch=None,
                not_before_epoch=None,
                expires_at_epoch=_as_long(old, now=now),
                created_at_epoch=now,
                updated_at_epoch=now,
            )
            ends = min(
                old.expires_at_epoch or now + millis(overlap), now + millis(overlap)
            )
            tx.keys.add(new)
            tx.keys.replace(
                old.changed(
                    rotated_to_id=new.id, expires_at_epoch=ends, updated_at_epoch=now
                )
            )
            record(tx, "api_key.rotate", old, by=by, audited=self._audited, to=new.id)
            record(tx, "api_key.create", new, by=by, audited=self._audited)
        return NewKey(key=new, raw=raw)

    def revoke(self, key_id: str, *, by: Principal) -> ApiKey:
        """The key, which opens nothing from now on; twice is harmless.

        Raises:
            ForbiddenError: It allows what the caller's own does not.
        """
        with self._storage.begin() as tx:
            key = self._own(tx, key_id, by=by)
            if key.status == "revoked":
                return key
            by.require_all(frozenset(key.scopes))
            revoked = key.changed(status="revoked", updated_at_epoch=self._system.now())
            tx.keys.replace(revoked)
            record(tx, "api_key.revoke", key, by=by, audited=self._audited)
        return revoked

    def _own(self, tx: Transaction, key_id: str, *, by: Principal) -> ApiKey:
        """The key, if it is one that the caller sees to."""
        key = tx.keys.get(key_id, scope=by.scope)
        if key.is_local:
            raise ConflictError(
                "this is the machine's own token; delete the file 'token' in the data "
                "folder: the next start makes a new one and shuts this one out"
            )
        return key


def _as_long(old: ApiKey, *, now: int) -> int | None:
    if old.expires_at_epoch is None:
        return None
    return now + old.expires_at_epoch - old.created_at_epoch
