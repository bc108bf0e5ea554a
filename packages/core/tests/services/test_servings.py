# SPDX-License-Identifier: Apache-2.0
"""What was served is told in batches; what cannot be told is counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import CLOSED, DENIED, OPENED, UNRECORDED, AuditRow
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.errors import StorageError, StorageReadOnlyError
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.services import servings
from typing_extensions import override

ME = Principal.local()


class Store(InProcessStorage):
    """A storage that refuses to be written when told to, and is looked at to the end."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.refuses: StorageError | None = None
        self.written = threading.Event()

    @override
    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        if self.refuses is not None:
            raise self.refuses
        with super().begin() as tx:
            yield tx
        self.written.set()

    @override
    def close(self) -> None:
        """What is in it is read after the runtime has closed it."""


@pytest.fixture
def storage(system) -> Store:
    return Store(system)


@pytest.fixture
def runtime(storage: Store, system) -> Iterator[Runtime]:
    with assemble(
        storage=storage,
        queue=InProcessQueueEngine(storage, system),
        generator=RuleBasedGenerator(),
        system=system,
    ) as made:
        yield made


@pytest.fixture
def item(runtime: Runtime) -> MemoryItem:
    project = runtime.projects.create(ProjectDraft(name="Lighthouse"), by=ME)
    draft = MemoryItemDraft(
        project_id=project.id, kind="manual", type="note", title="The lamp burns oil"
    )
    return runtime.memories.add(draft, by=ME)


def log(storage: Store) -> list[AuditRow]:
    """The rows that are not of a write."""
    own = {OPENED, CLOSED, UNRECORDED, DENIED}
    with storage.read() as snapshot:
        rows = snapshot.audit.page(after=0, limit=10_000)
    return [row for row in rows if row.action in own or "run" in row.metadata]


def search(runtime: Runtime, item: MemoryItem, **more: str) -> None:
    query = SearchQuery(project_id=item.project_id, query="lamp")
    runtime.recall.search(query, by=ME, **more)


