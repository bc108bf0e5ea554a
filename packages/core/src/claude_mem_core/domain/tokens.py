# SPDX-License-Identifier: Apache-2.0
"""How much of a model's window a text takes, estimated on the cautious side.

No vocabulary is shipped, as each model has its own. The estimate follows what every
subword vocabulary does: it splits at spaces, marks and humps, knows short words whole
and cuts long ones, and spends about one token a sign where it knows no words at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

TokenCounter = Callable[[str], int]
"""What tells the tokens of a text; a text of two lines takes what its lines take."""

_PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)|(?P<number>[0-9]+)|(?P<space>\s+)"
    r"|(?P<wide>[\U00010000-\U0010ffff])|(?P<hangul>[\uac00-\ud7a3])|(?P<other>.)",
    re.DOTALL,
)

LETTERS = 6
"""Letters of a word that a vocabulary usually knows as one token."""

MORE_LETTERS = 3
"""Letters in each further token of a longer word."""

WIDE = 3
"""Tokens of a sign outside the basic plane, such as an emoji: byte for byte."""

HANGUL = 2
"""Tokens of a Korean syllable, which many vocabularies take apart."""

CAUTION = 1.08
"""What is added for words that no vocabulary has seen."""


def estimated_tokens(text: str) -> int:
    """The tokens of `text`, rounded up.

    Two texts put together never take more than both by themselves, if the first ends
    with a line end: only the space between them can become one piece.
    """
    return math.ceil(sum(map(_weight, _PIECE.finditer(text))) * CAUTION)


def _weight(piece: re.Match[str]) -> int:
    length = piece.end() - piece.start()
    match piece.lastgroup:
        case "word":
            return 1 + math.ceil(max(0, length - LETTERS) / MORE_LETTERS)
        case "number":
            return math.ceil(length / 2)
        case "space":
            return int(piece.group() != " ")
    return _SIGNS.get(piece.lastgroup or "", 1)


_SIGNS = {"wide": WIDE, "hangul": HANGUL}
