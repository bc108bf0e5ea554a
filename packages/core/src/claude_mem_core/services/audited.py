# SPDX-License-Identifier: Apache-2.0
"""What every writing service does besides its deed: it leaves an audit entry."""

from __future__ import annotations

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.audit import AuditDeed, audit_entry
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.ports.system import System


def record(tx: Transaction, deed: AuditDeed, *, by: Principal, system: System) -> None:
    """Write the entry for `deed` in the deed's own transaction."""
    entry = audit_entry(deed, by=by, id_=system.new_id(), now=system.now())
    tx.audit.append(entry)


def acting_as_system(scope: Scope) -> Principal:
    """Who writes what nobody asked for at that moment: the server itself."""
    return Principal(
        team_id=scope.team_id, project_id=scope.project_id, actor_type="system"
    )
