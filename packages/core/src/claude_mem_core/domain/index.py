# SPDX-License-Identifier: Apache-2.0
"""A memory as one line of an index: enough to choose it, at a tenth of its price."""

from __future__ import annotations

from claude_mem_core.domain.analysis import Question
from claude_mem_core.domain.bm25 import Occurrences
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord
from claude_mem_core.domain.search_fields import FIELD_WEIGHTS
from claude_mem_core.domain.tokens import rough_tokens
from claude_mem_core.domain.value import Epoch, Id, Name, Value

LONGEST_TITLE = 120
"""Characters of a title in an index."""

SOURCES = "sources"
"""What of a memory is evidence, and not its own words: often ten times as long."""

MOST_WORDS = 4
"""Words of a reason for each part of a memory."""


class IndexEntry(Value):
    """One memory in an index.

    Attributes:
        when_epoch: From when on it holds.
        tokens: What the whole memory without its sources takes of a model's window,
            estimated.
        why: What it was found by, in a few words; empty where nothing was asked.
    """

    id: Id
    project_id: Id
    when_epoch: Epoch
    kind: MemoryKind
    type: Name
    title: str
    tokens: int
    why: str = ""


def entry_of(item: MemoryRecord, *, why: str = "") -> IndexEntry:
    """The line of the index for a memory."""
    return IndexEntry(
        id=item.id,
        project_id=item.project_id,
        when_epoch=item.when,
        kind=item.kind,
        type=item.type,
        title=headline(item),
        tokens=rough_tokens(item.model_dump_json(by_alias=True, exclude={SOURCES})),
        why=why,
    )


def headline(item: MemoryRecord, longest: int = LONGEST_TITLE) -> str:
    """What a memory is called, in one line; its first words when it has no title.

    Args:
        item: The memory.
        longest: Characters; a longer name ends with an ellipsis.
    """
    prose = (item.title, item.text, item.narrative, item.subtitle, *item.facts)
    told = next((text for text in prose if text and text.strip()), "")
    line = " ".join(told.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def why(question: Question, counts: Occurrences) -> str:
    """Which words of a question a memory has, and where: `title: lamp; text: turns`.

    Args:
        question: The question.
        counts: How often each of its tokens stands in each field of the memory.
    """
    tokens = question.tokens
    parts, told = [], set[str]()
    for name, own in zip(FIELD_WEIGHTS, counts, strict=True):
        if not any(own):
            continue
        had = {token for token, count in zip(tokens, own, strict=True) if count}
        having = [w.text for w in question.words if not had.isdisjoint(w.tokens)]
        here = [word for word in dict.fromkeys(having) if word not in told]
        told.update(here)
        if here:
            parts.append(f"{name}: {', '.join(here[:MOST_WORDS])}")
    return "; ".join(parts)
