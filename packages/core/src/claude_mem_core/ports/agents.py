# SPDX-License-Identifier: Apache-2.0
"""The port to the vocabularies of coding agents."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.hook import HookQuestion
from claude_mem_core.domain.value import JsonObject


class AgentVocabulary(Protocol):
    """One agent's words for what happens, brought into ours, and back.

    * the payload is kept whole, whatever is in it; what the rules would look for under
      another name may stand beside it;
    * an event that it does not know is kept too, under its own name, in the agent's
      spelling or in ours;
    * no payload keeps it from asking or answering;
    * an event that it does not know asks nothing;
    * what is told reaches the agent whole, and once;
    * no answer decides anything: it allows, denies, stops and replaces nothing.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The agent's name in addresses: `claude-code`."""

    @abstractmethod
    def capture(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        """The event that a hook's JSON stands for.

        Args:
            event: The hook's event in the agent's spelling: `PostToolUse`.
            payload: What the agent sent.
            received_at: Epoch for an event that does not carry its own.
        """

    @abstractmethod
    def asks(self, event: str, payload: JsonObject) -> HookQuestion | None:
        """What the agent may be told at this event; None where it takes nothing.

        Args:
            event: The hook's event in the agent's spelling.
            payload: What the agent sent.
        """

    @abstractmethod
    def answer(self, event: str, told: str, note: str | None = None) -> JsonObject:
        """The JSON that the agent takes; with nothing to tell it asks nothing of it.

        Args:
            event: The event that asked.
            told: What the agent is told; empty for nothing.
            note: One line for the person who uses the agent, where the agent shows it.
        """
