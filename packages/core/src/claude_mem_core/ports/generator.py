# SPDX-License-Identifier: Apache-2.0
"""The port to whatever turns events into memories."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from claude_mem_core.domain.agent_event import AgentEvent
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.domain.memory_item import MemoryItem, MemoryItemDraft
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.provider_health import ProviderHealth
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.errors import GeneratorError

EARLIER_TURNS = 3
"""How many turns before it a turn is shown with: how far back an error is followed."""

EARLIER_EVENTS = 300
"""The newest events of these turns are shown, no more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A finished turn: from a prompt to the agent's stop, in order.

    Attributes:
        earlier: The events of the few turns before it, in order: what an answer as
            short as "yes" is about.
    """

    project: Project
    session: ServerSession
    number: int
    events: tuple[AgentEvent, ...]
    earlier: tuple[AgentEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedSession:
    """A session that ended: its prompts, and what its turns became, in order."""

    project: Project
    session: ServerSession
    prompts: tuple[AgentEvent, ...]
    memories: tuple[MemoryItem, ...]
    last_event: AgentEvent


@dataclass(frozen=True, slots=True)
class Generation:
    """What was made: memories, or the reason why there are none.

    Attributes:
        usage: The calls of a model that were made for it, those in vain too.
    """

    memories: tuple[MemoryItemDraft, ...] = ()
    skip: SkipReason | None = None
    usage: tuple[Usage, ...] = ()


class ModelCallError(GeneratorError):
    """A failure after calls of a model, which are paid for all the same.

    Args:
        error: What went wrong.
        usage: The calls that were made.
    """

    def __init__(self, error: GeneratorError, usage: tuple[Usage, ...]) -> None:
        super().__init__(str(error), kind=error.kind, retry_after=error.retry_after)
        self.usage = usage


class ObservationGenerator(Protocol):
    """Memories from events.

    Every generator promises, and the conformance kit checks:

    * every memory cites at least one event, and only events it was given;
    * memories are of the turn's own project and session;
    * memories, or a reason why there are none, never neither and never both.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What the memories' metadata says that they were made by."""

    @abstractmethod
    def observe(self, turn: Turn) -> Generation:
        """What is worth remembering of a turn.

        Raises:
            GeneratorError: It says whether another try may help.
        """

    @abstractmethod
    def summarise(self, session: FinishedSession) -> Generation:
        """A session as a whole.

        Raises:
            GeneratorError: It says whether another try may help.
        """


@runtime_checkable
class Repeatable(Protocol):
    """What a generator says of itself when nothing but the events decides.

    * the same events give the same memories.
    """

    @property
    @abstractmethod
    def repeatable(self) -> Literal[True]:
        """That it is so."""


@runtime_checkable
class AsksProvider(Protocol):
    """What a generator says of the provider that it asks."""

    @abstractmethod
    def health(self) -> ProviderHealth:
        """How the provider is: no problem after it was asked with success.

        It is free of content and of secrets: anybody may be shown it.
        """
