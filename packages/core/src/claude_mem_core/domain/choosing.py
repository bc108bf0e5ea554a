# SPDX-License-Identifier: Apache-2.0
"""Which memories a pack tells, and at what length: the most value for its budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heapreplace
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
from claude_mem_core.domain.terms import STOP_WORDS, words
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
    *,
    explain: bool = True,
) -> Chosen:
    """The pack with the most value that fits.

    What was written by hand comes first, then directives that stand, then what is
    worth the most for each token beyond what is told already. A memory that does not
    fit whole is told by its title, and left out when that is too long.

    Args:
        considered: The memories that may be told.
        budget: How long the pack may be.
        tokens_of: What tells the tokens of a text.
        explain: Whether to tell why the others are not told, which takes longer.
    """
    pack = _Pack(budget, tokens_of)
    left = {one.item.id: _Open(one, pack) for one in considered}
    for tier in range(3):
        own = [one for one in left.values() if _tier(one.item) <= tier]
        for one in _best_first(own):
            if pack.take(one, tier=tier):
                del left[one.item.id]
    return pack.closed(left.values() if explain else ())


def _best_first(own: Iterable[_Open]) -> Iterator[_Open]:
    """The memories in the order of their worth, whatever is told meanwhile.

    What is told takes from the worth of what is left, and never adds to it. So a worth
    that was found before is the most that it can be now, and only the memory in front
    needs to be looked at again: most are never read.
    """
    queue = [(one.rank, one) for one in own]
    heapify(queue)
    while queue:
        rank, one = queue[0]
        if one.is_out:
            yield heappop(queue)[1]
            continue
        one.look()
        if one.rank == rank:
            yield heappop(queue)[1]
        else:
            heapreplace(queue, (one.rank, one))


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to tell a memory, and the room that it takes."""

    reason: Reason
    entry: Entry
    tokens: int
    characters: int

    @classmethod
    def of(cls, reason: Reason, entry: Entry, tokens_of: TokenCounter) -> _Form:
        text = block(entry)
        return cls(reason, entry, tokens_of(text), len(text))


class _Open:
    """A memory that is not decided on."""

    def __init__(self, valued: Valued, pack: _Pack) -> None:
        self.item = valued.item
        self.value = valued.value
        self.overlap = 0.0
        self.is_half_told = False
        self.per_token = valued.value / FIXED
        self._pack = pack
        self._heard = 0

    @property
    def rank(self) -> tuple[float, int, str]:
        """Best first; the id makes the order the same every time."""
        return -self.per_token, -self.item.created_at_epoch, self.item.id

    @property
    def is_out(self) -> bool:
        """Whether not even its title fits: then nothing else of it matters."""
        pack = self._pack
        return pack.is_full or not pack.fits(self.headline, pack.budget.tokens)

    def look(self) -> None:
        """Find what it is worth beyond what is told, for each token that it takes."""
        for told in self._pack.heard[self._heard :]:
            shared = len(self.words & told.words) / (len(self.words) or 1)
            self.overlap = max(self.overlap, shared)
            self.is_half_told |= _tells_the_same_session(self.item, told.item)
        self._heard = len(self._pack.heard)
        self.per_token = self.value * (1 - self.overlap) / (self.whole.tokens + FIXED)

    def forms(self) -> Iterator[_Form]:
        """How it can be told, the longer first."""
        if not self.is_half_told:
            yield self.whole
        yield self.headline

    @cached_property
    def whole(self) -> _Form:
        """All that it says."""
        return _Form.of("whole", whole(self.item), self._pack.tokens_of)

    @cached_property
    def headline(self) -> _Form:
        """Its title alone."""
        return _Form.of("headline", headline(self.item), self._pack.tokens_of)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words that carry meaning."""
        return frozenset(map(str.lower, words(self.whole.entry.text))) - STOP_WORDS


@dataclass(slots=True)
class _Pack:
    budget: Budget
    tokens_of: TokenCounter
    entries: list[Entry] = field(default_factory=list)
    told: list[Verdict] = field(default_factory=list)
    heard: list[_Open] = field(default_factory=list)
    tokens: int = 0
    characters: int = 0

    def __post_init__(self) -> None:
        around = "".join(frame())
        self.tokens, self.characters = self.tokens_of(around), len(around)

    def take(self, one: _Open, *, tier: int) -> bool:
        """Tell it in the longest form that fits; whether there was one."""
        if one.is_out or self._against(one) is not None:
            return False
        limit = self.budget.tokens // (STANDING_SHARE if tier == 1 else 1)
        for form in one.forms():
            if self.fits(form, limit):
                self._add(one, form)
                return True
        return False

    def _against(self, one: _Open) -> Reason | None:
        """Why it is not told, whatever room there is."""
        if one.overlap >= SAME and one.item.kind != "manual":
            return "redundant"
        return "over_limit" if self.is_full else None

    @property
    def is_full(self) -> bool:
        """Whether it tells as many memories as it may."""
        return len(self.told) >= self.budget.memories

    def fits(self, form: _Form, limit: int) -> bool:
        """Whether there is room for it within a limit of tokens."""
        characters = self.budget.characters
        return self.tokens + form.tokens <= limit and (
            characters is None or self.characters + form.characters <= characters
        )

    def _add(self, one: _Open, form: _Form) -> None:
        self.tokens += form.tokens
        self.characters += form.characters
        self.entries.append(form.entry)
        self.told.append(_verdict(one, form.reason, form.tokens))
        self.heard.append(one)

    def closed(self, left: Iterable[_Open]) -> Chosen:
        """The text of what was taken, and why the others were not."""
        text = written(self.entries)
        untold = [self._left(one) for one in left]
        return Chosen(text, self.tokens_of(text), (*self.told, *untold))

    def _left(self, one: _Open) -> Verdict:
        one.look()
        reason = self._against(one) or "over_budget"
        return _verdict(one, reason, one.headline.tokens)


def _verdict(one: _Open, reason: Reason, tokens: int) -> Verdict:
    return Verdict(one.item, one.value, one.per_token, tokens, reason)


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
