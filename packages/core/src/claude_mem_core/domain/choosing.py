# SPDX-License-Identifier: Apache-2.0
"""Which memories a pack tells, and at what length: the most value for its budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.packing import (
    Entry,
    block,
    frame,
    headline,
    whole,
    written,
)
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.tokens import TokenCounter, estimated_tokens

Reason = Literal["whole", "headline", "redundant", "over_budget", "over_limit"]
"""Why a memory is told so, or is not told."""

SAME = 0.8
"""The part of a memory's words that another told memory holds, from which on it says
nothing new."""

FIXED = 100
"""Tokens that each memory counts for beside its own: a short one is read for its
worth, not because it is short."""

STANDING_SHARE = 3
"""Standing directives take at most the third part of a budget before the rest."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a pack may be: no limit of these is ever exceeded."""

    tokens: int
    characters: int | None
    memories: int


@dataclass(frozen=True, slots=True)
class Valued:
    """A memory that could be told, and what telling it is worth; 0 is nothing."""

    item: MemoryRecord
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a memory that was considered.

    Attributes:
        value: What telling it was worth, before what others told was taken off.
        per_token: Its worth for each token when it was decided on.
        tokens: What it takes in the form in which it was told, or would have been.
    """

    item: MemoryRecord
    value: float
    per_token: float
    tokens: int
    reason: Reason

    @property
    def is_told(self) -> bool:
        """Whether the pack has it."""
        return self.reason in {"whole", "headline"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pack's text, and the verdicts: first the memories told, in their order."""

    text: str
    tokens: int
    verdicts: tuple[Verdict, ...]


def is_standing(item: MemoryRecord | Outline) -> bool:
    """Whether it is a directive that holds beyond its session."""
    return item.type == "decision" and item.metadata.get("standing") is True


def chosen(
    considered: Sequence[Valued],
    budget: Budget,
    tokens_of: TokenCounter = estimated_tokens,
) -> Chosen:
    """The pack with the most value that fits.

    What was written by hand comes first, then directives that stand, then what is
    worth the most for each token beyond what is told already. A memory that does not
    fit whole is told by its title, and left out when that is too long.
    """
    pack = _Pack(budget, tokens_of)
    left = [_Open(one) for one in considered]
    for tier in range(3):
        own = [one for one in left if _tier(one.item) <= tier]
        while own:
            best = min(own, key=lambda one: one.rank(tokens_of))
            own.remove(best)
            if pack.take(best, tier=tier):
                left.remove(best)
                for one in left:
                    one.hear(best)
    return pack.closed(left)


class _Open:
    """A memory that is not decided on."""

    def __init__(self, valued: Valued) -> None:
        self.item = valued.item
        self.value = valued.value
        self.overlap = 0.0
        self.is_half_told = False
        self._whole = whole(valued.item)
        self._words = frozenset(content_words(self._whole.text))
        self._tokens: int | None = None

    def rank(self, tokens_of: TokenCounter) -> tuple[float, int, str]:
        """Best first; the id makes the order the same every time."""
        per_token = self.per_token(tokens_of)
        return -per_token, -self.item.created_at_epoch, self.item.id

    def per_token(self, tokens_of: TokenCounter) -> float:
        """What it is worth beyond what is told, for each token that it takes."""
        if self._tokens is None:
            self._tokens = tokens_of(block(self._whole))
        return self.value * (1 - self.overlap) / (self._tokens + FIXED)

    def hear(self, told: _Open) -> None:
        """Take off what another memory says."""
        shared = len(self._words & told._words) / (len(self._words) or 1)
        self.overlap = max(self.overlap, shared)
        self.is_half_told |= _tells_the_same_session(self.item, told.item)

    def forms(self) -> Iterator[tuple[Reason, Entry]]:
        """How it can be told, the longer first."""
        if not self.is_half_told:
            yield "whole", self._whole
        yield "headline", headline(self.item)


@dataclass(slots=True)
class _Pack:
    budget: Budget
    tokens_of: TokenCounter
    entries: list[Entry] = field(default_factory=list)
    told: list[Verdict] = field(default_factory=list)
    tokens: int = 0
    characters: int = 0

    def __post_init__(self) -> None:
        around = "".join(frame())
        self.tokens, self.characters = self.tokens_of(around), len(around)

    def take(self, one: _Open, *, tier: int) -> bool:
        """Tell it in the longest form that fits; whether there was one."""
        if self._against(one) is not None:
            return False
        limit = self.budget.tokens // (STANDING_SHARE if tier == 1 else 1)
        for form, entry in one.forms():
            if self._fits(entry, limit):
                self._add(one, form, entry)
                return True
        return False

    def _against(self, one: _Open) -> Reason | None:
        """Why it is not told, whatever room there is."""
        if one.overlap >= SAME and one.item.kind != "manual":
            return "redundant"
        return "over_limit" if len(self.told) >= self.budget.memories else None

    def _fits(self, entry: Entry, limit: int) -> bool:
        text = block(entry)
        characters = self.budget.characters
        return self.tokens + self.tokens_of(text) <= limit and (
            characters is None or self.characters + len(text) <= characters
        )

    def _add(self, one: _Open, form: Reason, entry: Entry) -> None:
        text = block(entry)
        tokens = self.tokens_of(text)
        self.tokens += tokens
        self.characters += len(text)
        self.entries.append(entry)
        self.told.append(self._verdict(one, form, tokens))

    def _verdict(self, one: _Open, reason: Reason, tokens: int) -> Verdict:
        per_token = one.per_token(self.tokens_of)
        return Verdict(one.item, one.value, per_token, tokens, reason)

    def closed(self, left: Sequence[_Open]) -> Chosen:
        """The text of what was taken, and why the others were not."""
        text = written(self.entries)
        untold = [self._left(one) for one in left]
        return Chosen(text, self.tokens_of(text), (*self.told, *untold))

    def _left(self, one: _Open) -> Verdict:
        tokens = self.tokens_of(block(headline(one.item)))
        return self._verdict(one, self._against(one) or "over_budget", tokens)


def _tier(item: MemoryRecord) -> int:
    if item.kind == "manual":
        return 0
    return 1 if is_standing(item) else 2


def _tells_the_same_session(one: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether one is the summary of what the other tells a part of."""
    if one.server_session_id is None or _tier(one) < 2:  # noqa: PLR2004 - the rest
        return False
    kinds = {one.kind, other.kind}
    same = one.server_session_id == other.server_session_id
    return same and kinds == {"summary", "observation"}