def test_every_way_to_memories_is_told(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    search(runtime, item, request_id="r1")
    line = TimelineQuery(project_id=item.project_id, anchor=item.id)
    runtime.recall.timeline(line, by=ME)
    runtime.memories.get(item.id, by=ME)
    runtime.memories.get_many(MemoryRequest(ids=(item.id, "absent")), by=ME)
    runtime.context.pack(ContextQuery(project_id=item.project_id), by=ME)

    assert runtime.servings.write_down() == 5
    opened, *told = log(storage)

    assert opened.action == OPENED
    assert [row.action for row in told] == [
        "memory.search",
        "memory.timeline",
        "memory.read",
        "memory.read_many",
        "context.pack",
    ]
    run = opened.metadata["run"]
    for row in told:
        ids = {"ids": [item.id], "count": 1, "run": run, "batch": 1}
        assert {**row.metadata, "requestId": None} == {**ids, "requestId": None}
        assert row.project_id == item.project_id
        assert (row.actor_type, row.team_id) == ("user", "local")
    assert told[0].metadata["requestId"] == "r1"


def test_a_question_without_an_answer_is_told_too(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    query = SearchQuery(project_id=item.project_id, query="zebra")
    runtime.recall.search(query, by=ME)
    runtime.servings.write_down()
    _, row = log(storage)
    assert (row.project_id, row.metadata["count"]) == (item.project_id, 0)


def test_each_project_that_was_served_from_has_its_row(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    other = runtime.projects.create(ProjectDraft(name="Harbour"), by=ME)
    draft = MemoryItemDraft(
        project_id=other.id, kind="manual", type="note", title="A lamp of the pier"
    )
    runtime.memories.add(draft, by=ME)
    both = (item.project_id, other.id)
    query = SearchQuery(project_ids=both, query="lamp")
    runtime.recall.search(query, by=ME)
    runtime.servings.write_down()
    assert {row.project_id for row in log(storage)[1:]} == set(both)


def test_a_row_names_fifty_memories_and_counts_all(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    many = [item.changed(id=f"m{number}") for number in range(60)]
    runtime.servings.note("memory.search", many, by=ME)
    runtime.servings.write_down()
    told = log(storage)[-1].metadata
    assert told["count"] == 60
    assert told["ids"] == [f"m{number}" for number in range(50)]


def test_a_run_opens_with_its_first_batch_and_closes_with_the_process(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    for _ in range(3):
        search(runtime, item)
        runtime.servings.write_down()
    assert [gap.batch for gap in runtime.audit.verify().gaps] == [None]
    runtime.close()
    rows = log(storage)
    assert [row.metadata.get("batch") for row in rows] == [None, 1, 2, 3, None]
    assert rows[-1].action == CLOSED
    assert rows[-1].metadata["batches"] == 3
    assert runtime.audit.verify().gaps == ()


def test_a_process_that_serves_nothing_writes_no_row(
    runtime: Runtime, storage: Store
) -> None:
    runtime.servings.write_down()
    runtime.close()
    assert log(storage) == []


def test_a_server_opens_its_run_before_it_serves(
    runtime: Runtime, storage: Store
) -> None:
    assert runtime.servings.write_down(opens=True) == 0
    assert [row.metadata["server"] for row in log(storage)] == [True]
    runtime.servings.write_down(opens=True)
    assert len(log(storage)) == 1


def test_a_started_runtime_writes_without_being_asked(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    runtime.start(work=False)
    search(runtime, item)
    while "memory.search" not in [row.action for row in log(storage)]:
        assert storage.written.wait(20)
        storage.written.clear()
    runtime.close()
    assert [row.action for row in log(storage)] == [OPENED, "memory.search", CLOSED]
    assert log(storage)[0].metadata["server"] is True


def test_large_batches_are_cut(
    runtime: Runtime, storage: Store, item: MemoryItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servings, "AT_ONCE", 2)
    for _ in range(5):
        search(runtime, item)
    assert runtime.servings.write_down() == 5
    assert [row.metadata.get("batch") for row in log(storage)] == [None, 1, 1, 2, 2, 3]


def test_what_could_not_be_written_is_tried_again(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    search(runtime, item, request_id="first")
    storage.refuses = StorageError("the disk is silent")
    assert runtime.servings.write_down() == 0
    search(runtime, item, request_id="second")
    storage.refuses = None
    assert runtime.servings.write_down() == 2
    assert [row.metadata.get("requestId") for row in log(storage)] == [
        None,
        "first",
        "second",
    ]
    assert runtime.audit.unrecorded == 0


def test_on_a_store_that_is_read_only_servings_are_counted(
    runtime: Runtime, storage: Store, item: MemoryItem
) -> None:
    storage.refuses = StorageReadOnlyError("it can only be read")
    for _ in range(3):
        search(runtime, item)
        runtime.servings.write_down(opens=True)
    assert runtime.audit.unrecorded == 3
    assert log(storage) == []
    storage.refuses = None
    runtime.servings.write_down()
    opened, counted = log(storage)
    assert opened.action == OPENED
    assert (counted.action, counted.metadata["count"]) == (UNRECORDED, 3)
    runtime.servings.write_down()
    assert len(log(storage)) == 2
    assert runtime.audit.unrecorded == 3


def test_more_than_can_wait_is_counted(
    runtime: Runtime, storage: Store, item: MemoryItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servings, "MOST_WAITING", 4)
    for _ in range(10):
        search(runtime, item)
    runtime.servings.write_down()
    assert runtime.audit.unrecorded == 6
    counted = [
        row.metadata["count"] for row in log(storage) if row.action == UNRECORDED
    ]
    assert counted == [6]
    assert runtime.audit.verify().fault is None


def test_refusals_are_told_once_their_minute_is_over(
    runtime: Runtime, storage: Store, system
) -> None:
    caller = Principal(
        team_id="local", project_id="p", actor_type="api_key", actor_id="key"
    )
    for _ in range(50):
        runtime.audit.denied(401, address="127.0.0.1")
    runtime.audit.denied(403, address="10.0.0.1", by=caller, deed="memory.write")
    assert runtime.servings.write_down() == 0
    system.pass_time(timedelta(minutes=1))
    assert runtime.servings.write_down() == 2
    _, nobody, somebody = log(storage)
    assert (nobody.actor_type, nobody.metadata["count"]) == ("system", 50)
    assert nobody.metadata["from"] == "loopback"
    assert (somebody.actor_id, somebody.project_id) == ("key", "p")
    assert somebody.metadata["deed"] == "memory.write"


def test_refusals_of_the_last_minute_are_told_at_the_end(
    runtime: Runtime, storage: Store
) -> None:
    runtime.audit.denied(401, address="93.184.216.34")
    runtime.close()
    assert [row.action for row in log(storage)] == [OPENED, DENIED, CLOSED]
