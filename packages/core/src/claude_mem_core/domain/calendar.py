# SPDX-License-Identifier: Apache-2.0
"""The times that a question names, and whether a moment lies in one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self

from claude_mem_core.domain.analysis import Question, Word, asked
from claude_mem_core.domain.analysis.times import Month, lately, months_named
from claude_mem_core.domain.value import millis

Span = tuple[int, int]
"""From one moment, and before another, in milliseconds since 1970."""

_YEAR = re.compile(r"(?<![0-9A-Za-z_])(?:19|20)\d\d(?![0-9A-Za-z_])")
_Y, _M, _D = r"(?P<y>(?:19|20)\d\d)", r"(?P<m>1[0-2]|0?[1-9])", r"(?P<d>\d{1,2})"
_BEFORE, _AFTER = r"(?<![\w./-])", r"(?![\w/-]|\.\d)"
_DAYS = tuple(
    re.compile(form)
    for form in (
        rf"{_BEFORE}{_Y}-{_M}-{_D}(?!\d|-)",
        rf"{_BEFORE}{_Y}/{_M}/{_D}{_AFTER}",
        rf"{_BEFORE}{_D}\.\s?{_M}\.\s?{_Y}{_AFTER}",
        rf"{_BEFORE}{_D}/{_M}/{_Y}{_AFTER}",
        rf"{_BEFORE}{_M}/{_D}/{_Y}{_AFTER}",
        rf"(?<!\d){_Y}\s?[年년]\s?{_M}\s?[月월]\s?{_D}\s?[日号號일]",
    )
)
_MONTHS = tuple(
    re.compile(form)
    for form in (
        rf"{_BEFORE}{_Y}[-/](?P<m>0[1-9]|1[0-2]){_AFTER}",
        rf"{_BEFORE}{_M}/{_Y}{_AFTER}",
    )
)
_DAY = timedelta(days=1)

TOLD_WITHIN = timedelta(days=4)
"""What happened on a day is told on that day, or soon after."""

OF_ITS_MONTH = 0.6
"""How well what is of the month fits a day of it. On questions that name a day 0.5 to
0.8 find about the same; without it, what was told later is lost."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times that a question names.

    Attributes:
        months: Months of the year, from 1, of `years` or of any year.
        days: Year, month and day of each; where no year is named with it, the year is
            0, and it is a day of `years` or of any year.
        spans: What was lately.
        written: As the question has all of them.
    """

    months: frozenset[int] = frozenset()
    days: frozenset[tuple[int, int, int]] = frozenset()
    years: frozenset[int] = frozenset()
    spans: tuple[Span, ...] = ()
    written: str = ""

    @classmethod
    def named_in(cls, question: str, *, now: int | None = None) -> Self:
        """The months, years and days that a question names.

        Args:
            question: In the asker's words.
            now: When it is asked; without it "yesterday" is no time.
        """
        text = unicodedata.normalize("NFKC", question)
        spans = list[_Written]()
        if now is not None:
            spans += _before(text, datetime.fromtimestamp(now / 1000, UTC).date())
        numbered = list(_days(text))
        days = {(one.year, one.month, one.day) for _, one in numbered}
        for form in _DAYS:
            text = form.sub(" ", text)
        months, years = list(months_named(text)), set(map(int, _YEAR.findall(text)))
        for form in _MONTHS:
            for found in form.finditer(text):
                months.append(Month(int(found["m"]), found.group()))
                years.add(int(found["y"]))
        days |= {(0, one.number, one.day) for one in months if one.day}
        named = [one for one, _ in numbered]
        named += [one.written for one in months] + [one.written for one in spans]
        named += map(str, years) if months else ()
        return cls(
            months=frozenset(one.number for one in months if one.day is None),
            days=frozenset(days),
            years=frozenset(years),
            spans=tuple(one.span for one in spans),
            written=" ".join(named),
        )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.months or self.days or self.spans)

    def fit(self, epoch: int) -> float:
        """How well a moment, in milliseconds since 1970, fits the times, from 0 to 1.

        It fits whole where it lies in one of them, or so soon after a day of a month
        that it may tell of it; else in part where it is of the month of that day.
        """
        if any(start <= epoch < end for start, end in self.spans):
            return 1.0
        if not (self.months or self.days):
            return 0.0
        moment = datetime.fromtimestamp(epoch / 1000, UTC).date()
        in_year = not self.years or moment.year in self.years
        if moment.month in self.months and in_year:
            return 1.0
        days = [one for day in self.days for one in self._dates(*day, by=moment)]
        if any(day <= moment < day + TOLD_WITHIN for day in days):
            return 1.0
        of_month = any(
            month == moment.month and (year == moment.year if year else in_year)
            for year, month, _ in self.days
        )
        return OF_ITS_MONTH * of_month

    def until(self, now: int) -> Sequence[Span]:
        """The times as spans; of any year it is the last one that has begun."""
        today = datetime.fromtimestamp(now / 1000, UTC).date()
        months = [
            _month(first)
            for month in sorted(self.months)
            for first in self._dates(0, month, 1, by=today)
        ]
        days = [
            _span(day, _DAY)
            for one in sorted(self.days)
            for day in self._dates(*one, by=today)
        ]
        return [*self.spans, *months, *days]

    def others(self, question: Question) -> Sequence[Word]:
        """The words of a question that name none of the times."""
        named = set(asked(self.written).tokens) if self.written else set[str]()
        return [one for one in question.words if not named.issuperset(one.tokens)]

    def _dates(self, year: int, month: int, day: int, *, by: date) -> Iterator[date]:
        """A day, of each year that is named, else the last one up to a date."""
        last = by.year - ((month, day) > (by.month, by.day))
        for one in [year] if year else sorted(self.years) or [last]:
            # Not every year has a 29 February.
            with suppress(ValueError):
                yield date(one, month, day)


NO_TIMES = Times()
"""Those of a question that names none."""


class _Written(NamedTuple):
    """A time, and as a question has it."""

    span: Span
    written: str


def _days(text: str) -> Iterator[tuple[str, date]]:
    """The days that are written in numbers, each behind what the text has for it.

    Those of no calendar are none.
    """
    for form in _DAYS:
        for found in form.finditer(text):
            with suppress(ValueError):
                day = date(int(found["y"]), int(found["m"]), int(found["d"]))
                yield found.group(), day


def _before(text: str, today: date) -> Sequence[_Written]:
    """What is told by how long it is before a day."""
    monday, first = today - today.weekday() * _DAY, today.replace(day=1)
    spans = {
        "yesterday": _span(today - _DAY, _DAY),
        "last week": _span(monday - 7 * _DAY, 7 * _DAY),
        "last month": _month((first - _DAY).replace(day=1)),
    }
    return [_Written(spans[one], written) for one, written in lately(text)]


def _month(first: date) -> Span:
    """A month, by its first day."""
    following = (first + 31 * _DAY).replace(day=1)
    return _span(first, following - first)


def _span(start: date, length: timedelta) -> Span:
    """Some days, in UTC."""
    since = start - date(1970, 1, 1)
    return millis(since), millis(since + length)
