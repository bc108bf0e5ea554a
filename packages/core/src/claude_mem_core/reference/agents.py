# SPDX-License-Identifier: Apache-2.0
"""The plain vocabulary: this server's own words, for agents that have no other here."""

from __future__ import annotations

from typing_extensions import override

from claude_mem_core.domain.agent_event import (
    SESSION_START,
    TOOL_FAILURE,
    USER_PROMPT,
    AgentEventCapture,
)
from claude_mem_core.domain.hook import LONGEST_ASKED, HookMoment, HookQuestion
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

MOMENTS: dict[str, HookMoment] = {
    SESSION_START: "start",
    USER_PROMPT: "prompt",
    "file_open": "file",
    TOOL_FAILURE: "failure",
}
"""The events at which an agent may be told something."""

MOST_TOLD = 9_500
"""Characters of an answer: what the strictest of the known agents hands on whole."""


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

    @override
    def asks(self, event: str, payload: JsonObject) -> HookQuestion | None:
        moment = MOMENTS.get(event)
        if moment is None:
            return None
        file = _text(payload, "filePath")
        return HookQuestion(
            moment=moment,
            query=_text(payload, "prompt"),
            files=(file,) if file else (),
            command=_text(payload, "command"),
            error=_text(payload, "error"),
            output=_text(payload, "output"),
            budget=MOST_TOLD,
        )

    @override
    def answer(self, event: str, told: str, note: str | None = None) -> JsonObject:
        said = {"context": told, "note": note}
        return {name: text for name, text in said.items() if text}


def _text(payload: JsonObject, name: str) -> str | None:
    """The end of a field that is text: what went wrong is told last."""
    value = payload.get(name)
    return value[-LONGEST_ASKED:] or None if isinstance(value, str) else None
