# SPDX-License-Identifier: Apache-2.0
"""What was told is of use when it is read, or when its files are worked on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from claude_mem_core.api import ContextQuery, MemoryItemDraft, Principal, SearchQuery
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.context_pack import Told
from claude_mem_core.domain.feedback import Feedback, MemoryUse
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.uses import WITHIN
from claude_mem_core.errors import StorageReadOnlyError
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime
from typing_extensions import override

ME = Principal.local()
SECOND = timedelta(seconds=1)


class _Store(InProcessStorage):
    """A storage that counts its write blocks, and can be closed to writers."""

    is_read_only = False
    writes = 0

    def __init__(self, system: Any) -> None:
        super().__init__(system)
        self.has_uses = threading.Event()

    @override
    def begin(self) -> AbstractContextManager[Transaction]:
        if self.is_read_only:
            raise StorageReadOnlyError("the store can only be read")
        self.writes += 1
        return super().begin()

    @override
    @contextmanager
    def _begin(self) -> Iterator[Transaction]:
        with super()._begin() as tx:
            yield tx
        if self._state.uses:
            self.has_uses.set()


class _House:
    """A project on that storage, a clock that is moved, and what was noted."""

    def __init__(self, runtime: Runtime, store: _Store, system: Any, project: Project):
        self.runtime, self.store, self.system = runtime, store, system
        self.project = project.id

    def add(self, title: str, **fields: object) -> MemoryItem:
        given = {"kind": "observation", "type": "change", "title": title, **fields}
        draft = MemoryItemDraft.model_validate({"project_id": self.project, **given})
        self.system.pass_time(SECOND)
        return self.runtime.memories.add(draft, by=ME)

    def pack(self, **asked: object) -> list[Told]:
        """What is told, after a second has passed, with its verdicts."""
        self.system.pass_time(SECOND)
        given = {"project_id": self.project, "explain": True, **asked}
        query = ContextQuery.model_validate(given)
        pack = self.runtime.context.pack(query, by=ME)
        self.system.pass_time(SECOND)
        return list(pack.explanation)

    @property
    def uses(self) -> list[MemoryUse]:
        self.runtime.uses.write_down()
        return list(self.store._state.uses.values())


@pytest.fixture
def storage(system: Any) -> _Store:
    return _Store(system)


@pytest.fixture
def house(runtime: Runtime, storage: _Store, system: Any, project: Project) -> _House:
    return _House(runtime, storage, system, project)


def test_reading_what_was_told_is_a_use_of_the_last_pack(house: _House) -> None:
    lamp = house.add("The lamp turns")
    house.pack(query="lamp")
    house.pack(query="lamp", token_budget=900)
    with house.store.read() as snapshot:
        (last, _) = snapshot.packs.telling(lamp.id, scope=ME.scope)

    house.runtime.memories.get(lamp.id, by=ME)
    house.runtime.memories.get_many(MemoryRequest(ids=(lamp.id,)), by=ME)

    [use] = house.uses
    assert (use.kind, use.memory_item_id) == ("fetched", lamp.id)
    assert (use.pack_id, use.project_id) == (last.id, house.project)


def test_what_was_read_is_told_sooner_by_the_next_pack(house: _House) -> None:
    about = {"files": ["src/lamp.py"]}
    for title in ("The lamp turns", "A wet cellar", "Seven steps"):
        house.add(title, files_read=about["files"])
    before = house.pack(**about)
    house.runtime.memories.get(before[-1].memory_id, by=ME)

    after = house.pack(**about)

    assert after[0].memory_id == before[-1].memory_id
    assert after[0].feedback > 0
    assert after[0].contradicted == 0


def test_reading_what_was_not_told_is_no_use(house: _House) -> None:
    lamp = house.add("The lamp turns")
    house.runtime.memories.get(lamp.id, by=ME)
    house.pack(query="cellar")
    assert house.uses == []

    house.pack(query="lamp")
    house.system.pass_time(WITHIN["fetched"])
    house.runtime.memories.get(lamp.id, by=ME)
    assert house.uses == []


def test_a_reader_waits_for_no_writer(house: _House) -> None:
    lamp = house.add("The lamp turns")
    house.pack()
    before = house.store.writes

    for _ in range(10):
        house.runtime.memories.get(lamp.id, by=ME)

    assert house.store.writes == before
    assert len(house.uses) == 1
    assert house.store.writes == before + 1
    house.runtime.memories.get(lamp.id, by=ME)
    assert house.runtime.uses.write_down() == 0
    assert house.store.writes == before + 1


def test_a_reader_of_a_store_that_only_reads_is_served(
    house: _House, caplog: pytest.LogCaptureFixture
) -> None:
    lamp = house.add("The lamp turns")
    house.pack()
    house.store.is_read_only = True

    with caplog.at_level(logging.WARNING):
        assert house.runtime.memories.get(lamp.id, by=ME) == lamp
        house.pack()

    assert "1 readings were not noted: the store can only be read" in caplog.text


def test_what_was_read_at_last_is_noted_when_the_runtime_closes(house: _House) -> None:
    lamp = house.add("The lamp turns")
    house.pack()
    house.runtime.memories.get(lamp.id, by=ME)

    house.runtime.close()

    assert [use.kind for use in house.store._state.uses.values()] == ["fetched"]


def test_a_server_notes_what_was_read_while_nobody_asks_for_a_pack(
    house: _House,
) -> None:
    lamp = house.add("The lamp turns")
    house.pack()
    house.runtime.memories.get(lamp.id, by=ME)

    house.runtime.start(work=False)

    assert house.store.has_uses.wait(10)


Turn = Callable[..., str]


@pytest.fixture
def turn(house: _House, draft: Callable[..., AgentEventDraft]) -> Callable[..., str]:
    """Has a session touch a file with a tool, and its turn worked on."""

    def take(path: str, tool: str = "Read", session: str = "s1") -> str:
        call = {"tool_name": tool, "tool_input": {"file_path": path}}
        now = {"occurred_at_epoch": house.system.now(), "content_session_id": session}
        events = [
            draft("user_prompt", **now, payload={"prompt": "Look."}),
            draft("tool_use", **now, payload=call),
            draft("turn_end", **now, payload={}),
        ]
        kept = house.runtime.events.accept_batch(events, by=ME)
        house.runtime.generator.drain()
        house.system.pass_time(SECOND)
        return kept[0].event.server_session_id or ""

    return take


@pytest.mark.parametrize("tool", ["Read", "Edit"])
def test_work_on_a_file_of_a_told_memory_is_a_use(
    house: _House, turn: Turn, tool: str
) -> None:
    lamp = house.add("The lamp turns", files_modified=["src/lamp.py"])
    house.add("A wet cellar", files_read=["src/cellar.py"])
    house.pack()

    turn("/home/me/house/src/lamp.py", tool)
    turn("/home/me/house/src/lamp.py", tool)

    [use] = house.uses
    assert (use.kind, use.memory_item_id) == ("touched", lamp.id)
    touched = {one.memory_id: one.feedback for one in house.pack()}
    assert touched.pop(lamp.id) > 0
    assert set(touched.values()) == {0}


def test_nothing_is_written_for_it_while_an_event_is_taken(
    house: _House, draft: Callable[..., AgentEventDraft]
) -> None:
    house.add("The lamp turns", files_modified=["src/lamp.py"])
    house.pack()
    call = {"tool_name": "Read", "tool_input": {"file_path": "src/lamp.py"}}
    now = {"occurred_at_epoch": house.system.now()}

    house.runtime.events.accept(draft("tool_use", **now, payload=call), by=ME)
    house.runtime.events.accept(draft("turn_end", **now), by=ME)

    assert house.uses == []
    house.runtime.generator.drain()
    assert [use.kind for use in house.uses] == ["touched"]


def test_only_the_session_that_was_told_answers(house: _House, turn: Turn) -> None:
    house.add("The lamp turns", files_modified=["src/lamp.py"])
    told = turn("README.md")
    house.pack(server_session_id=told)

    turn("src/lamp.py", session="another")
    assert house.uses == []
    turn("src/lamp.py")
    assert [use.server_session_id for use in house.uses] == [told]


def test_what_is_touched_long_after_is_no_use(house: _House, turn: Turn) -> None:
    house.add("The lamp turns", files_modified=["src/lamp.py"])
    house.pack()
    house.system.pass_time(WITHIN["touched"])

    turn("src/lamp.py")

    assert house.uses == []


def test_no_use_lies_in_the_future(
    house: _House, draft: Callable[..., AgentEventDraft]
) -> None:
    house.add("The lamp turns", files_modified=["src/lamp.py"])
    house.pack()
    call = {"tool_name": "Read", "tool_input": {"file_path": "src/lamp.py"}}
    ahead = {"occurred_at_epoch": house.system.now() + 60_000}

    for kind, payload in (("tool_use", call), ("turn_end", {})):
        house.runtime.events.accept(draft(kind, **ahead, payload=payload), by=ME)
    house.runtime.generator.drain()

    [use] = house.uses
    assert use.created_at_epoch == house.system.now()


def test_what_was_called_wrong_loses_and_says_why(house: _House) -> None:
    files = {"files_read": ["src/lamp.py"]}
    good, bad, dull = (house.add(f"A lamp {n}", **files) for n in range(3))
    wrong = Feedback(useful=False, wrong=True)
    value = house.runtime.context.judge(bad.id, wrong, by=ME)
    house.runtime.context.judge(dull.id, Feedback(useful=False), by=ME)

    told = {one.memory_id: one for one in house.pack(files=["src/lamp.py"])}

    assert told[bad.id].feedback == told[bad.id].contradicted == value < 0
    assert told[dull.id].feedback < told[dull.id].contradicted == 0
    assert list(told) == [good.id, dull.id, bad.id]


def test_what_lost_its_place_after_it_was_told_says_so(house: _House) -> None:
    old, other = house.add("The lamp turns"), house.add("A wet cellar")
    house.pack()
    then = house.system.now()
    house.system.pass_time(SECOND)
    new = house.add("The lamp stands")
    with house.store.begin() as tx:
        lost = {"superseded_by_id": new.id, "superseded_at_epoch": house.system.now()}
        tx.memories.replace(old.changed(**lost))

    told = {one.memory_id: one.contradicted for one in house.pack(known_at=then)}

    assert told[old.id] < told[other.id] == 0


def test_a_search_tells_what_feedback_added(house: _House) -> None:
    plain, used, wrong = (house.add(f"A lamp {n}") for n in range(3))
    house.runtime.context.judge(used.id, Feedback(useful=True), by=ME)
    said = Feedback(useful=False, wrong=True)
    house.runtime.context.judge(wrong.id, said, by=ME)

    query = SearchQuery(project_id=house.project, query="lamp")
    hits = house.runtime.recall.search(query, by=ME).hits

    assert [hit.item.id for hit in hits] == [used.id, plain.id, wrong.id]
    signals = [(hit.parts["feedback"], hit.parts["contradicted"]) for hit in hits]
    assert signals[0][0] > 0 == signals[0][1]
    assert signals[1] == (0, 0)
    assert signals[2][0] == 0 > signals[2][1]


def test_a_pack_about_words_counts_feedback_once(house: _House) -> None:
    plain, used = house.add("A lamp 1"), house.add("A lamp 2")
    house.runtime.context.judge(used.id, Feedback(useful=True), by=ME)

    worth = {one.memory_id: one.score for one in house.pack(query="lamp")}
    known = {one.memory_id: one.feedback for one in house.pack(query="lamp")}

    expected = worth[plain.id] * (1 + 0.5 * known[used.id])
    assert worth[used.id] == pytest.approx(expected, rel=1e-4)


def test_another_teams_memory_is_noted_for_nobody(house: _House) -> None:
    house.add("The lamp turns")
    house.pack()
    stranger = Principal(team_id="strangers")
    request = MemoryRequest(ids=tuple(one.memory_id for one in house.pack()))

    assert house.runtime.memories.get_many(request, by=stranger).memories == ()
    assert house.uses == []
    with house.store.read() as snapshot:
        scope = Scope("strangers")
        told = snapshot.packs.told_between(
            0, house.system.now(), house.project, scope=scope, limit=9
        )
    assert list(told) == []
