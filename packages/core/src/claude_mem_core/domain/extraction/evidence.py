# SPDX-License-Identifier: Apache-2.0
"""What was asked, said and done in a turn, each with the event that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.agent_event import (
    ASSISTANT_MESSAGE,
    TOOL_FAILURE,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
    AgentEvent,
)
from claude_mem_core.domain.extraction.tools import Deed, ToolUse, tool_use
from claude_mem_core.domain.keeping import is_withheld
from claude_mem_core.domain.privacy import (
    is_wholly_private,
    tag_pattern,
    without_private,
    without_tagged,
)

# What a host writes into a prompt by itself is not the user's word.
_HOST_NOTES = tag_pattern(
    (
        *("ide_opened_file", "ide_selection", "task-notification"),
        *("command-message", "local-command-stdout", "local-command-stderr"),
        *("bash-stdout", "bash-stderr"),
    )
)
_WRITTEN_BY_HOST = (
    "This session is being continued from a previous conversation",
    "[Request interrupted by user",
)


@dataclass(frozen=True, slots=True)
class Said:
    """Words, the event in which they were said, and the place in its payload."""

    event_id: str
    json_path: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A turn as evidence, the private parts taken out.

    Attributes:
        prompt: What the user asked; None where the host wrote the prompt by itself.
        said: What the agent said on the way, in order.
        conclusion: What the agent said last.
        tools: Its tool calls, in order.
        folder: Where the agent worked; empty when the events do not say.
        is_private: Whether the user marked the whole prompt as private.
    """

    prompt: Said | None
    said: tuple[Said, ...]
    conclusion: Said | None
    tools: tuple[ToolUse, ...]
    folder: str
    is_private: bool

    @property
    def writes(self) -> tuple[ToolUse, ...]:
        """The calls that changed files; those that failed changed nothing."""
        return tuple(u for u in self.tools if u.deed is Deed.WRITES and not u.complaint)

    @property
    def reads(self) -> tuple[ToolUse, ...]:
        """The calls that read files."""
        return tuple(u for u in self.tools if u.deed is Deed.READS and not u.complaint)


def evidence_of(events: Sequence[AgentEvent]) -> Evidence:
    """What the events of one turn show."""
    messages = _without_echo(list(_messages(events)))
    return Evidence(
        prompt=next((said for event in events if (said := prompt_of(event))), None),
        said=tuple(messages[:-1]),
        conclusion=messages[-1] if messages else None,
        tools=tuple(tool_use(event) for event in events if _is_tool(event)),
        folder=next(filter(None, (_field(event, "cwd") for event in events)), ""),
        is_private=any(is_private(event) for event in events),
    )


def prompt_of(event: AgentEvent) -> Said | None:
    """The user's own words in an event, if there are any."""
    words = without_private(_prompt(event))
    text = without_tagged(words, _HOST_NOTES).strip()
    if not text or text.startswith(_WRITTEN_BY_HOST):
        return None
    return Said(event.id, "$.prompt", text)


def is_private(event: AgentEvent) -> bool:
    """Whether an event is a prompt that the user marked as private, all of it."""
    return is_withheld(event) or is_wholly_private(_prompt(event))


def _messages(events: Sequence[AgentEvent]) -> Iterator[Said]:
    for event in events:
        if event.event_type not in (ASSISTANT_MESSAGE, TURN_END):
            continue
        for name in ("last_assistant_message", "text"):
            if told := without_private(_field(event, name)).strip():
                yield Said(event.id, f"$.{name}", told)
                break


def _without_echo(messages: list[Said]) -> list[Said]:
    """The messages without the stop's repetition of the last of them."""
    echo = len(messages) > 1 and messages[-1].text == messages[-2].text
    return messages[:-1] if echo else messages


def _is_tool(event: AgentEvent) -> bool:
    return event.event_type in (TOOL_USE, TOOL_FAILURE)


def _prompt(event: AgentEvent) -> str:
    return _field(event, "prompt") if event.event_type == USER_PROMPT else ""


def _field(event: AgentEvent, name: str) -> str:
    value = event.payload.get(name) if isinstance(event.payload, dict) else None
    return value if isinstance(value, str) else ""
