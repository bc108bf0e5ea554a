# SPDX-License-Identifier: Apache-2.0
"""A session is told the same until something changes, and it is written down."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

import pytest
from claude_mem_core.api import ContextQuery, MemoryItemDraft, Principal, ProjectDraft
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.packing import read
from claude_mem_core.errors import NotFoundError, StorageReadOnlyError
from claude_mem_core.ports.storage import Transaction
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.context import ContextPacks
from claude_mem_core.services.memories import Memories
from claude_mem_core.services.projects import Projects
from claude_mem_core.services.servings import Servings
from claude_mem_core.services.similarity import Similarity
from claude_mem_core.services.uses import Uses
from claude_mem_core.system import RealSystem
from typing_extensions import override

ME = Principal.local()
STRANGER = Principal(team_id="strangers")
ERROR = "AttributeError: 'Lamp' object has no attribute 'motor'"


class _Stepping(RealSystem):
    """A clock that goes on by an hour whenever it is read."""

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 1_700_000_000_000

    @override
    def now(self) -> int:
        self._epoch += 3_600_000
        return self._epoch


class _Store(InProcessStorage):
    """A storage that can be closed to writers."""

    is_read_only = False

    @override
    def begin(self) -> AbstractContextManager[Transaction]:
        if self.is_read_only:
            raise StorageReadOnlyError("the store can only be read")
        return super().begin()


class _House:
    def __init__(self) -> None:
        self.system = _Stepping()
        self.store = _Store(self.system)
        audited = Audited(self.system)
        servings = Servings(self.store, audited)
        self.uses = Uses(self.store, self.system)
        self.memories = Memories(self.store, audited, self.uses, servings)
        alike = Similarity(None)
        self.packs = ContextPacks(self.store, audited, alike, self.uses, servings)
        projects = Projects(self.store, audited)
        self.project = projects.create(ProjectDraft(name="lighthouse"), by=ME).id

    def add(self, title: str, **fields: object) -> MemoryItem:
        given = {"kind": "observation", "type": "change", "title": title}
        draft = {"project_id": self.project, **given, **fields}
        return self.memories.add(MemoryItemDraft.model_validate(draft), by=ME)

    def pack(self, **asked: object) -> list[str | None]:
        query = ContextQuery.model_validate({"project_id": self.project, **asked})
        return [one.title for one in self.packs.pack(query, by=ME).items]


@pytest.fixture
def house() -> _House:
    return _House()


def test_two_packs_without_a_change_between_are_the_same_bytes(house: _House) -> None:
    for number in range(20):
        house.add(f"Matter {number}", narrative=f"What {number} was about.")
    query = ContextQuery(project_id=house.project, explain=True)
    first = house.packs.pack(query, by=ME)
    for _ in range(50):
        later = house.packs.pack(query, by=ME)

    assert first.explanation == later.explanation
    assert first.generated_at_epoch < later.generated_at_epoch
    assert (first.context, first.id) == (later.context, later.id)
    house.add("News", kind="manual")
    assert house.packs.pack(query, by=ME).context != first.context


def test_what_is_known_of_a_file_is_told(house: _House) -> None:
    house.add("Read it", files_read=["src/lamp.py"])
    house.add("Changed it", files_modified=["/home/me/house/src/lamp.py"])
    house.add("Its namesake", files_modified=["other/my_lamp.py"])

    assert house.pack(files=["src/lamp.py"]) == ["Changed it", "Read it"]
    assert house.pack(files=["./src\\lamp.py"]) == ["Changed it", "Read it"]
    assert house.pack(files="none.py, src/lamp.py") == ["Changed it", "Read it"]
    assert house.pack(files='["src/lamp.py"]') == ["Changed it", "Read it"]
    assert house.pack(files=["none.py"]) == []


def test_a_failing_command_brings_what_met_the_same_error(house: _House) -> None:
    signature = "attributeerror: 'lamp' object has no attribute 'motor'"
    house.add("A bulb of glass", metadata={"signature": signature})
    house.add("The lamp was painted", narrative="A lamp.")
    house.add("Nothing to do with it")
    output = f"Traceback:\n  File x.py, line 3\n{ERROR}\n"

    assert house.pack(command="pytest", output=output)[0] == "A bulb of glass"
    assert house.pack(error=ERROR) == ["A bulb of glass", "The lamp was painted"]


def test_what_was_left_open_lately_comes_before_what_was_done(house: _House) -> None:
    house.add("Something open", metadata={"unresolved": ["a test fails"]})
    house.add("Something finished")

    assert house.pack(limit=1) == ["Something open"]


def test_what_people_wrote_or_decided_is_told_however_old_it_is(
    house: _House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claude_mem_core.services.context.POOL", 3)
    house.add("Never on a Friday", kind="manual")
    standing = {"type": "decision", "metadata": {"standing": True}}
    house.add("Ask before painting", **standing)
    for number in range(5):
        house.add(f"Matter {number}")

    assert house.pack()[:2] == ["Never on a Friday", "Ask before painting"]


def test_a_receipt_tells_what_was_told_without_its_content(house: _House) -> None:
    secret = house.add("The lamp turns", narrative="Words of the memory.")
    query = ContextQuery(project_id=house.project)
    pack = house.packs.pack(query, by=ME)
    house.packs.pack(query, by=ME)

    receipt = house.packs.get(pack.id or "", by=ME)

    assert [one.memory_id for one in receipt.items] == [secret.id]
    assert (receipt.times, receipt.tokens) == (2, pack.tokens)
    assert receipt.characters == len(pack.context)
    assert "Words" not in str(receipt)
    assert "lamp" not in str(receipt)
    with pytest.raises(NotFoundError):
        house.packs.get(receipt.id, by=STRANGER)


def test_a_store_that_only_reads_still_gives_the_pack(
    house: _House, caplog: pytest.LogCaptureFixture
) -> None:
    house.add("The lamp turns")
    house.store.is_read_only = True

    with caplog.at_level(logging.WARNING):
        assert house.pack() == ["The lamp turns"]

    assert "was not kept: the store can only be read" in caplog.text


def test_nothing_told_leaves_no_receipt(house: _House) -> None:
    pack = house.packs.pack(ContextQuery(project_id=house.project), by=ME)

    assert (pack.id, pack.context, pack.tokens) == (None, "", 0)


def test_another_teams_session_is_not_told(house: _House) -> None:
    house.add("The lamp turns")
    query = ContextQuery(project_id=house.project, server_session_id="theirs")

    with pytest.raises(NotFoundError):
        house.packs.pack(query, by=ME)


def test_feedback_moves_a_memory(house: _House) -> None:
    good, bad = house.add("The lamp turns"), house.add("A wet cellar")
    house.packs.judge(good.id, Feedback(useful=True), by=ME)
    house.packs.judge(bad.id, Feedback(useful=False), by=ME)

    assert house.pack(limit=1) == ["The lamp turns"]
    with pytest.raises(NotFoundError):
        house.packs.judge(good.id, Feedback(useful=True), by=STRANGER)


def test_an_explanation_has_each_memory_that_was_considered(house: _House) -> None:
    for number in range(5):
        house.add(f"Matter {number}", narrative=f"What {number} was about.")
    query = ContextQuery(project_id=house.project, limit=2, explain=True)

    pack = house.packs.pack(query, by=ME)

    told = [one.memory_id for one in pack.explanation if one.included]
    assert told == [one.id for one in pack.items]
    assert told == [one.id for one in read(pack.context)]
    assert len(pack.explanation) == 5
    assert {one.reason for one in pack.explanation} == {"whole", "over_limit"}


def test_directives_get_less_of_a_pack_that_is_about_something(house: _House) -> None:
    for number in range(20):
        house.add(
            f"Rule {number} of the lamp: {'clean turn stop '[: number % 9]}{number}",
            type="decision",
            metadata={"standing": True},
            files_modified=["lamp.py"],
        )

    start = len(house.pack(token_budget=600, limit=50))

    for asked in ({"query": "rule of the lamp"}, {"files": ["lamp.py"]}):
        about = len(house.pack(token_budget=600, limit=50, **asked))
        assert 0 < about <= start / 2 + 1 < start
