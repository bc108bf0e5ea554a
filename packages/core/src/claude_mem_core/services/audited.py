# SPDX-License-Identifier: Apache-2.0
"""What every writing service does besides its deed: it leaves an audit entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.audit import (
    SEALED,
    START,
    AuditDeed,
    AuditEntry,
    AuditHead,
    audit_entry,
    sealed,
)
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.ports.system import System

PAGE = 1_000
"""Rows that are read at once."""

TAKES_BACK = frozenset(
    {
        "memory.update",
        "memory.supersede",
        "memory.expire",
        "observation.regenerated",
        "privacy.redact",
    }
)
"""Deeds after which something that was told may not be told as it was any more."""


class Audited:
    """The pen that writes the audit log: every entry sealed to the one before it.

    Args:
        system: Clock and dice.
        key: The server's, which seals; without one the seals show mistakes alone.
        takes_back: Does away with what is kept outside of the store of what was told.
    """

    def __init__(
        self,
        system: System,
        key: bytes | None = None,
        takes_back: Callable[[], None] | None = None,
    ) -> None:
        self.system = system
        self._takes_back = takes_back
        self._has_taken_back = False
        self.key = key
        self.latest = 0
        """The highest number that this process gave a row, committed or not."""

    def record(self, tx: Transaction, deed: AuditDeed, *, by: Principal) -> None:
        """Write the entry for `deed` in the deed's own transaction."""
        self.append(tx, [self.entry(deed, by=by, at=self.system.now())])
        if deed.action in TAKES_BACK and self._takes_back is not None:
            self._has_taken_back = True
            self._takes_back()

    def take_back(self) -> None:
        """Once more, after the transaction: meanwhile somebody may have been told."""
        if self._has_taken_back and self._takes_back is not None:
            self._has_taken_back = False
            self._takes_back()

    def entry(self, deed: AuditDeed, *, by: Principal, at: int) -> AuditEntry:
        """The entry for `deed`, which was done at that moment."""
        return audit_entry(deed, by=by, id_=self.system.new_id(), now=at)

    def append(self, tx: Transaction, entries: Sequence[AuditEntry]) -> None:
        """Write entries, in their order.

        The chain goes on from what the transaction sees: writers take turns, so no
        two rows follow one, and what is rolled back leaves no gap.
        """
        head, rows = self.head(tx), []
        for entry in entries:
            row = sealed(entry, after=head, key=self.key)
            rows.append(row)
            head = row.head
        tx.audit.append(rows)
        self.latest = head.seq

    def head(self, tx: Transaction) -> AuditHead:
        """What the next row follows; rows of before there was a chain are sealed."""
        head = tx.audit.head() or START
        return head if head.hash else self._seal_old(tx, head)

    def _seal_old(self, tx: Transaction, newest: AuditHead) -> AuditHead:
        (oldest,) = tx.audit.page(after=0, limit=1)
        if oldest.row_hash:
            # The chain has begun: such a row was put in by somebody else, and stays
            # the fault that it is.
            return newest
        head = AuditHead(oldest.seq - 1, START.hash)
        while page := tx.audit.page(after=head.seq, limit=PAGE):
            for old in page:
                after = AuditHead(old.seq - 1, head.hash)
                row = sealed(old, after=after, key=self.key)
                tx.audit.seal(row)
                head = row.head
        deed = AuditDeed(action=SEALED, metadata={"count": head.seq})
        entry = self.entry(deed, by=server(), at=self.system.now())
        row = sealed(entry, after=head, key=self.key)
        tx.audit.append([row])
        return row.head


def acting_as_system(scope: Scope) -> Principal:
    """Who writes what nobody asked for at that moment: the server itself."""
    return Principal(
        team_id=scope.team_id, project_id=scope.project_id, actor_type="system"
    )


def server() -> Principal:
    """The server, in matters of no team: who runs it reads of them."""
    return acting_as_system(Scope(LOCAL_TEAM_ID))
