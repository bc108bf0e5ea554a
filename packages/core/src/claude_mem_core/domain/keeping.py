# SPDX-License-Identifier: Apache-2.0
"""What is kept of what agents say, and what is never written down."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import JsonValue

from claude_mem_core.domain.agent_event import (
    SUBAGENT,
    TOOL_FAILURE,
    TOOL_USE,
    AgentEvent,
    is_of_subagent,
)
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.value import JsonObject

SKIPPED_TOOLS = frozenset(
    {
        *("ListMcpResourcesTool", "SlashCommand", "Skill"),
        *("TodoWrite", "AskUserQuestion"),
    }
)
"""Tools that say nothing of the work (the reference system's section on sessions)."""

NOTE = "privacy"
"""The key of an event's metadata below which its privacy is noted."""

PRIVATE_TURN = "private_turn"

EXPIRED = "expired"
"""In place of it: the content was kept as long as it was to be."""

_SHAPE = ("prompt", "last_assistant_message")


@dataclass(frozen=True, slots=True)
class Keeping:
    """The rules for what is kept.

    Attributes:
        redactor: Takes out what must not be kept.
        excluded_projects: Patterns of folders and of projects' names, of which
            nothing is kept: `*` stands for anything.
        skipped_tools: Tools whose calls make no memory.
        skips_subagents: Whether what subagents do makes no memory.
    """

    redactor: Redactor = field(default_factory=Redactor)
    excluded_projects: tuple[str, ...] = ()
    skipped_tools: frozenset[str] = SKIPPED_TOOLS
    skips_subagents: bool = False

    def excludes(self, *names: str | None) -> bool:
        """Whether one of these folders and names is never to be kept anything of."""
        given = [name for name in names if name]
        return any(
            _fits(name, pattern) for name in given for pattern in self.excluded_projects
        )

    def tells(self, event: AgentEvent) -> bool:
        """Whether an event may show in a memory."""
        if self.skips_subagents and is_of_subagent(event.payload):
            return False
        is_tool = event.event_type in (TOOL_USE, TOOL_FAILURE)
        return not (is_tool and _tool(event.payload) in self.skipped_tools)

    def told(self, error: BaseException) -> str:
        """What an error says, without secrets."""
        return self.redactor.text(f"{type(error).__name__}: {error}")

    def traced(self, error: BaseException) -> str:
        """Where an error came from and what it says, without secrets."""
        return self.redactor.text("".join(traceback.format_exception(error)))


KEEPING = Keeping()
"""The rules that count where nobody chose others."""


def withheld(payload: JsonValue) -> JsonValue:
    """What stays of a payload of which nothing may be kept: its shape.

    It tells which kind of event it is, and of which agent.
    """
    given = payload if isinstance(payload, dict) else {}
    shape: dict[str, JsonValue] = {name: "" for name in _SHAPE if name in given}
    return {**shape, **{name: given[name] for name in SUBAGENT if name in given}}


def noted(metadata: JsonValue, **notes: JsonValue) -> JsonObject:
    """Metadata with these notes on its privacy, beside what it has already."""
    given = metadata if isinstance(metadata, dict) else {}
    known = given.get(NOTE)
    return {**given, NOTE: {**(known if isinstance(known, dict) else {}), **notes}}


def is_withheld(event: AgentEvent) -> bool:
    """Whether an event's content was not kept, as its turn was private."""
    note = event.metadata.get(NOTE)
    return isinstance(note, dict) and note.get("withheld") == PRIVATE_TURN


def has_expired(event: AgentEvent) -> bool:
    """Whether an event's content was kept for its time and is gone."""
    note = event.metadata.get(NOTE)
    return isinstance(note, dict) and note.get("withheld") == EXPIRED


def expired(event: AgentEvent) -> AgentEvent:
    """The event when its content has been kept long enough."""
    metadata = noted(event.metadata, withheld=EXPIRED)
    return event.changed(payload=withheld(event.payload), metadata=metadata)


def _tool(payload: JsonValue) -> JsonValue:
    if not isinstance(payload, dict):
        return None
    return payload.get("tool_name", payload.get("toolName"))


def _fits(name: str, pattern: str) -> bool:
    """Whether a folder is the pattern's or lies in it, or a name is the pattern's."""
    plain = name.replace("\\", "/").rstrip("/")
    return fnmatchcase(plain, pattern) or fnmatchcase(plain, f"{pattern.rstrip('/')}/*")
