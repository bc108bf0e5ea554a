# SPDX-License-Identifier: Apache-2.0
"""The port to the vocabularies of coding agents."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.value import JsonObject


class AgentVocabulary(Protocol):
    """One agent's words for what happens, brought into ours.

    * the payload is kept whole, whatever is in it;
    * an event that it does not know is kept too, under its own name, in the agent's
      spelling or in ours.
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
