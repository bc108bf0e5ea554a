# SPDX-License-Identifier: Apache-2.0
"""Where a text quotes something: a sentence does not end in the middle of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_QUOTED = 240
"""Characters; what stands between marks further apart is no quotation."""

_CLOSING = {'"': '"', "`": "`", "“": "”", "«": "»"}
_MARK = re.compile(r"[\"`“”«»]")
_BEFORE = re.compile(r"[\s(\[{:=*_/-]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A quotation that a text opens and does not close.

    Attributes:
        at: The place of its mark.
        closing: The mark that would close it.
    """

    at: int
    closing: str


def left_open(text: str) -> Opened | None:
    """The quotation in the middle of which a text ends."""
    opened: Opened | None = None
    for mark in _MARK.finditer(text):
        if opened is not None:
            opened = None if mark[0] == opened.closing else opened
        elif mark[0] in _CLOSING and _opens(text, mark.start()):
            opened = Opened(mark.start(), _CLOSING[mark[0]])
    return opened


def is_within_quotation(text: str, start: int, place: int, end: int) -> bool:
    """Whether a place is in a quotation that is closed soon.

    Args:
        text: A text.
        start: Where its sentence begins.
        place: A place in that sentence.
        end: Where its paragraph ends.
    """
    opened = left_open(text[start:place])
    if opened is None:
        return False
    furthest = min(end, start + opened.at + LONGEST_QUOTED)
    return text.find(opened.closing, place, furthest) >= 0


def _opens(text: str, at: int) -> bool:
    """Whether a mark stands where a quotation can begin: five inches are none."""
    return at == 0 or bool(_BEFORE.match(text[at - 1]))
