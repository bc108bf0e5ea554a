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
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.keys import (
    KEY_BYTES,
    KeyKind,
    KeyParts,
    ServerSecret,
    hash_key,
    mint_key,
    read_key,
)
from claude_mem_core.domain.scopes import ROLE_OF_MEMBER, ROLES
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import ConflictError, ForbiddenError, InvalidInputError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import member_of_team, require_open


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
        wanted = draft.wanted
        by.require_all(wanted)
        raw, parts = self._minted(draft.kind)
        with self._storage.begin() as tx:
            tx.teams.get(by.team_id, scope=by.scope)
            project_id = _project_of(tx, draft, by=by)
            if draft.user_id is not None:
                _require_member(tx, draft.user_id, wanted, by=by)
            now = self._system.now()
            lasts = draft.lasts
            key = ApiKey(
                id=self._system.new_id(),
                team_id=by.team_id,
                project_id=project_id,
                name=draft.called,
                key_hash=hash_key(parts, self._secret),
                prefix=parts.prefix,
                scopes=tuple(sorted(wanted)),
                kind=draft.kind,
                role=draft.role if draft.scopes else draft.role or "reader",
                user_id=draft.user_id,
                not_before_epoch=draft.not_before_epoch,
                expires_at_epoch=None if lasts is None else now + millis(lasts),
                created_at_epoch=now,
                updated_at_epoch=now,
            )
            tx.keys.add(key)
            self._record(tx, "api_key.create", key, by=by)
        return NewKey(key=key, raw=raw)

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
            raw, parts = self._minted(old.kind)
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
            self._record(tx, "api_key.rotate", old, by=by, to=new.id)
            self._record(tx, "api_key.create", new, by=by)
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
            self._record(tx, "api_key.revoke", key, by=by)
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

    def _minted(self, kind: KeyKind) -> tuple[str, KeyParts]:
        raw = mint_key(self._system.random_bytes(KEY_BYTES), kind)
        parts = read_key(raw)
        assert parts is not None, "a new key can be read"  # noqa: S101
        return raw, parts

    def _record(
        self, tx: Transaction, action: str, key: ApiKey, *, by: Principal, **more: str
    ) -> None:
        deed = AuditDeed(
            action=action,
            project_id=key.project_id,
            target_type="api_key",
            target_id=key.id,
            metadata={"scopes": [*key.scopes], **more},
        )
        self._audited.record(tx, deed, by=by)


def _project_of(tx: Transaction, draft: KeyDraft, *, by: Principal) -> str | None:
    """The project that the new key is limited to: the caller's own, if any."""
    if draft.project_id is None:
        return by.project_id
    require_open(draft.project_id, by=by)
    return tx.projects.get(draft.project_id, scope=by.scope).id


def _require_member(
    tx: Transaction, user_id: str, wanted: frozenset[str], *, by: Principal
) -> None:
    member = member_of_team(tx, user_id, scope=by.scope)
    if member is None:
        raise InvalidInputError.of(
            "userId", f"{user_id!r} is no member of the team", "add the member first"
        )
    beyond = wanted - ROLES[ROLE_OF_MEMBER[member.role]]
    if beyond:
        raise ForbiddenError(
            f"the role {member.role!r} of {user_id!r} does not allow "
            + ", ".join(sorted(beyond))
        )


def _as_long(old: ApiKey, *, now: int) -> int | None:
    if old.expires_at_epoch is None:
        return None
    return now + old.expires_at_epoch - old.created_at_epoch
