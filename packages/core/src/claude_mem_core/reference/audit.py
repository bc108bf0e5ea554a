# SPDX-License-Identifier: Apache-2.0
"""The audit log in this process."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from typing_extensions import override

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.audit import AuditHead, AuditQuery, AuditRow
from claude_mem_core.domain.value import LAST_EPOCH
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.audit import AuditLog
from claude_mem_core.reference.state import State


class InProcessAuditLog(AuditLog):
    """The audit log."""

    def __init__(self, state: State) -> None:
        self._state = state

    @override
    def head(self) -> AuditHead | None:
        newest = next(reversed(self._state.audit.values()), None)
        return None if newest is None else newest.head

    @override
    def page(self, *, after: int, limit: int) -> Sequence[AuditRow]:
        later = (row for row in self._state.audit.values() if row.seq > after)
        return tuple(islice(later, limit))

    @override
    def list(self, query: AuditQuery, *, scope: Scope) -> Sequence[AuditRow]:
        rows = self._state.audit.values()
        ordered = rows if query.order == "asc" else reversed(rows)
        wanted = (row for row in ordered if _is_wanted(row, query, scope))
        return tuple(islice(wanted, query.limit))

    @override
    def append(self, rows: Sequence[AuditRow]) -> None:
        for row in rows:
            if row.seq in self._state.audit or row.id in self._state.audit_ids:
                message = f"the audit log has a row {row.seq} or {row.id!r} already"
                raise ConflictError(message)
            self._state.audit[row.seq] = row
            self._state.audit_ids[row.id] = row.seq

    @override
    def seal(self, row: AuditRow) -> None:
        kept = self._state.audit.get(row.seq)
        if kept is not None and not kept.row_hash:
            hashes = {"prev_hash": row.prev_hash, "row_hash": row.row_hash}
            self._state.audit[row.seq] = kept.changed(**hashes)

    @override
    def prune(self, *, through: int) -> None:
        for seq in [seq for seq in self._state.audit if seq <= through]:
            del self._state.audit_ids[self._state.audit.pop(seq).id]


NAMED = ("project_id", "action", "actor_id", "target_type", "target_id")
"""The fields that a query names as they stand in a row."""


def _is_wanted(row: AuditRow, query: AuditQuery, scope: Scope) -> bool:
    return (
        row.team_id == scope.team_id
        and scope.project_id in (None, row.project_id)
        and all(getattr(query, one) in (None, getattr(row, one)) for one in NAMED)
        and (query.since or 0) <= row.created_at_epoch
        and row.created_at_epoch <= (LAST_EPOCH if query.until is None else query.until)
        and _comes_after(row, query)
    )


def _comes_after(row: AuditRow, query: AuditQuery) -> bool:
    if query.after is None:
        return True
    return row.seq > query.after if query.order == "asc" else row.seq < query.after
