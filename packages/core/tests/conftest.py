# SPDX-License-Identifier: Apache-2.0
"""A runtime on in-process adapters, a clock moved by hand, a generator that obeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemorySourceDraft
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.ports.generator import (
    FinishedSession,
    Generation,
    ObservationGenerator,
    Turn,
)
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.runtime import Runtime, assemble
from claude_mem_core.system import RealSystem
from typing_extensions import override

ME = Principal.local()


class HandMovedSystem(RealSystem):
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 1_700_000_000_000

    @override
    def now(self) -> int:
        return self.epoch

    def pass_time(self, span: timedelta) -> None:
        self.epoch += span // timedelta(milliseconds=1)


@dataclass
class ToldGenerator(ObservationGenerator):
    """One observation a turn that lists the turn's events; it notes what it was shown."""

    turns: list[Turn] = field(default_factory=list)
    sessions: list[FinishedSession] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    @property
    @override
    def name(self) -> str:
        return "told"

    @override
    def observe(self, turn: Turn) -> Generation:
        self.turns.append(turn)
        self.before()
        words = " ".join(event.event_type for event in turn.events)
        return self._one("observation", turn, [e.id for e in turn.events], words)

    @override
    def summarise(self, session: FinishedSession) -> Generation:
        self.sessions.append(session)
        self.before()
        cited = [session.last_event.id]
        return self._one("summary", session, cited, f"{len(session.memories)} turns")

    @staticmethod
    def _one(
        kind: str, seen: Turn | FinishedSession, cited: list[str], text: str
    ) -> Generation:
        sources = tuple(
            MemorySourceDraft(source_type="agent_event", event_id=event_id)
            for event_id in cited
        )
        draft = MemoryItemDraft(
            project_id=seen.project.id,
            server_session_id=seen.session.id,
            kind=kind,
            type="change",
            title=text,
            sources=sources,
        )
        return Generation(memories=(draft,))


@pytest.fixture
def system() -> HandMovedSystem:
    return HandMovedSystem()


@pytest.fixture
def storage(system: HandMovedSystem) -> InProcessStorage:
    return InProcessStorage(system)


@pytest.fixture
def queue(storage: InProcessStorage, system: HandMovedSystem) -> InProcessQueueEngine:
    return InProcessQueueEngine(storage, system)


@pytest.fixture
def generator() -> ToldGenerator:
    return ToldGenerator()


@pytest.fixture
def runtime(
    storage: InProcessStorage,
    queue: InProcessQueueEngine,
    generator: ToldGenerator,
    system: HandMovedSystem,
) -> Iterator[Runtime]:
    with assemble(
        storage=storage, queue=queue, generator=generator, system=system
    ) as runtime:
        yield runtime


@pytest.fixture
def project(runtime: Runtime) -> Project:
    return runtime.projects.create(ProjectDraft(name="Lighthouse"), by=ME)


@pytest.fixture
def draft(project: Project) -> Callable[..., AgentEventDraft]:
    """Makes drafts of one session, each a millisecond after the one before."""
    clock = iter(range(1_600_000_000_000, 1_600_000_100_000))

    def make(event_type: str, **fields: object) -> AgentEventDraft:
        given = {
            "project_id": project.id,
            "source_type": "hook",
            "event_type": event_type,
            "content_session_id": "s1",
            "occurred_at_epoch": next(clock),
            **fields,
        }
        return AgentEventDraft.model_validate(given)

    return make
