# SPDX-License-Identifier: Apache-2.0
"""Audit logs that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.audit import AuditContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.reference.audit import InProcessAuditLog

from broken.registry import breaks


@breaks(AuditContract.test_a_row_comes_back_the_same, "audit")
class AuditLosesMetadata(InProcessAuditLog):
    def append(self, rows):
        super().append([row.changed(metadata={}) for row in rows])


@breaks(AuditContract.test_a_number_and_an_id_are_taken_once, "audit")
class AuditTakesAnIdTwice(InProcessAuditLog):
    def append(self, rows):
        for row in rows:
            self._state.audit_ids.pop(row.id, None)
        super().append(rows)


@breaks(AuditContract.test_the_head_is_the_newest_row, "audit")
class AuditPassesOverWhatIsNotSealed(InProcessAuditLog):
    def head(self):
        rows = [row for row in self._state.audit.values() if row.row_hash]
        return rows[-1].head if rows else None


@breaks(AuditContract.test_the_log_is_read_page_by_page, "audit")
class AuditIsReadByTime(InProcessAuditLog):
    def page(self, *, after, limit):
        page = super().page(after=after, limit=limit)
        return sorted(page, key=lambda row: row.created_at_epoch)


@breaks(AuditContract.test_a_query_finds_the_rows_of_the_scope, "audit")
class AuditOfTheWholeTeam(InProcessAuditLog):
    def list(self, query, *, scope):
        return super().list(query, scope=Scope(scope.team_id))


@breaks(AuditContract.test_a_row_is_sealed_once, "audit")
class AuditIsSealedAnew(InProcessAuditLog):
    def seal(self, row):
        kept = self._state.audit[row.seq]
        hashes = {"prev_hash": row.prev_hash, "row_hash": row.row_hash}
        self._state.audit[row.seq] = kept.changed(**hashes)


@breaks(AuditContract.test_the_oldest_rows_go, "audit")
class AuditKeepsTheLastOfThem(InProcessAuditLog):
    def prune(self, *, through):
        super().prune(through=through - 1)
