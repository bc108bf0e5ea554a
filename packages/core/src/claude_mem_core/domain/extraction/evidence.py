# SPDX-License-Identifier: Apache-2.0
"""What was asked, said and done in a turn, each with the place that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from claude_mem_core.domain.agent_event import (
    ASSISTANT_MESSAGE,
    TOOL_FAILURE,
    TOOL_USE,
    TURN_END,
    USER_PROMPT,
    AgentEvent,
)
from claude_mem_core.domain.extraction.checks import Run, runs
from claude_mem_core.domain.extraction.markdown import Statement
from claude_mem_core.domain.extraction.masking import (
    without_host_notes,
    without_private,
)
from claude_mem_core.domain.extraction.places import Passage
from claude_mem_core.domain.extraction.prose import telling
from claude_mem_core.domain.extraction.tools import Deed, ToolUse, tool_use
from claude_mem_core.domain.keeping import is_withheld
from claude_mem_core.domain.privacy import is_wholly_private

_CUT_SHORT = re.compile(
    r"\s*This session is being continued from a previous conversation"
)
_WRITTEN_BY_HOST = re.compile(
    rf"{_CUT_SHORT.pattern}|\s*(?:Caveat: The messages below were generated"
    r"|\[Request interrupted by user"
    r"|Base directory for this skill:|Your task is to create a detailed summary"
    r"|Unknown (?:slash )?command:|Stop hook feedback:)"
)
# What the host puts in the place of an answer: the answer, if any, was before it.
_NO_ANSWER = re.compile(
    r"\s*(?:No response requested\.?\s*$|API Error: \d{3}\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Message:
    """What the agent said, and its place among the events."""

    at: int
    passage: Passage


@dataclass(frozen=True)
class Evidence:
    """A turn as evidence, the private parts blank.

    Attributes:
        prompt: What the user asked; None where the host wrote the prompt by itself.
        messages: What the agent said, in order; the last is its conclusion.
        tools: Its tool calls, in order.
        folder: Where the agent worked; empty when the events do not say.
        is_private: Whether the user marked the whole prompt as private.
        before: The turns before it, as one; None where they are not known.
        is_known_from_start: Whether no turn of the session is out of sight.
        account: What the agent noted of a talk that its host cut short.
    """

    prompt: Passage | None
    messages: tuple[Message, ...]
    tools: tuple[ToolUse, ...]
    folder: str
    is_private: bool
    before: Evidence | None = None
    is_known_from_start: bool = True
    account: Passage | None = None

    @cached_property
    def writes(self) -> tuple[ToolUse, ...]:
        """The calls that changed files; those that failed changed nothing."""
        return tuple(u for u in self._done if u.deed is Deed.WRITES and u.files)

    @cached_property
    def reads(self) -> tuple[ToolUse, ...]:
        """The calls that read files."""
        return tuple(u for u in self._done if u.deed is Deed.READS)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The checks and builds, and how each ended."""
        return tuple(runs(self.tools))

    @property
    def conclusion(self) -> Message | None:
        """What the agent said last."""
        return self.messages[-1] if self.messages else None

    @cached_property
    def concluded(self) -> list[Statement]:
        """The telling statements of the conclusion."""
        return telling(self.messages[-1].passage) if self.messages else []

    @cached_property
    def on_the_way(self) -> list[tuple[int, Statement]]:
        """The telling statements before the conclusion, and when they were made."""
        return [
            (message.at, statement)
            for message in self.messages[:-1]
            for statement in telling(message.passage)
        ]

    @property
    def _done(self) -> Iterator[ToolUse]:
        return (use for use in self.tools if not use.failed)


def evidence_of(
    events: Sequence[AgentEvent],
    earlier: Sequence[AgentEvent] = (),
    *,
    from_start: bool = True,
) -> Evidence:
    """What the events of one turn show, with those of the turns before it.

    Args:
        events: Those of the turn.
        earlier: Those of some turns before it.
        from_start: Whether they are all that came before it.
    """
    before = _evidence(earlier, 0, None) if earlier else None
    seen = _evidence(events, len(earlier), before)
    return replace(seen, is_known_from_start=from_start)


def prompt_of(event: AgentEvent) -> Passage | None:
    """The user's own words in an event, if there are any."""
    text = without_host_notes(_field(event, "prompt"))
    if event.event_type != USER_PROMPT or not text.strip():
        return None
    if _WRITTEN_BY_HOST.match(text):
        return None
    return Passage(event.id, "$.prompt", text)


def is_private(event: AgentEvent) -> bool:
    """Whether an event is a prompt that the user marked as private, all of it."""
    marked = is_wholly_private(_field(event, "prompt"))
    return is_withheld(event) or (event.event_type == USER_PROMPT and marked)


def _evidence(
    events: Sequence[AgentEvent], first: int, before: Evidence | None
) -> Evidence:
    numbered = list(enumerate(events, first))
    return Evidence(
        prompt=next((said for event in events if (said := prompt_of(event))), None),
        messages=_messages(numbered),
        tools=tuple(tool_use(event, at) for at, event in numbered if _is_tool(event)),
        # The shortest: an agent goes down into folders and comes back.
        folder=min(
            filter(None, (_field(e, "cwd") for e in events)), key=len, default=""
        ),
        is_private=any(is_private(event) for event in events),
        before=before,
        account=next((told for event in events if (told := _account(event))), None),
    )


def _account(event: AgentEvent) -> Passage | None:
    text = without_private(_field(event, "prompt"))
    if event.event_type != USER_PROMPT or not _CUT_SHORT.match(text):
        return None
    return Passage(event.id, "$.prompt", text)


def _messages(numbered: Sequence[tuple[int, AgentEvent]]) -> tuple[Message, ...]:
    """The messages without the stop's repetition of the last of them."""
    found: list[Message] = []
    for at, event in numbered:
        said = _said(event)
        if said and not (found and found[-1].passage.text == said.text):
            found.append(Message(at, said))
    return tuple(found)


def _said(event: AgentEvent) -> Passage | None:
    if event.event_type not in (ASSISTANT_MESSAGE, TURN_END):
        return None
    for name in ("last_assistant_message", "text"):
        text = without_private(_field(event, name))
        if text.strip() and not _NO_ANSWER.match(text):
            return Passage(event.id, f"$.{name}", text)
    return None


def _is_tool(event: AgentEvent) -> bool:
    return event.event_type in (TOOL_USE, TOOL_FAILURE)


def _field(event: AgentEvent, name: str) -> str:
    value = event.payload.get(name) if isinstance(event.payload, dict) else None
    return value if isinstance(value, str) else ""
