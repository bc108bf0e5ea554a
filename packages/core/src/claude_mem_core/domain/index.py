# SPDX-License-Identifier: Apache-2.0
"""A memory as one line of an index: enough to choose it, at a tenth of its price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord
from claude_mem_core.domain.terms import pieces, words
from claude_mem_core.domain.tokens import estimated_tokens
from claude_mem_core.domain.value import Epoch, Id, Name, Value

LONGEST_TITLE = 120
"""Characters of a title in an index."""

MOST_WORDS = 4
"""Words of a reason for each part of a memory."""

_LEAST = 3
_ENDINGS = (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("e", ""))


class IndexEntry(Value):
    """One memory in an index.

    Attributes:
        when_epoch: From when on it holds.
        tokens: What the memory takes of a model's window, estimated; its sources, which
            are evidence to be looked up, do not count.
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
        tokens=estimated_tokens(item.model_dump_json(by_alias=True)),
        why=why,
    )


def headline(item: MemoryRecord) -> str:
    """What a memory is called, in one line; its first words when it has no title."""
    prose = (item.title, item.text, item.narrative, item.subtitle, *item.facts)
    told = next((text for text in prose if text and text.strip()), "")
    line = " ".join(told.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def why(item: MemoryRecord, terms: Sequence[str]) -> str:
    """Which words of a question a memory has, and where: `title: lamp; text: turns`."""
    parts = []
    left, near = list(terms), _near(tuple(terms))
    for name, text in _parts(item):
        own = set(map(_bare, _spelt(text, near)))
        here = [term for term in left if _bare(term) in own]
        left = [term for term in left if term not in here]
        if here:
            parts.append(f"{name}: {', '.join(here[:MOST_WORDS])}")
    return "; ".join(parts)


def _parts(item: MemoryRecord) -> Iterator[tuple[str, str]]:
    prose = (item.subtitle, item.text, item.narrative, *item.facts)
    yield "title", item.title or ""
    yield "text", " ".join(filter(None, prose))
    yield "concepts", " ".join(item.concepts)
    yield "files", " ".join((*item.files_read, *item.files_modified))


def _spelt(text: str, near: re.Pattern[str]) -> set[str]:
    """The words of a text that may be like a term, and the parts of these."""
    own = [word for word in words(text) if near.search(word.lower())]
    return {word.lower() for word in own} | {
        one for word in own for one in pieces(word)
    }


@lru_cache(maxsize=200)
def _near(terms: tuple[str, ...]) -> re.Pattern[str]:
    """What stands in every word, and in every part of one, that is like a term.

    All but the last letter of a bare word does. To take a word apart is slow, and few
    words of a memory are worth it.
    """
    return re.compile("|".join(re.escape(_bare(term)[:-1]) for term in terms))


@lru_cache(maxsize=20_000)
def _bare(word: str) -> str:
    """The word without a usual ending."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + _LEAST:
            return word.removesuffix(ending) + instead
    return word
