# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.audit import AuditHead, AuditQuery, AuditRow
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.audit import AuditLog
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, PROJECT


class AuditContract(RepositoryContract):
    """The audit log."""

    ports: ClassVar[tuple[type, ...]] = (AuditLog,)

    def test_a_row_comes_back_the_same(self, inhabited: Storage) -> None:
        """A row that is kept comes back the same to the last character: its seal
        counts.

        Keep rows, each by its own number.
        """  # noqa: D205 - the promise is quoted whole
        target = {"target_type": "event", "target_id": "event", "actor_id": "somebody"}
        rows = [
            samples.audit_row(3, metadata=samples.AWKWARD, **target),
            samples.audit_row(4, team_id=None, project_id=None, actor_type="system"),
        ]
        with inhabited.begin() as tx:
            tx.audit.append(rows)
        assert _page(inhabited) == rows

    def test_a_number_and_an_id_are_taken_once(self, inhabited: Storage) -> None:
        """A row's number and its id are each taken once: `ConflictError`."""
        with inhabited.begin() as tx:
            tx.audit.append([samples.audit_row(1)])
        for again in (
            samples.audit_row(1, id="another id"),
            samples.audit_row(2, id="row 1"),
        ):
            with pytest.raises(ConflictError), inhabited.begin() as tx:
                tx.audit.append([again])
        assert _page(inhabited) == [samples.audit_row(1)]

    def test_the_head_is_the_newest_row(self, inhabited: Storage) -> None:
        """The newest row's number and hash; None of a log without rows."""
        with inhabited.begin() as tx:
            assert tx.audit.head() is None
            tx.audit.append([samples.audit_row(1), samples.audit_row(2)])
            assert tx.audit.head() == AuditHead(2, "hash 2")
            tx.audit.append([samples.audit_row(3, row_hash="")])
        with inhabited.read() as snapshot:
            assert snapshot.audit.head() == AuditHead(3, "")

    def test_the_log_is_read_page_by_page(self, inhabited: Storage) -> None:
        """The rows of every team after a number, the oldest first."""
        rows = [
            samples.audit_row(seq, team_id=team, created_at_epoch=NOW + 9 - seq)
            for seq, team in enumerate(("team", "strangers", None, "team"), start=1)
        ]
        with inhabited.begin() as tx:
            tx.audit.append(rows)
        assert _page(inhabited, after=0, limit=3) == rows[:3]
        assert _page(inhabited, after=3, limit=3) == rows[3:]
        assert _page(inhabited, after=4) == []

    def test_a_query_finds_the_rows_of_the_scope(self, inhabited: Storage) -> None:
        """The rows of the scope that a query asks for, in its order."""
        rows = _rows_that_differ()
        with inhabited.begin() as tx:
            tx.audit.append([*rows, samples.audit_row(99, team_id="strangers")])
            tx.audit.append([samples.audit_row(100, team_id=None)])
        every = [row.seq for row in rows]
        assert _listed(inhabited) == every[::-1]
        assert _listed(inhabited, order="asc") == every
        assert _listed(inhabited, limit=2) == every[:-3:-1]
        assert _listed(inhabited, order="asc", after=2, limit=2) == [3, 4]
        assert _listed(inhabited, after=3) == [2, 1]
        assert _listed(inhabited, scope=PROJECT) == [
            row.seq for row in rows[::-1] if row.project_id == "project"
        ]
        for asked, seqs in (
            ({"project_id": "other"}, [2]),
            ({"action": "memory.write"}, [3]),
            ({"actor_id": "somebody"}, [4]),
            ({"target_type": "key"}, [5]),
            ({"target_id": "key"}, [5]),
            ({"since": NOW + 1}, [6]),
            ({"until": NOW - 1}, [1]),
            ({"action": "memory.write", "actor_id": "somebody"}, []),
        ):
            assert _listed(inhabited, **asked) == seqs

    def test_a_row_is_sealed_once(self, inhabited: Storage) -> None:
        """Give a row that has no hash its hashes; one that has them keeps its own."""
        bare = samples.audit_row(1, prev_hash="", row_hash="")
        sealed = bare.changed(prev_hash="before", row_hash="now")
        with inhabited.begin() as tx:
            tx.audit.append([bare, samples.audit_row(2)])
            tx.audit.seal(sealed.changed(action="nothing else changes"))
            tx.audit.seal(samples.audit_row(2, prev_hash="x", row_hash="y"))
        assert _page(inhabited) == [sealed, samples.audit_row(2)]

    def test_the_oldest_rows_go(self, inhabited: Storage) -> None:
        """Let the oldest rows go, up to the one with this number."""
        with inhabited.begin() as tx:
            tx.audit.append([samples.audit_row(seq) for seq in (1, 2, 3)])
            tx.audit.prune(through=2)
            tx.audit.append([samples.audit_row(4)])
        assert [row.seq for row in _page(inhabited)] == [3, 4]


def _rows_that_differ() -> Sequence[AuditRow]:
    """Rows of `team`, of which each has something that no other one has."""
    return [
        samples.audit_row(1, created_at_epoch=NOW - 1),
        samples.audit_row(2, project_id="other"),
        samples.audit_row(3, action="memory.write"),
        samples.audit_row(4, actor_id="somebody"),
        samples.audit_row(5, target_type="key", target_id="key"),
        samples.audit_row(6, project_id=None, created_at_epoch=NOW + 1),
    ]


def _page(storage: Storage, *, after: int = 0, limit: int = 9) -> Sequence[AuditRow]:
    with storage.read() as snapshot:
        return list(snapshot.audit.page(after=after, limit=limit))


def _listed(storage: Storage, *, scope: Scope = OURS, **asked: object) -> Sequence[int]:
    query = AuditQuery.model_validate(asked, by_name=True)
    with storage.read() as snapshot:
        return [row.seq for row in snapshot.audit.list(query, scope=scope)]
