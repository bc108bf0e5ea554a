# SPDX-License-Identifier: Apache-2.0
"""The times that a question names, and whether a moment lies in one of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from claude_mem_core.domain.analysis.times import lately, months_named
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


@dataclass(frozen=True, slots=True)
class Times:
    """Months of the year, from 1, of years or of any year; and spans of time."""

    months: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()
    spans: tuple[Span, ...] = ()

    @classmethod
    def named_in(cls, question: str, *, now: int | None = None) -> Self:
        """The months, years and days that a question names.

        Args:
            question: In the asker's words.
            now: When it is asked; without it "yesterday" is no time.
        """
        text = unicodedata.normalize("NFKC", question)
        spans = [_span(day, _DAY) for day in _days(text)]
        if now is not None:
            spans += _before(text, datetime.fromtimestamp(now / 1000, UTC).date())
        for form in _DAYS:
            text = form.sub(" ", text)
        months, years = set(months_named(text)), set(map(int, _YEAR.findall(text)))
        for form in _MONTHS:
            for found in form.finditer(text):
                months.add(int(found["m"]))
                years.add(int(found["y"]))
        return cls(frozenset(months), frozenset(years), tuple(spans))

    def fit(self, epoch: int) -> bool:
        """Whether a moment, in milliseconds since 1970, lies in one of the times."""
        if any(start <= epoch < end for start, end in self.spans):
            return True
        if not self.months:
            return False
        moment = datetime.fromtimestamp(epoch / 1000, UTC)
        in_year = not self.years or moment.year in self.years
        return moment.month in self.months and in_year


def _days(text: str) -> Iterator[date]:
    """The days that are written in numbers; those of no calendar are none."""
    for form in _DAYS:
        for found in form.finditer(text):
            with suppress(ValueError):
                yield date(int(found["y"]), int(found["m"]), int(found["d"]))


def _before(text: str, today: date) -> Sequence[Span]:
    """What is told by how long it is before a day."""
    monday, first = today - today.weekday() * _DAY, today.replace(day=1)
    month = (first - _DAY).replace(day=1)
    spans = {
        "yesterday": (today - _DAY, _DAY),
        "last week": (monday - 7 * _DAY, 7 * _DAY),
        "last month": (month, first - month),
    }
    return [_span(*spans[one]) for one in lately(text)]


def _span(start: date, length: timedelta) -> Span:
    """Some days, in UTC."""
    since = start - date(1970, 1, 1)
    return millis(since), millis(since + length)
