# SPDX-License-Identifier: Apache-2.0
"""What agents report is kept, and what fits the moment is told to them, once."""

from __future__ import annotations

import logging

import pytest
from claude_mem_core.api import MemoryItemDraft, Principal, ProjectDraft
from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.by_hand import Supersession
from claude_mem_core.domain.extraction.signatures import signature
from claude_mem_core.domain.hook import HookQuestion
from claude_mem_core.domain.scopes import ROLES
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem

ME = Principal.local()
BUDGET = 9_500
ERROR = "Exit code 1\nlamp.py:7: AttributeError: no attribute 'motor'"
START = HookQuestion(moment="start", budget=BUDGET)
KNOWN_BY = signature(ERROR.splitlines()[1])
FAILURE = HookQuestion(moment="failure", command="make", error=ERROR, budget=BUDGET)


def asking(moment: str, **fields: object) -> HookQuestion:
    return HookQuestion.model_validate({"moment": moment, "budget": BUDGET, **fields})


class House:
    """A runtime with one project, and an agent in its folder."""

    def __init__(self, **settings: float) -> None:
        system = RealSystem()
        store = InProcessStorage(system)
        self.taken_back = 0
        self.runtime: Runtime = assemble(
            storage=store,
            queue=InProcessQueueEngine(store, system),
            generator=RuleBasedGenerator(),
            system=system,
            takes_back=self._take_back,
            **settings,
        )
        draft = ProjectDraft(name="lamp", root_path="/home/me/lamp")
        self.project = self.runtime.projects.create(draft, by=ME).id

    def _take_back(self) -> None:
        self.taken_back += 1

    def add(self, title: str, **fields: object) -> str:
        given = {"kind": "observation", "type": "change", "title": title, **fields}
        draft = MemoryItemDraft.model_validate({"project_id": self.project, **given})
        return self.runtime.memories.add(draft, by=ME).id

    def take(
        self, asked: HookQuestion | None, *, session: str = "s", agent: str = "",
        by: Principal = ME,
    ) -> str:  # fmt: skip
        seen = AgentEventCapture(
            source_type="hook",
            event_type="something",
            content_session_id=session,
            occurred_at_epoch=self.runtime.system.now(),
            payload={"random": self.runtime.system.new_id()},
            metadata={"agentId": agent} if agent else {},
            root_path="/home/me/lamp",
        )
        return self.runtime.hooks.take(seen, asked, by=by)

    def events(self) -> int:
        with self.runtime._storage.read() as snapshot:
            return len(snapshot.events._state.events)


@pytest.fixture
def house() -> House:
    return House()


def test_an_event_that_asks_nothing_is_kept_and_told_nothing(house: House) -> None:
    house.add("The lamp is wired.")

    assert house.take(None) == ""
    assert house.events() == 1


def test_a_session_that_begins_is_told_within_the_budget(house: House) -> None:
    ids = [house.add(f"Note {n}: " + "words " * 60, kind="manual") for n in range(20)]
    for number in range(60):
        house.add(
            f"Change {number} of the lamp", narrative=f"It took {number} steps. " * 9
        )

    told = house.take(START)

    assert len(told) <= BUDGET
    assert all(f"[{one}]" in told for one in ids)
    assert told == house.take(START, session="another")


def test_a_host_that_takes_less_is_told_less(house: House) -> None:
    for number in range(20):
        house.add(f"Change {number} of the lamp")

    assert 0 < len(house.take(asking("start", budget=700))) <= 700
    assert house.take(asking("start", budget=0)) == ""


def test_a_file_is_told_of_once_in_a_session(house: House) -> None:
    house.add("The lamp is dimmed", files_modified=("lamp.py",))
    house.add("Another thing", files_modified=("motor.py",))
    asked = asking("file", files=("/home/me/lamp/lamp.py",))

    told = house.take(asked)

    assert "dimmed" in told
    assert "Another" not in told
    assert house.take(asked) == ""
    assert "dimmed" in house.take(asked, session="another")
    assert "dimmed" in house.take(asked, agent="helper")


