# SPDX-License-Identifier: Apache-2.0
"""The months that a question names, and whether a moment lies in one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
# With a capital, as English writes them: "may" and "march" are other words too.
_NAMED = re.compile(rf"\b({'|'.join(_MONTHS)})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Months:
    """Months of the year, from 1, and years; without a year, of any year."""

    months: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()

    @classmethod
    def named_in(cls, question: str) -> Self:
        """The months and the years that a question names."""
        months = (_MONTHS.index(name) + 1 for name in _NAMED.findall(question))
        return cls(frozenset(months), frozenset(map(int, _YEAR.findall(question))))

    def fit(self, epoch: int) -> bool:
        """Whether a moment, in milliseconds since 1970, lies in one of the months."""
        if not self.months:
            return False
        moment = datetime.fromtimestamp(epoch / 1000, UTC)
        in_year = not self.years or moment.year in self.years
        return moment.month in self.months and in_year
