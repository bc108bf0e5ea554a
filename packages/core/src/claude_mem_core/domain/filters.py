# SPDX-License-Identifier: Apache-2.0
"""Which memories a question is about: what they are, of what, by whom and when.

Time has two sides. *When* is when a memory holds: from `valid_from_epoch`, or else
from when it was made, until it expires or another takes its place. *Known* is when
that was recorded: a memory is known from `created_at_epoch` on, and that another took
its place from `superseded_at_epoch` on. What was recorded of its end and successor
before somebody changed that is its `earlier_validity`.
"""

from __future__ import annotations

from typing import Annotated, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from claude_mem_core.domain.listing import (
    MOST_IN_A_LIST,
    FirstMoment,
    LastMoment,
    listed,
)
from claude_mem_core.domain.memory_item import MemoryKind, MemoryRecord, Trust
from claude_mem_core.domain.paths import matches
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.supersession import current_again, without_later_deeds
from claude_mem_core.domain.validity import Validity, as_recorded, recorded
from claude_mem_core.domain.value import Epoch, Id, Name, Text, Value

M = TypeVar("M", bound=MemoryRecord)

_SOME = (BeforeValidator(listed), Field(max_length=MOST_IN_A_LIST))
Ids = Annotated[tuple[Id, ...], *_SOME]
Names = Annotated[tuple[Name, ...], *_SOME]
Paths = Annotated[tuple[Text, ...], *_SOME]
Kinds = Annotated[tuple[MemoryKind, ...], *_SOME]
Trusts = Annotated[tuple[Trust, ...], *_SOME]
Platforms = Annotated[tuple[Platform, ...], *_SOME]


class Moment(Value):
    """The two times of a question; without them it is about now.

    Attributes:
        as_of: What held at this moment.
        known_at: What was recorded by this moment.
    """

    as_of: LastMoment | None = None
    known_at: LastMoment | None = None


NOW = Moment()


class Filters(Moment):
    """What a caller narrows a question by. Values of one filter are alternatives.

    Attributes:
        kind: Of these kinds.
        type: Of these types, in their own spelling.
        concept: With one of these concepts; case does not matter.
        file: Of one of these files, or of files that lie directly in this folder.
        session_id: Of these stored sessions.
        platform_source: Of sessions on these platforms.
        author: Said by one of these; case does not matter.
        trust: Trusted as these are.
        date_start: That hold from this moment on, or from later.
        date_end: That hold from this moment on, or from earlier.
        include_superseded: Those too whose place another took.
        include_expired: Those too that hold no longer.
    """

    kind: Kinds = ()
    type: Names = ()
    concept: Names = ()
    file: Paths = ()
    session_id: Ids = ()
    platform_source: Platforms = ()
    author: Names = ()
    trust: Trusts = ()
    date_start: FirstMoment | None = None
    date_end: LastMoment | None = None
    include_superseded: bool = Field(default=False, strict=True)
    include_expired: bool = Field(default=False, strict=True)

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        start, end = self.date_start, self.date_end
        if start is not None and end is not None and start > end:
            cure = "swap the two"
            raise PydanticCustomError(
                "dates", "dateStart is after dateEnd", {"cure": cure}
            )
        return self

    def of(self, project_ids: tuple[str, ...], *, now: int) -> MemoryFilter:
        """The filter that a store understands, for these projects and this moment."""
        fields = {name: getattr(self, name) for name in Filters.model_fields}
        if self.as_of is None and self.known_at is not None:
            # What was known then is asked as it would have been asked then.
            now = self.known_at
        return MemoryFilter(**fields, project_ids=project_ids, now=now)


class MemoryFilter(Filters):
    """A question's filters as a store understands them.

    Attributes:
        project_ids: Of these projects, and of no others.
        now: The moment at which the question is asked.
    """

    project_ids: tuple[Id, ...] = Field(min_length=1)
    now: Epoch

    def within(self, span: tuple[int, int]) -> Self | None:
        """The filter for what it lets pass of a span of time, if that can be anything.

        Args:
            span: From its first moment, and before its last.
        """
        start = max(span[0], self.date_start or 0)
        end = span[1] - 1 if self.date_end is None else min(span[1] - 1, self.date_end)
        return self.changed(date_start=start, date_end=end) if start <= end else None

    def passes(self, item: MemoryRecord, *, platform: str | None) -> bool:
        """Whether a memory is one of those asked for.

        Args:
            item: The memory.
            platform: On which its session is.
        """
        return (
            item.project_id in self.project_ids
            and self._is_of(item, platform)
            and self._is_about(item)
            and self._is_of_its_time(item)
        )

    def _is_of(self, item: MemoryRecord, platform: str | None) -> bool:
        pairs = (
            (self.kind, item.kind),
            (self.type, item.type),
            (self.session_id, item.server_session_id),
            (self.platform_source, platform),
            (self.trust, item.trust),
            (folded(self.author), item.author and item.author.casefold()),
        )
        return all(not wanted or value in wanted for wanted, value in pairs)

    def _is_about(self, item: MemoryRecord) -> bool:
        files = (*item.files_read, *item.files_modified)
        concepts = set(folded(item.concepts))
        return (not self.concept or not concepts.isdisjoint(folded(self.concept))) and (
            not self.file
            or any(matches(one, asked) for asked in self.file for one in files)
        )

    def _is_of_its_time(self, item: MemoryRecord) -> bool:
        start, end = self.date_start, self.date_end
        return (
            (start is None or item.when >= start)
            and (end is None or item.when <= end)
            and (self.known_at is None or item.created_at_epoch <= self.known_at)
            and self._holds(item)
        )

    def _holds(self, item: MemoryRecord) -> bool:
        at = self.now if self.as_of is None else self.as_of
        if self.as_of is not None and item.when > at:
            return False
        then = recorded(item, self.known_at)
        to = then.valid_to_epoch
        if not self.include_expired and to is not None and to <= at:
            return False
        return self.include_superseded or not self._gave_way(then)

    def _gave_way(self, then: Validity) -> bool:
        known, since = self.known_at, then.superseded_at_epoch
        if then.superseded_by_id is None:
            return False
        if known is not None and since is not None and since > known:
            return False
        until = then.superseded_from_epoch
        return self.as_of is None or until is None or until <= self.as_of


def as_known(item: M, moment: Moment) -> M:
    """A memory as it was known then: with the end and successor recorded by then."""
    known = moment.known_at
    if known is None:
        return item
    then = without_later_deeds(as_recorded(item, known), known)
    since = then.superseded_at_epoch
    return then if since is None or since <= known else current_again(then)


def folded(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names in one case."""
    return tuple(name.casefold() for name in names)
