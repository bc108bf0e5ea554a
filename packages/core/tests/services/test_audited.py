# SPDX-License-Identifier: Apache-2.0
"""Every entry is sealed to the one before it, whoever writes and whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.audit import SEALED, AuditDeed, AuditRow
from claude_mem_core.domain.audit_check import Verdict, verify
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.errors import ConflictError
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime
from claude_mem_core.services.audited import Audited
from claude_mem_core.system import RealSystem

ME = Principal.local()
KEY = b"a key"
DEED = AuditDeed(action="event.write")


def rows(storage: InProcessStorage) -> list[AuditRow]:
    with storage.read() as snapshot:
        return list(snapshot.audit.page(after=0, limit=10_000))


def check(storage: InProcessStorage, key: bytes | None = KEY) -> Verdict:
    return verify(rows(storage), key=key)


def test_what_is_rolled_back_leaves_no_gap(storage: InProcessStorage) -> None:
    audited = Audited(RealSystem(), KEY)
    for _ in range(3):
        with storage.begin() as tx:
            audited.record(tx, DEED, by=ME)
        with pytest.raises(ConflictError):
            _record_and_fail(storage, audited)
    assert [row.seq for row in rows(storage)] == [1, 2, 3]
    assert check(storage).fault is None


def _record_and_fail(storage: InProcessStorage, audited: Audited) -> None:
    with storage.begin() as tx:
        audited.record(tx, DEED, by=ME)
        raise ConflictError("it cannot be done")


def test_writers_that_take_turns_make_one_chain(storage: InProcessStorage) -> None:
    pens = [Audited(RealSystem(), KEY) for _ in range(4)]

    def write(number: int) -> None:
        with storage.begin() as tx:
            pens[number % len(pens)].record(tx, DEED, by=ME)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(100)))
    assert check(storage).rows == 100
    assert check(storage).fault is None


def test_rows_of_before_the_chain_are_sealed_by_the_next_one(
    storage: InProcessStorage,
) -> None:
    audited = Audited(RealSystem(), KEY)
    with storage.begin() as tx:
        for _ in range(3):
            audited.record(tx, DEED, by=ME)
        bare = [
            row.changed(prev_hash="", row_hash="")
            for row in tx.audit.page(after=0, limit=9)
        ]
        tx.audit.prune(through=3)
        tx.audit.append(bare)
    with storage.begin() as tx:
        audited.record(tx, DEED, by=ME)
    assert check(storage).fault is None
    *_, mark, last = rows(storage)
    assert (mark.action, mark.metadata) == (SEALED, {"count": 3})
    assert (last.action, last.seq) == ("event.write", 5)


def test_a_row_that_somebody_put_in_without_a_seal_is_never_sealed(
    storage: InProcessStorage,
) -> None:
    audited = Audited(RealSystem(), KEY)
    with storage.begin() as tx:
        audited.record(tx, DEED, by=ME)
        (row,) = tx.audit.page(after=0, limit=9)
        forged = row.changed(seq=2, id="forged", prev_hash=row.row_hash, row_hash="")
        tx.audit.append([forged])
    with storage.begin() as tx:
        audited.record(tx, DEED, by=ME)
    fault = check(storage).fault
    assert fault is not None
    assert (fault.kind, fault.seq) == ("changed", 2)


def test_what_a_runtime_writes_is_sealed(
    runtime: Runtime,
    storage: InProcessStorage,
    project: Project,
    draft: Callable[..., AgentEventDraft],
) -> None:
    runtime.events.accept(draft("user_prompt"), by=ME)
    runtime.events.accept_batch([draft("tool_use"), draft("turn_end")], by=ME)
    runtime.generator.drain()
    actions = [row.action for row in rows(storage)]
    assert actions[:1] == ["project.create"]
    assert {"event.write", "session.start", "observation.created"} <= set(actions)
    assert runtime.audit.verify().fault is None
    with pytest.raises(ConflictError):
        runtime.projects.create(ProjectDraft(name="x", slug=project.slug), by=ME)
    assert len(rows(storage)) == len(actions)
