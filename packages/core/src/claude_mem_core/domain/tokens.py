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

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NUMBER = re.compile(r"[0-9]+")
_SPACE = re.compile(r"\s+")
_WIDE = re.compile(r"[\U00010000-\U0010ffff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")

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


PIECES, PIECE = 16, 2_048
"""How much of a long text is looked at where a rough number is enough."""


def estimated_tokens(text: str) -> int:
    """The tokens of `text`, rounded up.

    Two texts put together never take more than both by themselves, if the first ends
    with a line end: only the space between them can become one piece.
    """
    # Each kind is looked for alone, in the regular expressions' own code: no piece of
    # one kind holds a sign of another, so that they part the text as one would.
    words = list(map(len, _WORD.findall(text)))
    numbers = list(map(len, _NUMBER.findall(text)))
    spaces = _SPACE.findall(text)
    signs = len(text) - sum(words) - sum(numbers) - sum(map(len, spaces))
    if not text.isascii():
        signs += (WIDE - 1) * len(_WIDE.findall(text))
        signs += (HANGUL - 1) * len(_HANGUL.findall(text))
    long = [length for length in words if length > LETTERS]
    pieces = len(words) - len(long) + sum(map(_of_long_word, long))
    pieces += sum([(digits + 1) // 2 for digits in numbers])
    return math.ceil((pieces + len(spaces) - spaces.count(" ") + signs) * CAUTION)


def rough_tokens(text: str) -> int:
    """About the tokens of `text`: of a long one by pieces from all of it.

    To look over a megabyte takes a tenth of a second, which a list of such texts has
    not: no budget depends on it.
    """
    if len(text) <= PIECES * PIECE:
        return estimated_tokens(text)
    step = len(text) // PIECES
    pieces = (text[at * step : at * step + PIECE] for at in range(PIECES))
    looked_at = sum(map(estimated_tokens, pieces))
    return math.ceil(looked_at * len(text) / (PIECES * PIECE))


def _of_long_word(length: int) -> int:
    return 1 + math.ceil((length - LETTERS) / MORE_LETTERS)
