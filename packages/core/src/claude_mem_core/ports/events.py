# SPDX-License-Identifier: Apache-2.0
"""The port to events."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import AgentEvent, EventName, Latest


class EventReader(Protocol):
    """Events, to read.

    * outside the scope an event looks as if it did not exist;
    * the payload comes back as the same JSON that was put in;
    * the events of a turn come in the order they were added.
    """

    @abstractmethod
    def get(self, event_id: str, *, scope: Scope) -> AgentEvent:
        """The event; `NotFoundError` outside the scope."""

    @abstractmethod
    def find(self, key: str, *, scope: Scope) -> AgentEvent | None:
        """The event with this identity."""

    @abstractmethod
    def absent(self, event_ids: Sequence[str], *, scope: Scope) -> Sequence[str]:
        """Those of the ids that no event within the scope has."""

    @abstractmethod
    def turn_of(self, event_id: str, *, scope: Scope) -> int:
        """The number of the turn that an event belongs to."""

    @abstractmethod
    def turn_before(self, event_id: str, *, scope: Scope) -> int | None:
        """The turn of what happened last before an event, in another turn than its own.

        None where nothing did. Of what happened at the same moment, what was put in
        first happened first.
        """

    @abstractmethod
    def turns(self, session_id: str, *, scope: Scope) -> int:
        """The greatest number of a session's turns; 0 where it has none."""

    @abstractmethod
    def last(self, session_id: str, *, scope: Scope) -> tuple[AgentEvent, int] | None:
        """The event of a session that happened last, and the number of its turn.

        Of several at the same moment it is the one that was put in last.
        """

    @abstractmethod
    def latest(
        self, session_id: str, *, scope: Scope, until: int | None = None
    ) -> Latest | None:
        """The turn of what happened last, without reading a payload.

        Args:
            session_id: Whose.
            scope: What the caller may see.
            until: What happened after this moment does not count.
        """

    @abstractmethod
    def names(self, session_id: str, *, scope: Scope) -> Sequence[EventName]:
        """What the events of a session are known by, in the order they happened."""

    @abstractmethod
    def of_turn(
        self, session_id: str, turn: int, *, scope: Scope
    ) -> Sequence[AgentEvent]:
        """The events of one turn of a session."""

    @abstractmethod
    def prompts(self, session_id: str, *, scope: Scope) -> Sequence[AgentEvent]:
        """The events that opened a session's turns, in order."""

    @abstractmethod
    def page(
        self, project_id: str, *, scope: Scope, after: str | None, limit: int
    ) -> Sequence[AgentEvent]:
        """A project's events in the order they were put in, from one's id on.

        Args:
            project_id: Whose events.
            scope: What the caller may see.
            after: The last one of the page before; None for the first page.
            limit: At most so many.
        """

    @abstractmethod
    def aged(
        self, *, before: int, after: str | None, limit: int
    ) -> Sequence[tuple[AgentEvent, Scope]]:
        """Every team's events that came in before a moment, and whose they are.

        Args:
            before: That moment; those that are equal to it stay out.
            after: The last one of the page before; None for the first page.
            limit: At most so many.
        """


class EventRepository(EventReader, Protocol):
    """Events.

    * an identity is taken once: `ConflictError`;
    * an event and its session are of the same project: `ConflictError` else.
    """

    @abstractmethod
    def add(self, event: AgentEvent, *, key: str, turn: int) -> None:
        """Keep a new event with its identity and the number of its turn."""

    @abstractmethod
    def replace(self, event: AgentEvent, *, key: str | None = None) -> None:
        """Put `event` in the place of the one with its id, in the same turn.

        Args:
            event: What is kept from now on.
            key: Its new identity; None: it keeps the one that it has.

        Raises:
            NotFoundError: There is none.
        """
