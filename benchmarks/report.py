# SPDX-License-Identifier: Apache-2.0
"""Figures beside their yardsticks, in a table of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of ours, the same figure of the yardstick, and what they count.

    Attributes:
        more_is_better: Whether a ratio above 1 is good: true for rates.
    """

    what: str
    ours: float
    yardstick: float
    unit: str
    more_is_better: bool

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the yardstick."""
        return self.ours / self.yardstick

    def plain(self) -> dict[str, object]:
        """The line as JSON."""
        return {**asdict(self), "ratio": round(self.ratio, 3)}


def table(title: str, lines: Sequence[Line]) -> str:
    """The lines under a title, at most 80 columns wide."""
    head = f"{title:<40} {'ours':>10} {'bare':>10} {'ratio':>7}  unit"
    rows = [
        f"{one.what:<40} {one.ours:>10.2f} {one.yardstick:>10.2f} "
        f"{one.ratio:>7.2f}  {one.unit}"
        for one in lines
    ]
    return "\n".join([head, "-" * 80, *rows])


def percentile(samples: Sequence[float], share: float) -> float:
    """The value that `share` of the samples do not exceed."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]
