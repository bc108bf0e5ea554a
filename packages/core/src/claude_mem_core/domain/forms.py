# SPDX-License-Identifier: Apache-2.0
"""A memory that a pack may tell, in the form in which it would be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from claude_mem_core.domain.entries import Entry, heading, headline, shortened, whole
from claude_mem_core.domain.feedback import UNKNOWN, Standing
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.packing import block
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.tokens import TokenCounter

Form = Literal["whole", "shortened", "headline"]

FORMS: Mapping[Form, tuple[Callable[[MemoryRecord], Entry], float]] = {
    "whole": (whole, 1.0),
    "shortened": (shortened, 0.5),
    "headline": (headline, 0.25),
}
"""How a memory can be told, the longest first, and the part of its worth that is told
so. Set by hand: the point comes first, and a title says little beside it."""

FIXED = 100
"""Tokens that each memory counts for beside its own: a short one is read for its
worth, not because it is short."""

BY_HAND, STANDING, OTHER = range(3)
"""What comes before what."""

Rank = tuple[float, int, str]


@dataclass(frozen=True, slots=True)
class Valued:
    """A memory that could be told, and what telling it is worth; 0 is nothing.

    Attributes:
        standing: What feedback is in its worth.
    """

    item: MemoryRecord
    value: float
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True)
class Measured:
    """A form of a memory, and the room that it takes."""

    entry: Entry
    tokens: int
    characters: int


class Open:
    """A memory that is not decided on.

    Nothing of it is written or measured before it is asked for: most memories that are
    considered stand too low to be looked into.

    Attributes:
        form: In which it would be told.
        overlap: The part of its words that one told memory has.
    """

    def __init__(self, valued: Valued, tokens_of: TokenCounter) -> None:
        self.item = valued.item
        self.value = valued.value
        self.standing = valued.standing
        self.tier = tier_of(valued.item)
        self.form: Form = "whole"
        self.overlap = 0.0
        self._tokens_of = tokens_of
        self._measured: dict[Form, Measured] = {}

    def anew(self) -> Open:
        """The same, as it was before anything was told."""
        other = copy(self)
        other.form, other.overlap = "whole", 0.0
        return other

    @property
    def told(self) -> Measured:
        """It in its form."""
        known = self._measured.get(self.form)
        if known is None:
            entry = FORMS[self.form][0](self.item)
            text = block(entry)
            known = Measured(entry, self._tokens_of(text), len(text))
            self._measured[self.form] = known
        return known

    @cached_property
    def least(self) -> Measured:
        """What every form of it takes: its first line, and its title where it has one.

        A text takes no less than its lines; and a title that is told at all is told
        first, and whole where it is short.
        """
        entry = heading(self.item)
        text = block(entry)
        return Measured(entry, self._tokens_of(text), len(text))

    @property
    def rank(self) -> Rank:
        """Best first; the id makes the order the same every time."""
        return -self.per_token, -self.item.created_at_epoch, self.item.id

    @property
    def best_rank(self) -> Rank:
        """No worse than its rank, now and in any form that it may still take."""
        most = max(map(self._at_most, self._forms))
        return -most, -self.item.created_at_epoch, self.item.id

    @property
    def per_token(self) -> float:
        """What it is worth beyond what is told, for each token that it takes."""
        return self._worth(self.form, self.told.tokens)

    def shorten(self, *, to: Form | None = None) -> bool:
        """Take the next shorter form, or this one; False where it has it already."""
        shorter = self._forms[1:]
        if shorter:
            self.form = to or shorter[0]
        return bool(shorter)

    def hear(self, told: Open, said: frozenset[str]) -> None:
        """Take off what another memory says, in the form in which it is told."""
        shared = len(self._words & said) / (len(self._words) or 1)
        self.overlap = max(self.overlap, shared)
        at_length = told.form != "headline"
        if at_length and _tells_the_same_session(self.item, told.item):
            self.shorten(to="headline")

    @property
    def _forms(self) -> list[Form]:
        """Its form, and the shorter ones."""
        every = [*FORMS]
        return every[every.index(self.form) :]

    def _at_most(self, form: Form) -> float:
        known = self._measured.get(form)
        return max(0.0, self._worth(form, known.tokens if known else 0))

    def _worth(self, form: Form, tokens: int) -> float:
        return self.value * FORMS[form][1] * (1 - self.overlap) / (tokens + FIXED)

    @cached_property
    def _words(self) -> frozenset[str]:
        return words_of(whole(self.item))


def words_of(entry: Entry) -> frozenset[str]:
    """The words of an entry that carry meaning."""
    return frozenset(content_words(entry.text))


def is_standing(item: MemoryRecord | Outline) -> bool:
    """Whether it is a directive that holds beyond its session."""
    return item.type == "decision" and item.metadata.get("standing") is True


def tier_of(item: MemoryRecord) -> int:
    """Which of the memories that come one after another it belongs to."""
    by_hand = item.kind == "manual"
    if is_standing(item) and not (by_hand and item.trust == "user"):
        return STANDING
    return BY_HAND if by_hand else OTHER


def _tells_the_same_session(one: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether one is the summary of what the other tells a part of."""
    if one.server_session_id is None or tier_of(one) != OTHER:
        return False
    kinds = {one.kind, other.kind}
    same = one.server_session_id == other.server_session_id
    return same and kinds == {"summary", "observation"}
