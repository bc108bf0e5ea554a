# SPDX-License-Identifier: Apache-2.0
"""What is read from a transcript: the file in which an agent wrote a session down."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.value import JsonObject

READ_FROM, TRANSCRIPT = "readFrom", "transcript"
"""What the metadata of an event say that no hook reported: where it was read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not taken in: where it is, why, and what helps."""

    file: str
    line: int
    cause: str
    cure: str

    @override
    def __str__(self) -> str:
        """The line and what is wrong with it, as one line."""
        return f"{self.file}:{self.line}: {self.cause}; {self.cure}"


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that a transcript tells of.

    Attributes:
        file: Where it stands.
        line: In which line, or as the how many-th of a file without lines.
        mended: Characters that no store keeps, and that became U+FFFD.
        shared: Whether the agent's hook gives the same event the same identity; else
            only what it says tells whether the hook has reported it.
        remote: The address of the git remote of the folder it worked in, where the
            transcript tells it.
    """

    file: str
    line: int
    event: AgentEventCapture
    mended: int = 0
    shared: bool = True
    remote: str | None = None


def read_from_transcript(event: AgentEventCapture) -> AgentEventCapture:
    """The event with the note that a transcript told of it, and no hook."""
    metadata: JsonObject = {**event.metadata, READ_FROM: TRANSCRIPT}
    return event.model_copy(update={"metadata": metadata})


def is_from_transcript(metadata: JsonObject) -> bool:
    """Whether the metadata are those of an event that only a transcript told of."""
    return metadata.get(READ_FROM) == TRANSCRIPT