def test_what_is_new_about_a_file_is_told_then(house: House) -> None:
    house.add("The lamp is dimmed", files_modified=("lamp.py",))
    asked = asking("file", files=("lamp.py",))
    house.take(asked)
    house.add("The lamp blinks", files_modified=("lamp.py",))

    told = house.take(asked)

    assert "blinks" in told
    assert "dimmed" not in told


def test_a_window_that_was_emptied_is_told_again(house: House) -> None:
    house.add("The lamp is dimmed", files_modified=("lamp.py",))
    asked = asking("file", files=("lamp.py",))
    house.take(asked)

    house.take(START)

    assert "dimmed" in house.take(asked)


def test_of_an_unknown_file_nothing_is_told(house: House) -> None:
    house.add("The lamp is dimmed", kind="manual", files_modified=("lamp.py",))

    assert house.take(asking("file", files=("/home/me/lamp/other.py",))) == ""


def test_a_failure_brings_what_mended_the_same_one(house: House) -> None:
    known = {"signature": KNOWN_BY}
    house.add("Give the lamp a motor", type="bugfix", metadata=known)
    house.add("AttributeError: no attribute in the manual", kind="manual")

    told = house.take(FAILURE)

    assert "Give the lamp a motor" in told
    assert "manual" not in told
    assert house.take(FAILURE) == ""


def test_another_failure_brings_nothing(house: House) -> None:
    known = {"signature": KNOWN_BY}
    house.add("Give the lamp a motor", type="bugfix", metadata=known)

    assert house.take(asking("failure", command="make", error="Exit code 1")) == ""
    other = "Exit code 1\nlamp.py:7: AttributeError: no attribute 'fuse'"
    assert house.take(asking("failure", command="make", error=other)) == ""


def test_a_prompt_is_told_nothing_unless_that_is_set(house: House) -> None:
    house.add("The lamp is wired to the second fuse", kind="manual")

    assert house.take(asking("prompt", query="Which fuse is the lamp wired to?")) == ""


def test_a_prompt_is_told_what_is_likely_to_answer_it() -> None:
    house = House(prompt_confidence=0.1)
    house.add("The lamp is wired to the second fuse", kind="manual")

    told = house.take(asking("prompt", query="Which fuse is the lamp wired to?"))

    assert "second fuse" in told
    assert house.take(asking("prompt", query="Order a pizza with olives.")) == ""


def test_a_prompt_that_is_hardly_answered_is_told_nothing() -> None:
    house = House(prompt_confidence=1.0)
    house.add("The lamp is wired to the second fuse", kind="manual")

    assert house.take(asking("prompt", query="Which fuse is the lamp wired to?")) == ""


def test_a_key_that_may_only_write_events_is_told_nothing(house: House) -> None:
    house.add("The lamp is wired.")
    writer = Principal(team_id=ME.team_id, scopes=frozenset({"events:write"}))
    agent = Principal(team_id=ME.team_id, scopes=ROLES["agent"])

    assert house.take(START, by=writer) == ""
    assert house.events() == 1
    assert house.take(START, by=agent) != ""


def test_an_error_in_answering_loses_no_event(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the packs are broken")

    monkeypatch.setattr(house.runtime.context, "pack", fail)

    with caplog.at_level(logging.ERROR):
        assert house.take(START) == ""
    assert house.events() == 1
    assert "the packs are broken" in caplog.text


def test_a_changed_memory_takes_back_what_was_told(house: House) -> None:
    one, other = house.add("The lamp is red"), house.add("The lamp is blue")
    assert house.taken_back == 0

    given_way = Supersession(superseded_by_id=other)
    house.runtime.memories.supersede(one, given_way, by=ME)

    assert house.taken_back == 1
    house.runtime._audited.take_back()
    house.runtime._audited.take_back()
    assert house.taken_back == 2
