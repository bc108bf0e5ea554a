# SPDX-License-Identifier: Apache-2.0
"""Which memories a pack tells, and at what length: the most value for its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Literal

from claude_mem_core.domain.entries import Entry
from claude_mem_core.domain.feedback import UNKNOWN, Standing
from claude_mem_core.domain.forms import (
    BY_HAND,
    FORMS,
    OTHER,
    STANDING,
    Form,
    Measured,
    Open,
    Rank,
    Valued,
    words_of,
)
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.packing import frame, written
from claude_mem_core.domain.tokens import TokenCounter, estimated_tokens

Reason = Literal[Form, "redundant", "over_budget", "over_limit"]
"""Why a memory is told so, or is not told."""

SAME = 0.8
"""The part of a memory's words that another told memory holds, from which on it says
nothing new."""

AT_START, ASKED = 3, 6
"""Standing directives take at most the third part of a pack for a session that only
begins, and the sixth of one that is about something."""


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

    def holds(self, tokens: int, characters: int) -> bool:
        """Whether so much fits."""
        most = self.characters
        return tokens <= self.tokens and (most is None or characters <= most)


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


def chosen(
    considered: Sequence[Valued],
    budget: Budget,
    tokens_of: TokenCounter = estimated_tokens,
    *,
    untold: bool = True,
) -> Chosen:
    """The pack with the most value that fits.

    What was written by hand comes first, then directives that stand, then what is
    worth the most for each token beyond what is told already. A memory that does not
    fit whole is weighed by how it begins, then by its title, and else left out.

    Args:
        considered: What could be told.
        budget: How long the pack may be.
        tokens_of: Tells the tokens of a text.
        untold: Whether the verdicts on what is not told are wanted too.
    """
    pack = _Pack(budget, tokens_of)
    left = [_Line(Open(one, tokens_of)) for one in considered]
    for tier in (BY_HAND, STANDING, OTHER):
        pack.tell([one for one in left if one.open.tier == tier], tier)
    others = [one for one in left if not one.is_told] if untold else []
    return pack.closed(others)


@dataclass(frozen=True, slots=True)
class _Taken:
    """How many memories there are, and the room that they take."""

    count: int
    tokens: int
    characters: int

    def and_(self, told: Measured) -> _Taken:
        """The same with one more."""
        tokens, characters = told.tokens, told.characters
        return _Taken(
            self.count + 1, self.tokens + tokens, self.characters + characters
        )


@dataclass(frozen=True, slots=True)
class _Room:
    """What is taken before one more memory is told.

    Attributes:
        tier: Of the memories of which one is told.
        directives: What the standing directives have of it.
    """

    taken: _Taken
    directives: _Taken = _Taken(0, 0, 0)
    tier: int = BY_HAND

    def with_one(self, told: Measured) -> _Room:
        """The room that is left after one more."""
        directives = self.directives
        if self.tier == STANDING:
            directives = directives.and_(told)
        return _Room(self.taken.and_(told), directives, self.tier)


@dataclass(frozen=True, slots=True)
class _Round:
    """What was told into which room; nothing, in the last round of a tier."""

    room: _Room
    told: Open | None = None
    said: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Line:
    """A memory in the line, and up to where it knows what went on before it.

    Attributes:
        rounds: How many rounds it has heard.
        is_in: Whether it fitted when it was last considered.
    """

    open: Open
    rounds: int = 0
    is_in: bool = True
    is_told: bool = False


class _Pack:
    """What is told, round by round.

    In each round the memory with the best rank is told. A memory that takes a shorter
    form may rise, so that an old rank is no bound; but no form is worth more than it
    would be for no token at all. Only what might be the best by that bound is looked
    into, and told of the rounds that it missed.
    """

    def __init__(self, budget: Budget, tokens_of: TokenCounter) -> None:
        around = "".join(frame())
        self._budget = budget
        self._tokens_of = tokens_of
        self._room = _Room(_Taken(0, tokens_of(around), len(around)))
        self._rounds: list[_Round] = []
        self._entries: list[Entry] = []
        self._verdicts: list[Verdict] = []

    def tell(self, line: Sequence[_Line], tier: int) -> None:
        """Tell those of one tier that fit, the best first."""
        self._room = replace(self._room, tier=tier)
        heap = [(one.open.best_rank, at) for at, one in enumerate(line)]
        heapify(heap)
        while best := self._best(line, heap):
            self._add(best)
        self._rounds.append(_Round(self._room))

    def closed(self, others: Sequence[_Line]) -> Chosen:
        """The text of what was told, and why the others were not."""
        text = written(self._entries)
        untold = [self._judged(one.open) for one in others]
        return Chosen(text, self._tokens_of(text), (*self._verdicts, *untold))

    def _best(
        self, line: Sequence[_Line], heap: list[tuple[Rank, int]]
    ) -> _Line | None:
        """What is told next; None where nothing fits."""
        if self._room.taken.count >= self._budget.memories:
            return None
        best: tuple[Rank, int] | None = None
        looked: list[int] = []
        while heap and (best is None or heap[0][0] < best[0]):
            _, at = heappop(heap)
            one = line[at]
            if self._may_be_told(one):
                looked.append(at)
                best = min(best or (one.open.rank, at), (one.open.rank, at))
        for at in looked:
            if best is not None and at != best[1]:
                heappush(heap, (line[at].open.best_rank, at))
        return None if best is None else line[best[1]]

    def _add(self, one: _Line) -> None:
        """Tell it, in the form that it has."""
        told = one.open.told
        one.is_told = True
        self._entries.append(told.entry)
        self._verdicts.append(_verdict(one.open, one.open.form))
        self._rounds.append(_Round(self._room, one.open, words_of(told.entry)))
        self._room = self._room.with_one(told)

    def _may_be_told(self, one: _Line) -> bool:
        """Whether it can be told now.

        What did not fit a wider room fits no narrower one, so that only the present
        one is looked at; and where not even its title fits, no more of it is.
        """
        if not self._holds(one.open.least, self._room):
            return False
        for each in self._rounds[one.rounds :]:
            if each.told is not None:
                one.open.hear(each.told, each.said)
        one.rounds = len(self._rounds)
        self._consider(one, self._room)
        return one.is_in

    def _judged(self, one: Open) -> Verdict:
        """Why it was not told: it goes through every round."""
        line = _Line(one.anew())
        for each in self._rounds:
            self._consider(line, each.room)
            if each.told is not None:
                line.open.hear(each.told, each.said)
        reason = self._against(line.open, self._room) or "over_budget"
        return _verdict(line.open, reason)

    def _consider(self, one: _Line, room: _Room) -> None:
        """Whether it can be told, in the longest of its forms that fits."""
        if not one.is_in or one.open.tier != room.tier:
            return
        one.is_in = self._against(one.open, room) is None
        while one.is_in and not self._fits(one.open, room):
            one.is_in = one.open.shorten()

    def _against(self, one: Open, room: _Room) -> Reason | None:
        """Why it is not told, whatever room there is."""
        if one.overlap >= SAME and one.item.kind != "manual":
            return "redundant"
        return "over_limit" if room.taken.count >= self._budget.memories else None

    def _fits(self, one: Open, room: _Room) -> bool:
        told, directives = one.told, room.directives
        if not self._holds(told, room):
            return False
        if one.tier != STANDING or (not directives.count and one.form == "headline"):
            # The title of one directive fits always.
            return True
        parts = self._budget.standing
        return self._budget.holds(
            (directives.tokens + told.tokens) * parts,
            (directives.characters + told.characters) * parts,
        )

    def _holds(self, told: Measured, room: _Room) -> bool:
        tokens = room.taken.tokens + told.tokens
        return self._budget.holds(tokens, room.taken.characters + told.characters)


def _verdict(one: Open, reason: Reason) -> Verdict:
    tokens, standing = one.told.tokens, one.standing
    return Verdict(one.item, one.value, one.per_token, tokens, reason, standing)
