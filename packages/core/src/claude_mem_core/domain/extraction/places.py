# SPDX-License-Identifier: Apache-2.0
"""Where words stand: every word that is kept can be pointed at in a stored payload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import JsonValue

from claude_mem_core.domain.memory_item import MemorySourceDraft

QUESTION_ENDS = ("?", "\uff1f")
COLON_ENDS = (":", "\uff1a")
"""Also in full width, as Chinese and Japanese have them."""

Role = Literal[
    "request",
    "user_words",
    "statement",
    "reason",
    "offer",
    "change",
    "read",
    "command",
    "failure",
    "success",
]
"""What a source shows: the words of the user, those of the agent, or what was seen."""

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Passage:
    """A string of a stored payload; masked parts are blank, so that offsets hold."""

    event_id: str
    json_path: str
    text: str

    def span(self, start: int, end: int) -> Span:
        """The part of it from one character to another."""
        return Span(self.event_id, self.json_path, start, end)

    @property
    def whole(self) -> Span:
        """All of it."""
        return self.span(0, len(self.text))


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a string in the payload of an event."""

    event_id: str
    json_path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cited:
    """A span, what it shows, and the state of a file that it speaks of."""

    span: Span
    role: Role
    file: str | None = None
    file_hash: str | None = None

    def source(self, supports: list[str]) -> MemorySourceDraft:
        """It as the source of the parts of a memory that `supports` names."""
        return MemorySourceDraft(
            source_type="agent_event",
            event_id=self.span.event_id,
            json_path=self.span.json_path,
            start=self.span.start,
            end=self.span.end,
            file=self.file,
            file_hash=self.file_hash,
            metadata={"supports": list[JsonValue](supports), "role": self.role},
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Words of a memory, and the spans that they come from."""

    text: str
    cited: tuple[Cited, ...]

    def saying(self, text: str) -> Line:
        """Other words from the same spans."""
        return replace(self, text=text)


def strings(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """Every string in a JSON value with its JSONPath, in order."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from strings(each, f"{path}[{at}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings(each, path + _step(key))


def _step(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
