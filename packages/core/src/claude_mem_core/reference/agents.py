# SPDX-License-Identifier: Apache-2.0
"""The plain vocabulary: this server's own words, for agents that have no other here."""

from __future__ import annotations

from typing_extensions import override

from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import InvalidInputError
from claude_mem_core.ports.agents import AgentVocabulary

LONGEST_NAME = 512
FIELDS = (
    "contentSessionId",
    "memorySessionId",
    "metadata",
    "occurredAtEpoch",
    "platformSource",
    "rootPath",
    "sourceEventId",
    "toolUseId",
)
"""What of a payload names the event; all of it stays in the payload too."""


class PlainAgent(AgentVocabulary):
    """Event types and fields by the names that the wire has for them."""

    @property
    @override
    def name(self) -> str:
        return "plain"

    @override
    def capture(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        given = {name: payload[name] for name in FIELDS if name in payload}
        always: JsonObject = {
            "sourceType": "hook",
            "eventType": event[:LONGEST_NAME] or "unnamed",
            "payload": payload,
        }
        now: JsonObject = {"occurredAtEpoch": received_at}
        try:
            return AgentEventCapture.from_wire({**now, **given, **always})
        except InvalidInputError as error:
            # A field of another shape names nothing, and is no reason to lose the rest.
            for issue in error.issues:
                given.pop(issue.field.split(".")[0], None)
            return AgentEventCapture.from_wire({**now, **given, **always})
