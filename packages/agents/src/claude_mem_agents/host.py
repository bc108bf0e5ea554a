# SPDX-License-Identifier: Apache-2.0
"""How a host is described: tables of its words, which code and documentation read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from claude_mem_core.domain.hook import HookMoment
from pydantic import JsonValue


@dataclass(frozen=True)
class Is:
    """A value that the host does not say, because the event's name implies it."""

    value: JsonValue


@dataclass(frozen=True)
class Parsed:
    """A field whose text is JSON; what is no text is taken as it is."""

    path: str


@dataclass(frozen=True)
class Joined:
    """A name made of the fields at some paths, as `mcp__SERVER__TOOL`."""

    start: str
    paths: tuple[str, ...]


Source = str | Is | Parsed | Joined | tuple[str, ...] | Mapping[str, "Source"]
"""Where a value stands: a path as `tool_info.cwd` or `roots.0`, the first of several
paths that leads somewhere, or an object made of such."""


@dataclass(frozen=True)
class Fails:
    """When an event that reports a call says that it failed.

    Attributes:
        path: Where it says how the call ended.
        unless: What it says there of a call that went well; nothing at all is well too.
        error: Where the complaint stands.
    """

    path: Source
    unless: tuple[JsonValue, ...] = ()
    error: Source | None = None


@dataclass(frozen=True)
class Hook:
    """One event of a host.

    Attributes:
        event_type: Our word for it.
        moment: When something may be told to the agent at it.
        adds: What the rules read, and where the host says it in words of its own.
        fails: When it reports a failure.
    """

    event_type: str
    moment: HookMoment | None = None
    adds: Mapping[str, Source] = field(default_factory=dict)
    fails: Fails | None = None


class Says(StrEnum):
    """How a host takes what it is told."""

    SPECIFIC = "`hookSpecificOutput.additionalContext`"
    CAMEL = "`additionalContext`, in `hookSpecificOutput` at an event in PascalCase"
    SNAKE = "`additional_context`"
    SYSTEM = "`appendSystemContext`"
    CONTEXT = "`context`"


FIELDS: Mapping[str, tuple[str, ...]] = {
    "contentSessionId": ("session_id", "sessionId"),
    "toolUseId": ("tool_use_id", "toolUseId"),
    "sourceEventId": ("source_event_id", "sourceEventId"),
    "occurredAtEpoch": ("timestamp", "ts"),
    "rootPath": ("cwd",),
    "agentId": ("agent_id", "agentId"),
    "agentType": ("agent_type", "agentType"),
    "promptId": ("prompt_id", "promptId"),
    "transcriptPath": ("transcript_path", "transcriptPath"),
    "permissionMode": ("permission_mode", "permissionMode"),
    "durationMs": ("duration_ms", "durationMs"),
    "model": ("model",),
}
"""Where most hosts have what names an event; the first path that fits counts."""

METADATA = (
    *("agentId", "agentType", "promptId", "transcriptPath", "permissionMode"),
    *("durationMs", "model"),
)
"""Those that the wire has no field for."""


@dataclass(frozen=True)
class Host:
    """All that is known of one host.

    Attributes:
        name: In addresses: `/hooks/NAME/EVENT`.
        title: For people.
        platform: What its events say of where they come from.
        hooks: Its events, by the name that the host gives them.
        fields: Where it has what names an event, where that is not where most have it.
        files: Its tools that open a file.
        says: How it takes what it is told.
        note: The field of an answer that shows a line to the person, if there is one.
        most_told: The characters that it takes at once.
        go_on: What it wants to read to go on, at these events.
        enough: The events that together miss nothing and tell nothing twice.
        reads_commands: Whether it opens files by commands such as `cat`.
        prompts_share_a_turn: Whether its `promptId` names a turn, into which a user may
            speak more than once.
        remarks: What else a reader of the reference has to know.
    """

    name: str
    title: str
    platform: str
    hooks: Mapping[str, Hook]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    says: Says = Says.SPECIFIC
    note: str | None = None
    most_told: int = 9_500
    go_on: frozenset[str] = frozenset()
    enough: tuple[str, ...] = ()
    reads_commands: bool = False
    prompts_share_a_turn: bool = False
    remarks: str = ""

    def paths(self, name: str) -> tuple[str, ...]:
        """Where this host has a field that names an event."""
        return self.fields.get(name, FIELDS[name])
