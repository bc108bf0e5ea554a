# SPDX-License-Identifier: Apache-2.0
"""Which memories a pack tells, and at what length: the most value for its budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from claude_mem_core.domain.entries import Entry, headline, shortened, whole
from claude_mem_core.domain.feedback import UNKNOWN, Standing
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.packing import block, frame, written
from claude_mem_core.domain.terms import content_words
from claude_mem_core.domain.tokens import TokenCounter, estimated_tokens

Form = Literal["whole", "shortened", "headline"]
Reason = Literal[Form, "redundant", "over_budget", "over_limit"]
"""Why a memory is told so, or is not told."""

FORMS: dict[Form, tuple[Callable[[MemoryRecord], Entry], float]] = {
    "whole": (whole, 1.0),
    "shortened": (shortened, 0.5),
    "headline": (headline, 0.25),
}
"""How a memory can be told, the longest first, and the part of its worth that is told
so. Set by hand: the point comes first, and a title says little beside it."""

SAME = 0.8
"""The part of a memory's words that another told memory holds, from which on it says
nothing new."""

FIXED = 100
"""Tokens that each memory counts for beside its own: a short one is read for its
worth, not because it is short."""

AT_START, ASKED = 3, 6
"""Standing directives take at most the third part of a pack for a session that only
begins, and the sixth of one that is about something."""

BY_HAND, STANDING, OTHER = range(3)
"""What comes before what."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a pack may be: no limit of these is ever exceeded.

    Attributes:
        standing: Into how many parts it is divided of which directives get one.
    """

    tokens: int
    characters: int | None
    memories: int
    standing: int = AT_START


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
    standing: Standing = UNKNOWN

    @property
    def is_told(self) -> bool:
        """Whether the pack has it."""
        return self.reason in FORMS


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
    fit whole is weighed by how it begins, then by its title, and else left out.
    """
    pack = _Pack(budget, tokens_of)
    left = [_Open(one, tokens_of) for one in considered]
    for tier in (BY_HAND, STANDING, OTHER):
        own = [one for one in left if _tier(one.item) == tier]
        while own := [one for one in own if pack.has_room(one)]:
            best = min(own, key=lambda one: one.rank)
            pack.add(best)
            own.remove(best)
            left.remove(best)
            said = _words(best.entry)
            for one in left:
                one.hear(best, said)
    return pack.closed(left)


class _Open:
    """A memory that is not decided on, in the form in which it would be told."""

    def __init__(self, valued: Valued, tokens_of: TokenCounter) -> None:
        self.item = valued.item
        self.value = valued.value
        self.standing = valued.standing
        self.overlap = 0.0
        self._words = _words(whole(valued.item))
        self._tokens_of = tokens_of
        self._take("whole")

    @property
    def rank(self) -> tuple[float, int, str]:
        """Best first; the id makes the order the same every time."""
        return -self.per_token, -self.item.created_at_epoch, self.item.id

    @property
    def per_token(self) -> float:
        """What it is worth beyond what is told, for each token that it takes."""
        part = FORMS[self.form][1]
        return self.value * part * (1 - self.overlap) / (self.tokens + FIXED)

    def shorten(self, *, to: Form | None = None) -> bool:
        """Take the next shorter form, or this one; False where it has it already."""
        shorter = [*FORMS][[*FORMS].index(self.form) + 1 :]
        if shorter:
            self._take(to or shorter[0])
        return bool(shorter)

    def hear(self, told: _Open, said: frozenset[str]) -> None:
        """Take off what another memory says, in the form in which it is told."""
        shared = len(self._words & said) / (len(self._words) or 1)
        self.overlap = max(self.overlap, shared)
        at_length = told.form != "headline"
        if at_length and _tells_the_same_session(self.item, told.item):
            self.shorten(to="headline")

    def _take(self, form: Form) -> None:
        self.form = form
        self.entry = FORMS[form][0](self.item)
        text = block(self.entry)
        self.tokens, self.characters = self._tokens_of(text), len(text)


@dataclass(slots=True)
class _Pack:
    budget: Budget
    tokens_of: TokenCounter
    entries: list[Entry] = field(default_factory=list)
    told: list[Verdict] = field(default_factory=list)
    tokens: int = 0
    characters: int = 0
    standing: list[_Open] = field(default_factory=list)

    def __post_init__(self) -> None:
        around = "".join(frame())
        self.tokens, self.characters = self.tokens_of(around), len(around)

    def has_room(self, one: _Open) -> bool:
        """Whether it can be told, in the longest of its forms that fits."""
        if self._against(one) is not None:
            return False
        while not self._fits(one):
            if not one.shorten():
                return False
        return True

    def _against(self, one: _Open) -> Reason | None:
        """Why it is not told, whatever room there is."""
        if one.overlap >= SAME and one.item.kind != "manual":
            return "redundant"
        return "over_limit" if len(self.told) >= self.budget.memories else None

    def _fits(self, one: _Open) -> bool:
        tokens, characters = self.tokens + one.tokens, self.characters + one.characters
        most = self.budget.characters
        fits = tokens <= self.budget.tokens and (most is None or characters <= most)
        return fits and (_tier(one.item) != STANDING or self._has_share(one))

    def _has_share(self, one: _Open) -> bool:
        """Whether a directive fits their part of the pack; one title always does."""
        if not self.standing and one.form == "headline":
            return True
        own = [*self.standing, one]
        parts, most = self.budget.standing, self.budget.characters
        return sum(each.tokens for each in own) * parts <= self.budget.tokens and (
            most is None or sum(each.characters for each in own) * parts <= most
        )

    def add(self, one: _Open) -> None:
        """Tell it, in the form that it has."""
        self.tokens += one.tokens
        self.characters += one.characters
        self.entries.append(one.entry)
        self.told.append(_verdict(one, one.form))
        if _tier(one.item) == STANDING:
            self.standing.append(one)

    def closed(self, left: Sequence[_Open]) -> Chosen:
        """The text of what was taken, and why the others were not."""
        text = written(self.entries)
        untold = [_verdict(one, self._against(one) or "over_budget") for one in left]
        return Chosen(text, self.tokens_of(text), (*self.told, *untold))


def _verdict(one: _Open, reason: Reason) -> Verdict:
    return Verdict(one.item, one.value, one.per_token, one.tokens, reason, one.standing)


def _words(entry: Entry) -> frozenset[str]:
    return frozenset(content_words(entry.text))


def _tier(item: MemoryRecord) -> int:
    by_hand = item.kind == "manual"
    if is_standing(item) and not (by_hand and item.trust == "user"):
        return STANDING
    return BY_HAND if by_hand else OTHER


def _tells_the_same_session(one: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether one is the summary of what the other tells a part of."""
    if one.server_session_id is None or _tier(one) != OTHER:
        return False
    kinds = {one.kind, other.kind}
    same = one.server_session_id == other.server_session_id
    return same and kinds == {"summary", "observation"}
