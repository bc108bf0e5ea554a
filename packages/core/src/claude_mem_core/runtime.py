# SPDX-License-Identifier: Apache-2.0
"""The services on given adapters: how an agent embeds the core."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal, Self

from claude_mem_core.errors import NotFoundError
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.generator import ObservationGenerator
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.services.access import Access
from claude_mem_core.services.events import Events
from claude_mem_core.services.generation import Generator
from claude_mem_core.services.memories import Memories
from claude_mem_core.services.projects import Projects
from claude_mem_core.services.recall import Recall
from claude_mem_core.services.sessions import Sessions
from claude_mem_core.services.status import Status
from claude_mem_core.system import RealSystem

WorkerState = Literal["disabled", "active", "errored"]

IDLE_TURN = timedelta(minutes=30)
"""A turn without an event for so long counts as ended."""


class Runtime:
    """Every service, on one set of adapters.

    It is a context manager: leaving it stops the worker and closes the adapters.
    An async caller hands each call to a thread, as every method here blocks.
    """

    def __init__(
        self,
        storage: Storage,
        queue: ObservationQueueEngine,
        generator: ObservationGenerator,
        system: System,
        *,
        agents: Mapping[str, AgentVocabulary],
        idle_turn: timedelta,
    ) -> None:
        self._storage = storage
        self._queue = queue
        self._agents = agents
        self.access = Access(storage, system)
        self.projects = Projects(storage, system)
        self.sessions = Sessions(storage, queue, system)
        self.events = Events(storage, queue, system)
        self.memories = Memories(storage, system)
        self.recall = Recall(storage, system)
        self.generator = Generator(
            storage, queue, generator, system, idle_turn=idle_turn
        )
        self.worker = Worker(self.generator)
        self.status = Status(storage, queue, generator.name)
        self.system = system

    def agent(self, name: str) -> AgentVocabulary:
        """The vocabulary of an agent; `NotFoundError` when none is installed."""
        try:
            return self._agents[name]
        except KeyError:
            raise NotFoundError("agent", name) from None

    def close(self) -> None:
        """Stop the worker and let go of the adapters; twice is harmless."""
        self._queue.close()
        self.worker.stop()
        self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Worker:
    """A thread of this process that turns jobs into memories."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def state(self) -> WorkerState:
        """Whether the thread was never wanted, is at work, or went away."""
        if self._thread is None:
            return "disabled"
        return "active" if self._thread.is_alive() else "errored"

    def start(self) -> None:
        """Start the thread, once."""
        if self._thread is None:
            work = self._generator.run
            self._thread = threading.Thread(
                target=work, args=(self._stop,), name="generation", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the thread when its present job is done."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()


def assemble(
    *,
    storage: Storage,
    queue: ObservationQueueEngine,
    generator: ObservationGenerator,
    system: System | None = None,
    agents: Iterable[AgentVocabulary] = (),
    idle_turn: timedelta = IDLE_TURN,
) -> Runtime:
    """The services on these adapters; nothing is started and nothing read."""
    return Runtime(
        storage,
        queue,
        generator,
        system or RealSystem(),
        agents={agent.name: agent for agent in agents},
        idle_turn=idle_turn,
    )
