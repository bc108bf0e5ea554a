# SPDX-License-Identifier: Apache-2.0
"""Whether what was told was of use: from what became of it to one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from claude_mem_core.domain.value import Epoch, Id, Value

UseKind = Literal["useful", "not_useful", "contradicted", "fetched", "touched"]
EvidenceKind: TypeAlias = UseKind | Literal["superseded"]

WEIGHTS: Mapping[EvidenceKind, float] = {
    "useful": 3.0,
    "not_useful": -3.0,
    "contradicted": -6.0,
    "superseded": -2.0,
    "fetched": 1.0,
    "touched": 0.5,
}
"""A user's word counts for more than a trace: a memory is also fetched in vain, and a
file is also touched by somebody who did not read what he was told of it. What is wrong
does harm, what is of no use only takes room."""

CONTRADICTIONS = frozenset({"contradicted", "superseded"})
"""What says that a memory does not hold, rather than that it was of no use."""

HALF_LIVES: Mapping[EvidenceKind, int] = {
    "fetched": 4,
    "touched": 4,
    "useful": 26,
    "not_useful": 26,
}
"""Weeks after which it counts half. A trace tells of the work that was going on then,
and work changes within weeks; what a user said holds longer. What is not named never
fades: a memory that was wrong becomes no truer."""

DOUBT = 4.0
"""How much has to be seen before a value is half way to its bound."""

WEEK = 604_800_000
"""Milliseconds of a week: the step in which uses grow old, so that those of a week are
one row to whoever asks for them."""


class MemoryUse(Value):
    """That a memory was of use, or was not.

    Attributes:
        pack_id: The pack that told it, where the use follows from a pack.
        server_session_id: The session that the pack was told to.
        kind: A user's word: it was useful, not useful, or is wrong (contradicted); or
            a trace: it was fetched after it was told, or a file of it was touched by
            the session that was told.
    """

    id: Id
    memory_item_id: Id
    project_id: Id
    pack_id: Id | None = None
    server_session_id: Id | None = None
    kind: UseKind
    created_at_epoch: Epoch


class Feedback(Value):
    """An answer to whether a memory was of use.

    Attributes:
        wrong: Whether it says what is not so; then it is not useful either.
    """

    useful: bool = Field(strict=True)
    wrong: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _is_of_one_mind(self) -> Self:
        if self.useful and self.wrong:
            message = "a memory that is wrong is not useful"
            raise PydanticCustomError(
                "feedback", message, {"cure": "say one of the two"}
            )
        return self

    @property
    def kind(self) -> UseKind:
        """The use that it stands for."""
        if self.wrong:
            return "contradicted"
        return "useful" if self.useful else "not_useful"


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that was seen of a memory in one week.

    Attributes:
        weeks: How many weeks before that of the newest use of its project that was.
        times: How often; a part of a whole where it sums up what is older.
    """

    kind: EvidenceKind
    weeks: int = 0
    times: float = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """How useful a memory is held to be; 0 where nothing is known.

    Attributes:
        used: What its uses add, be it less than nothing.
        contradicted: What it loses by being wrong, or by having lost its place.
    """

    used: float = 0.0
    contradicted: float = 0.0

    @property
    def value(self) -> float:
        """One number, above -1 and below 1."""
        return self.used + self.contradicted


UNKNOWN = Standing()
"""The standing of a memory of which nothing was seen."""


def standing(evidence: Iterable[Seen]) -> Standing:
    """How useful a memory was.

    Its value is the sum of the evidence over its amount and a doubt, so that one answer
    moves it a little and no number of answers takes it over a bound. To have been told
    is no evidence: else the telling would change what the next pack tells.
    """
    used = contradicted = amount = 0.0
    for seen in evidence:
        weight = WEIGHTS[seen.kind] * _left(seen)
        amount += abs(weight)
        if seen.kind in CONTRADICTIONS:
            contradicted += weight
        else:
            used += weight
    return Standing(used / (amount + DOUBT), contradicted / (amount + DOUBT))


@dataclass(frozen=True, slots=True)
class Total:
    """What all uses of one kind come to, as if they were of one week.

    Attributes:
        week: That of the newest of them.
        times: How many uses of that week are worth as much: as all of one kind fade
            alike, this stays so in every later week.
    """

    week: int
    times: float = 1

    def and_(self, kind: UseKind, other: Total) -> Total:
        """What both come to."""
        new, old = (self, other) if self.week >= other.week else (other, self)
        left = old.times * _faded(kind, new.week - old.week)
        return Total(new.week, new.times + left)


def week_of(epoch: int) -> int:
    """The number of a moment's week."""
    return epoch // WEEK


def _left(seen: Seen) -> float:
    """What is left of it: half after each half-life."""
    return float(seen.times * _faded(seen.kind, seen.weeks))


def _faded(kind: EvidenceKind, weeks: int) -> float:
    half_life = HALF_LIVES.get(kind)
    return 1.0 if half_life is None else float(0.5 ** (weeks / half_life))
