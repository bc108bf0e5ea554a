# SPDX-License-Identifier: Apache-2.0
"""Vectors of memories: of which model they are, and of which pieces of their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from claude_mem_core.domain.memory_item import MemoryRecord

PASSAGE = 800
"""Characters of a passage: on real coding sessions these found more than one vector
of a memory's beginning did."""

MOST_PASSAGES = 16
"""Passages of one memory: what stands after its first 12,800 characters is found by
its words alone."""

_DIGITS = 16
_BREAK = re.compile(r"\n|(?<=[.!?;])\s|\s")


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Which model makes vectors: those of two models are never compared.

    Attributes:
        name: What it is called.
        digest: SHA-256 of its weights, hexadecimal.
        dimensions: Numbers of a vector.
    """

    name: str
    digest: str
    dimensions: int

    @property
    def key(self) -> str:
        """What its vectors are stored under."""
        return f"{self.name}@{self.digest[:_DIGITS]}"

    @property
    def width(self) -> int:
        """Bytes of a vector."""
        return 4 * self.dimensions


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """The vectors of one memory, one after the other.

    Attributes:
        number: Greater than those of all vectors that were put before.
    """

    number: int
    item_id: str
    vectors: bytes


@dataclass(frozen=True, slots=True)
class Embedded:
    """How far a model is: memories that have its vectors, and those that wait."""

    embedded: int
    waiting: int


def passages(item: MemoryRecord) -> Sequence[str]:
    """What a memory says, in pieces that a model can take; at least one piece."""
    prose = (item.title, item.subtitle, item.text, item.narrative)
    said = [*filter(None, prose), *item.facts, " ".join(item.concepts)]
    text = "\n".join(piece.strip() for piece in said if piece.strip())
    return list(islice(_pieces(text), MOST_PASSAGES)) or [""]


def without_names(question: str, names: Iterable[str]) -> str:
    """The question without the names of those who take part.

    In a small model a name weighs more than what is asked, and many memories have
    it. A question of names alone stays as it is.
    """
    alternatives = "|".join(map(re.escape, filter(str.strip, names)))
    if not alternatives:
        return question
    pattern = rf"(?<!\w)(?:{alternatives})(?:['\u2019]s)?(?!\w)"
    rest = " ".join(re.sub(pattern, " ", question, flags=re.IGNORECASE).split())
    return rest if re.search(r"\w", rest) else question


def _pieces(text: str) -> Iterator[str]:
    """The text cut at the ends of lines and sentences, else between words."""
    while text:
        end = len(text) if len(text) <= PASSAGE else _cut(text[:PASSAGE])
        piece, text = text[:end].strip(), text[end:].strip()
        if piece:
            yield piece


def _cut(text: str) -> int:
    """Where the last line, sentence or word ends in the later half of the text."""
    best, rank = len(text), 0
    for found in _BREAK.finditer(text, len(text) // 2):
        before = text[found.start() - 1]
        weight = 3 if found[0] == "\n" else 2 if before in ".!?;" else 1
        if weight >= rank:
            best, rank = found.start(), weight
    return best
