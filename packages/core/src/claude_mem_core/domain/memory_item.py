# SPDX-License-Identifier: Apache-2.0
"""What is remembered, and the sources that it is remembered from."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

MemoryKind = Literal["observation", "summary", "prompt", "manual"]
MemorySourceType = Literal[
    "observation",
    "session_summary",
    "user_prompt",
    "manual",
    "import",
    "agent_event",
]
Trust = Literal["user", "agent", "tool", "import"]


class MemorySourceDraft(Value):
    """Where a memory comes from, before it is stored.

    Attributes:
        event_id: The event, when the source is one.
        json_path: The place inside the event's payload, as a JSONPath.
        start: First character of the evidence at that place, from 0.
        end: The character after the last.
        file: The file that the evidence speaks of.
        file_hash: SHA-256 of that file's content then, hexadecimal.
    """

    source_type: MemorySourceType
    legacy_table: Name | None = None
    legacy_id: int | None = None
    source_uri: Text | None = None
    metadata: JsonObject = Field(default_factory=dict)
    event_id: Id | None = None
    json_path: Text | None = None
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)
    file: Text | None = None
    file_hash: Text | None = None


class MemorySource(MemorySourceDraft):
    """A stored source of one memory."""

    id: Id
    memory_item_id: Id
    created_at_epoch: Epoch


class _MemoryText(Value):
    type: Name
    title: Text | None = None
    subtitle: Text | None = None
    text: Text | None = None
    narrative: Text | None = None
    facts: tuple[Text, ...] = ()
    concepts: tuple[Text, ...] = ()
    files_read: tuple[Text, ...] = ()
    files_modified: tuple[Text, ...] = ()
    metadata: JsonObject = Field(default_factory=dict)

    @property
    def is_searchable(self) -> bool:
        """Whether there is any text that a search could find."""
        prose = (self.title, self.subtitle, self.text, self.narrative)
        lists = (*self.facts, *self.concepts)
        return any(piece and piece.strip() for piece in (*prose, *lists))


class _MemoryFields(_MemoryText):
    project_id: Id
    server_session_id: Id | None = None
    legacy_observation_id: int | None = Field(default=None, gt=0)
    kind: MemoryKind
    author: Name | None = None
    trust: Trust | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    valid_from_epoch: Epoch | None = None
    valid_to_epoch: Epoch | None = None


class MemoryItemDraft(_MemoryFields):
    """A memory before it is stored; it has something that a search can find.

    Attributes:
        author: Who said it: a person's or a speaker's name.
        valid_from_epoch: From when on it holds; else from when it was made.
        valid_to_epoch: Until when it holds.
    """

    sources: tuple[MemorySourceDraft, ...] = ()

    @model_validator(mode="after")
    def _has_text(self) -> Self:
        if not self.is_searchable:
            message = (
                "there is nothing to search for in it; give a title, subtitle, text, "
                "narrative, fact or concept"
            )
            raise ValueError(message)
        return self


class EarlierValidity(Value):
    """What was recorded of a memory's end and successor, before that was changed.

    Attributes:
        until_epoch: When something else was recorded.
    """

    until_epoch: Epoch
    valid_to_epoch: Epoch | None = None
    superseded_by_id: Id | None = None
    superseded_at_epoch: Epoch | None = None
    superseded_from_epoch: Epoch | None = None


class MemoryRecord(_MemoryFields):
    """What a stored memory says, without the sources: what recall answers with.

    A memory often has dozens of sources, which take more room and time than all else.

    Attributes:
        superseded_by_id: The memory that took this one's place.
        superseded_at_epoch: When that was recorded.
        superseded_from_epoch: From when on the other one holds.
        earlier_validity: What somebody changed or took back of its end and successor,
            oldest first; not shown where there is nothing.
    """

    id: Id
    superseded_by_id: Id | None = None
    superseded_at_epoch: Epoch | None = None
    superseded_from_epoch: Epoch | None = None
    earlier_validity: tuple[EarlierValidity, ...] = Field(
        default=(), exclude_if=lambda known: not known
    )
    created_at_epoch: Epoch
    updated_at_epoch: Epoch

    @property
    def when(self) -> int:
        """From when on it holds: the moment that it is about, where that is told."""
        start = self.valid_from_epoch
        return self.created_at_epoch if start is None else start


class MemoryItem(MemoryRecord):
    """A stored memory with its sources."""

    sources: tuple[MemorySource, ...] = ()

    @property
    def record(self) -> MemoryRecord:
        """The memory without its sources."""
        fields = MemoryRecord.model_fields
        return MemoryRecord.of_valid({name: getattr(self, name) for name in fields})


class MemoryItemPatch(Value):
    """The new text of a memory; what is not named stays as it is."""

    project_id: Id | None = None
    type: Name | None = None
    title: Text | None = None
    subtitle: Text | None = None
    text: Text | None = None
    narrative: Text | None = None
    facts: tuple[Text, ...] | None = None
    concepts: tuple[Text, ...] | None = None
    files_read: tuple[Text, ...] | None = None
    files_modified: tuple[Text, ...] | None = None
    metadata: JsonObject | None = None

    @property
    def changes(self) -> dict[str, object]:
        """The fields that the sender named, and their new values."""
        named = self.model_fields_set - {"project_id"}
        return {name: getattr(self, name) for name in named}
