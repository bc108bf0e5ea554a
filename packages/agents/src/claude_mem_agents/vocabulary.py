# SPDX-License-Identifier: Apache-2.0
"""A host's tables, put to use: its JSON becomes events, and answers become its JSON."""

from __future__ import annotations

from claude_mem_core.domain.agent_event import (
    TOOL_FAILURE,
    TURN_END,
    USER_PROMPT,
    AgentEventCapture,
)
from claude_mem_core.domain.hook import HookQuestion
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.ports.agents import AgentVocabulary
from pydantic import JsonValue
from typing_extensions import override

from claude_mem_agents.asking import question
from claude_mem_agents.fields import (
    LONGEST_AGENT_NAME,
    LONGEST_ID,
    at,
    epoch,
    number,
    parsed,
    snake_case,
    text,
)
from claude_mem_agents.host import (
    METADATA,
    Hook,
    Host,
    Is,
    Joined,
    Parsed,
    Says,
    Source,
)

LONGEST_OF = {"agentId": LONGEST_AGENT_NAME, "agentType": LONGEST_AGENT_NAME}
WITHOUT_LENGTH = ("transcriptPath",)


class TableVocabulary(AgentVocabulary):
    """The vocabulary of a host, as its tables have it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        # Where two spellings are one word, the first of them stands for the word.
        self._words = {snake_case(name): name for name in reversed(tuple(host.hooks))}

    @property
    @override
    def name(self) -> str:
        return self.host.name

    @override
    def capture(
        self, event: str, payload: JsonObject, *, received_at: int
    ) -> AgentEventCapture:
        hook = self._hook(event)
        own = snake_case(event) or "unnamed"
        event_type = own if hook is None else hook.event_type
        said = payload if hook is None else completed(hook, payload)
        if hook is not None and failed(hook, said):
            event_type = TOOL_FAILURE
        times = (at(payload, path) for path in self.host.paths("occurredAtEpoch"))
        occurred_at = epoch(times)
        return AgentEventCapture(
            source_type="hook",
            event_type=event_type,
            platform_source=self.host.platform,
            payload=said,
            content_session_id=self._id(payload, "contentSessionId"),
            occurred_at_epoch=received_at if occurred_at is None else occurred_at,
            source_event_id=self._own_id(event_type, said),
            tool_use_id=self._id(payload, "toolUseId"),
            metadata=self._metadata(payload),
            root_path=text(payload, *self.host.paths("rootPath")),
        )

    @override
    def asks(self, event: str, payload: JsonObject) -> HookQuestion | None:
        hook = self._hook(event)
        if hook is None or hook.moment is None:
            return None
        said = completed(hook, payload)
        return question(self.host, hook.moment, said, failed=failed(hook, said))

    @override
    def answer(self, event: str, told: str, note: str | None = None) -> JsonObject:
        name, hook = self._spelled(event), self._hook(event)
        said: JsonObject = {}
        if name in self.host.go_on:
            said["continue"] = True
        if told and hook is not None and hook.moment is not None:
            said |= _told(self.host.says, name, told)
        if note and self.host.note is not None:
            said[self.host.note] = note
        return said

    def _spelled(self, event: str) -> str:
        """An event as the host spells it, if it is one of the host's."""
        if event in self.host.hooks:
            return event
        return self._words.get(snake_case(event), event)

    def _hook(self, event: str) -> Hook | None:
        return self.host.hooks.get(self._spelled(event))

    def _id(self, payload: JsonObject, name: str) -> str | None:
        return text(payload, *self.host.paths(name), longest=LONGEST_ID)

    def _own_id(self, event_type: str, payload: JsonObject) -> str | None:
        """The id that the sender gave to this very event, if it gave one.

        A prompt's id comes with every event of its turn: it names the prompt, and
        beside what the agent said last the end, which is told more than once.
        """
        own = self._id(payload, "sourceEventId")
        if own is not None or event_type not in (USER_PROMPT, TURN_END):
            return own
        turn = self._id(payload, "promptId")
        if turn is None:
            return None
        if event_type == TURN_END:
            return _beside(f"{turn}:end", text(payload, "last_assistant_message"))
        if self.host.prompts_share_a_turn:
            return _beside(turn, text(payload, "prompt"))
        return turn

    def _metadata(self, payload: JsonObject) -> JsonObject:
        """What the wire has under other names, or what later readers want at hand."""
        found = {name: self._detail(payload, name) for name in METADATA}
        return {name: value for name, value in found.items() if value is not None}

    def _detail(self, payload: JsonObject, name: str) -> JsonValue:
        paths = self.host.paths(name)
        if name == "durationMs":
            return number(payload, *paths)
        longest = None if name in WITHOUT_LENGTH else LONGEST_OF.get(name, LONGEST_ID)
        return text(payload, *paths, longest=longest)


def _beside(turn: str, said: str | None) -> str:
    """The name of something that was said in a turn.

    A hash would tell two texts apart better, and would betray a secret in one.
    """
    said = said or ""
    return f"{turn}:{len(said)}:{len(said.split())}"[-LONGEST_ID:]


def completed(hook: Hook, payload: JsonObject) -> JsonObject:
    """The payload, and beside it what the rules read, where the host has other words.

    What the host said stays as it was, under every name.
    """
    added = {name: found(payload, source) for name, source in hook.adds.items()}
    known = {name: value for name, value in added.items() if value is not None}
    said = {**known, **payload}
    if failed(hook, said) and hook.fails is not None and hook.fails.error is not None:
        error = found(said, hook.fails.error)
        return said if error is None else {"error": error, **said}
    return said


def failed(hook: Hook, said: JsonObject) -> bool:
    """Whether an event reports a call that failed."""
    if hook.event_type == TOOL_FAILURE:
        return True
    if hook.fails is None:
        return False
    ending = found(said, hook.fails.path)
    # True is 1 in Python, so a value is looked for beside its type.
    well = [(type(value), value) for value in (None, "", *hook.fails.unless)]
    return (type(ending), ending) not in well


def found(payload: JsonObject, source: Source) -> JsonValue:
    """The value that a source leads to; None where it leads nowhere."""
    value: JsonValue
    match source:
        case str():
            value = at(payload, source)
        case Is(value):
            pass
        case Parsed(path):
            value = parsed(at(payload, path))
        case Joined(start, paths):
            names = (text(payload, path) or "" for path in paths)
            value = "__".join((start, *names))
        case tuple():
            values = (at(payload, path) for path in source)
            value = next((one for one in values if one is not None), None)
        case _:
            made = {name: found(payload, one) for name, one in source.items()}
            value = {name: one for name, one in made.items() if one is not None} or None
    return value


def _told(says: Says, event: str, told: str) -> JsonObject:
    match says:
        case Says.CAMEL if event[0].islower():
            return {"additionalContext": told}
        case Says.SPECIFIC | Says.CAMEL:
            inner: JsonObject = {"hookEventName": event, "additionalContext": told}
            return {"hookSpecificOutput": inner}
        case Says.SNAKE:
            return {"additional_context": told}
        case Says.SYSTEM:
            return {"appendSystemContext": told}
    return {"context": told}
