# SPDX-License-Identifier: Apache-2.0
"""How a key comes to be: for who asks for one, and for a page that is let in."""

from __future__ import annotations

from datetime import timedelta

from claude_mem_core.domain.access import ApiKey, KeyDraft, NewKey, Principal
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
from claude_mem_core.errors import ForbiddenError, InvalidInputError
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import member_of_team, require_open


def issued(
    tx: Transaction,
    draft: KeyDraft,
    *,
    lasts: timedelta | None,
    by: Principal,
    audited: Audited,
    secret: ServerSecret | None,
) -> NewKey:
    """Keep a new key, with its audit entry.

    Args:
        tx: Where it is kept.
        draft: What is asked for.
        lasts: How long it counts from now; None: for good.
        by: Who makes it: it allows a part of what theirs does.
        audited: The pen of the audit log, with clock and dice.
        secret: What the server knows and its database does not.

    Raises:
        ForbiddenError: It would allow what the caller's own does not.
        InvalidInputError: A scope is none, or a user no member.
        NotFoundError: The team has no such project.
    """
    wanted = draft.wanted
    by.require_all(wanted)
    raw, parts = minted(draft.kind, audited.system)
    tx.teams.get(by.team_id, scope=by.scope)
    project_id = _project_of(tx, draft, by=by)
    if draft.user_id is not None:
        _require_member(tx, draft.user_id, wanted, by=by)
    now = audited.system.now()
    key = ApiKey(
        id=audited.system.new_id(),
        team_id=by.team_id,
        project_id=project_id,
        name=draft.called,
        key_hash=hash_key(parts, secret),
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
    record(tx, "api_key.create", key, by=by, audited=audited)
    return NewKey(key=key, raw=raw)


def minted(kind: KeyKind, system: System) -> tuple[str, KeyParts]:
    """A key that is stored nowhere yet, and its parts."""
    raw = mint_key(system.random_bytes(KEY_BYTES), kind)
    parts = read_key(raw)
    assert parts is not None, "a new key can be read"  # noqa: S101
    return raw, parts


def record(
    tx: Transaction,
    action: str,
    key: ApiKey,
    *,
    by: Principal,
    audited: Audited,
    **more: str,
) -> None:
    """Write in the audit log what was done with a key."""
    deed = AuditDeed(
        action=action,
        project_id=key.project_id,
        target_type="api_key",
        target_id=key.id,
        metadata={"scopes": [*key.scopes], **more},
    )
    audited.record(tx, deed, by=by)


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
