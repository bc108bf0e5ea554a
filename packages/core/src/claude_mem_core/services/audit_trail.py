# SPDX-License-Identifier: Apache-2.0
"""The audit log as it is looked at: listed, checked, and let go when it is old."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import (
    PRUNED,
    AuditDeed,
    AuditHead,
    AuditPage,
    AuditQuery,
    AuditRow,
)
from claude_mem_core.domain.audit_check import Verdict, verify
from claude_mem_core.domain.denials import Denial, address_class
from claude_mem_core.domain.value import JsonObject, millis
from claude_mem_core.errors import ClaudeMemError, StorageReadOnlyError
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.services.audited import PAGE, Audited, server
from claude_mem_core.services.borders import require_project
from claude_mem_core.services.servings import Servings

LOG_EVERY = 1_000
"""Rows after which the log tells the head, so that it is kept in another place too."""

PRUNE_EVERY = timedelta(days=1)

log = logging.getLogger(__name__)


class AuditTrail:
    """Who did what, to whoever may know.

    Args:
        storage: Where the log is.
        audited: The pen that writes it.
        servings: What is on its way into it.
        keeps: How long a row is kept; None: for good.
    """

    def __init__(
        self,
        storage: Storage,
        audited: Audited,
        servings: Servings,
        *,
        keeps: timedelta | None = None,
    ) -> None:
        self._storage = storage
        self._audited = audited
        self._servings = servings
        self._keeps = keeps
        self._told = 0
        self._prunes_next = 0

    @property
    def unrecorded(self) -> int:
        """Servings of this process that no row tells of."""
        return self._servings.unrecorded

    def list(self, query: AuditQuery, *, by: Principal) -> AuditPage:
        """The rows of the caller's team, or project, that a query asks for.

        Raises:
            ForbiddenError: The caller is limited to another project.
            NotFoundError: The team has no such project.
        """
        with self._storage.read() as snapshot:
            if query.project_id is not None:
                require_project(snapshot, query.project_id, by=by)
            return AuditPage.of(snapshot.audit.list(query, scope=by.scope), query)

    def head(self) -> AuditHead | None:
        """The newest row, to be kept elsewhere; None of a log without rows."""
        with self._storage.read() as snapshot:
            return snapshot.audit.head()

    def verify(
        self,
        head: AuditHead | None = None,
        *,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Verdict:
        """Whether the log is as it was written, all teams' rows of one moment.

        Args:
            head: One that was kept elsewhere.
            progress: Called now and then with the number of rows that were read.
        """
        with self._storage.read() as snapshot:
            rows = _all_rows(snapshot, progress)
            return verify(rows, key=self._audited.key, head=head)

    def denied(
        self,
        status: int,
        *,
        address: str | None,
        by: Principal | None = None,
        deed: str | None = None,
    ) -> None:
        """Count a request that was refused; a row a minute tells how many.

        Args:
            status: What was answered, such as 401, 403 or 429.
            address: From where it came; only what kind of address is kept.
            by: The caller; None: nobody that is known.
            deed: What was asked for, by its name in the table of deeds.
        """
        self._servings.deny(Denial(status, address_class(address), by, deed))

    def make_ready(self) -> None:
        """Seal the rows that were written before there was a chain, if there are any.

        A store that can only be read stays as it is.
        """
        head = self.head()
        if head is None or head.hash:
            return
        try:
            with self._storage.begin() as tx:
                self._audited.head(tx)
        except StorageReadOnlyError as error:
            log.warning("the audit log is not sealed yet: %s", error)

    def tell_head(self, *, at_end: bool = False) -> None:
        """Write the head into the process's log, now and then and at the end."""
        reached = self._audited.latest // LOG_EVERY
        if reached == self._told and not at_end:
            return
        try:
            head = self.head()
        except ClaudeMemError as error:
            log.warning("the audit log's head is unknown: %s", error)
            return
        self._told = reached
        if head is not None:
            log.info("audit head %s", head)

    def prune(self) -> int:
        """Let rows go whose time is over, once a day; how many there were.

        Only the oldest go, and the row that is left in their place tells the last of
        them: so the chain can be checked from there on.
        """
        now = self._audited.system.now()
        if self._keeps is None or now < self._prunes_next:
            return 0
        before = now - millis(self._keeps)
        with self._storage.read() as snapshot:
            last = _aged(snapshot, before=before)
        gone = 0 if last is None else self._let_go(last)
        self._prunes_next = now + millis(PRUNE_EVERY)
        return gone

    def _let_go(self, seq: int) -> int:
        with self._storage.begin() as tx:
            # Another process may have done it while this one waited for its turn.
            (oldest,) = tx.audit.page(after=0, limit=1)
            if oldest.seq > seq:
                return 0
            self._audited.head(tx)
            (last,) = tx.audit.page(after=seq - 1, limit=1)
            told: JsonObject = {"lastSeq": last.seq, "lastHash": last.row_hash}
            tx.audit.prune(through=last.seq)
            deed = AuditDeed(action=PRUNED, metadata=told)
            self._audited.record(tx, deed, by=server())
        return last.seq - oldest.seq + 1


def _all_rows(
    snapshot: Snapshot, progress: Callable[[int], object]
) -> Iterator[AuditRow]:
    seen = after = 0
    while page := snapshot.audit.page(after=after, limit=PAGE):
        yield from page
        after = page[-1].seq
        seen += len(page)
        progress(seen)


def _aged(snapshot: Snapshot, *, before: int) -> int | None:
    """The last of the oldest rows that are all older than a moment, if there is one."""
    last = None
    for row in _all_rows(snapshot, lambda _: None):
        if row.created_at_epoch >= before:
            break
        last = row.seq
    return last
