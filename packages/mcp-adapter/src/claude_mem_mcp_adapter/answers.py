# SPDX-License-Identifier: Apache-2.0
"""What tools answer with: values for programs, and a short text for the model.

The text of memories is told as a context pack tells it, fenced, so that nothing which
was remembered can be taken for an instruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from claude_mem_core.domain.elide import elided
from claude_mem_core.domain.entries import Entry, headline, shortened, whole
from claude_mem_core.domain.index import IndexEntry
from claude_mem_core.domain.memory_item import MemoryItem, MemoryRecord
from claude_mem_core.domain.memory_request import Evidence
from claude_mem_core.domain.packing import written
from claude_mem_core.domain.value import Epoch, Id, Value
from pydantic import Field
from pydantic_core import to_json

MOST_BYTES = 40_000
"""Of one answer's memories, as JSON: about ten thousand tokens."""

LONGEST_TEXT = 6_000
"""Characters of one text of a memory; more is cut in the middle, and says so."""

MOST_SOURCES = 10
"""Sources of a memory that are told: evidence, often ten times as long as it."""

M = TypeVar("M", bound=MemoryRecord)


class Answer(Value):
    """The base of what tools answer with."""

    next: str = Field(description="What to do with it")


class Index(Answer):
    """Lines of an index, best or oldest first."""

    index: tuple[IndexEntry, ...] = Field(description="One line for each memory")
    confidence: float | None = Field(
        default=None, description="How likely it is that they answer the question"
    )
    anchor_id: Id | None = Field(default=None, description="The anchor among them")
    anchor_epoch: Epoch | None = Field(default=None, description="Its place in time")


class Found(Answer):
    """Memories, best first, as long as there is room."""

    memories: tuple[MemoryRecord, ...] = Field(description="The memories")
    why: tuple[str, ...] = Field(default=(), description="What each was found by")
    confidence: float | None = Field(
        default=None, description="How likely it is that they answer the question"
    )
    left_out: tuple[Id, ...] = Field(
        default=(), description="Ids for which there was no room: get them by their ids"
    )


class Whole(Answer):
    """Memories with their sources, in the order in which they were asked for."""

    memories: tuple[MemoryItem, ...] = Field(description="The memories")
    evidence: tuple[tuple[Evidence, ...], ...] = Field(
        default=(), description="The words that each was taken from, where asked for"
    )
    missing: tuple[Id, ...] = Field(default=(), description="Ids that are none")
    left_out: tuple[Id, ...] = Field(
        default=(), description="Ids for which there was no room: ask for them alone"
    )


class Pack(Answer):
    """What to know before work begins."""

    pack_id: Id | None = Field(default=None, description="Id of the receipt")
    context: str = Field(description="The text of it; empty where there is nothing")
    tokens: int = Field(description="How many tokens it takes, estimated")
    memory_ids: tuple[Id, ...] = Field(description="The memories it was made from")


class Kept(Answer):
    """A memory after something was done with it."""

    memory: MemoryItem = Field(description="The memory")
    unchanged: bool = Field(default=False, description="It was so already")


class Judged(Answer):
    """How useful a memory is held to be."""

    memory_id: Id = Field(description="The memory")
    feedback: float = Field(description="Between -1 and 1; 0 is unknown")


class Recorded(Answer):
    """An event that is kept now."""

    event_id: Id = Field(description="The event")
    job_id: Id | None = Field(default=None, description="The job that reads it")
    created: bool = Field(description="Whether it is new")


class JobStatus(Answer):
    """How far a generation job is."""

    job_id: Id = Field(description="The job")
    status: str = Field(description="queued, processing, completed, failed, cancelled")
    skip_reason: str | None = Field(
        default=None, description="Why a completed one made no memory"
    )
    attempts: int = Field(description="How often a generator failed on it")


def fitting(memories: Sequence[M], most: int = MOST_BYTES) -> Sequence[M]:
    """As many of the memories as there is room for, the first always, texts bounded."""
    told: list[M] = []
    for item in map(short, memories):
        most -= len(to_json(item, by_alias=True, exclude_none=True))
        if told and most < 0:
            break
        told.append(item)
    return told


def short(item: M) -> M:
    """The memory with no text longer than there is room for."""
    wire = elided(item.model_dump(mode="json"), longest=LONGEST_TEXT)
    fields = dict(wire) if isinstance(wire, dict) else {}
    for name in ("facts", "concepts", "files_read", "files_modified", "sources"):
        if isinstance(listed := fields.get(name), list):
            fields[name] = listed[:MOST_SOURCES] if name == "sources" else listed[:50]
    return type(item).model_validate(fields, by_name=True)


def index_text(index: Iterable[IndexEntry]) -> str:
    """Lines of an index as a model reads them."""
    return written([_line(one) for one in index])


def memories_text(memories: Sequence[MemoryRecord], *, briefly: bool) -> str:
    """Memories as a model reads them."""
    return written([(shortened if briefly else whole)(one) for one in memories])


def named(item: MemoryRecord) -> str:
    """One memory by its name."""
    return written([headline(item)])


def _line(one: IndexEntry) -> Entry:
    day = datetime.fromtimestamp(one.when_epoch / 1000, UTC).date().isoformat()
    why = f" ({one.why})" if one.why else ""
    entry = Entry(one.id, day, one.type, f"{one.tokens}t", one.title)
    return replace(entry, text=f"{one.title}{why}")


def wire(answer: Answer) -> Mapping[str, object]:
    """An answer as structured content: nothing that is null takes room."""
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)
