# SPDX-License-Identifier: Apache-2.0
"""Words of a question that nothing has, looked for inside of longer words.

`uthent` finds `authentication`, and `Verbindung` a `Datenbankverbindung`. A word that
anything is found under is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from claude_mem_core.domain.analysis import Question, Word
from claude_mem_core.domain.analysis.folding import is_dense
from claude_mem_core.domain.bm25 import Frequencies

LEAST = 4
"""Letters of a part: fewer stand in too many words by chance."""

LONGEST = 40
"""Letters of a word that is looked into: longer ones are hashes and keys."""

MOST_PARTS = 4
"""Parts of a question that are looked for."""

MOST_WORDS = 8
"""Words that a part stands for: the shortest, which it is the greatest part of."""


def is_looked_into(token: str) -> bool:
    """Whether a token is kept for its parts; dense scripts are found by pairs."""
    return LEAST < len(token) <= LONGEST and not is_dense(token)


def parts_of(question: Question, frequencies: Frequencies) -> Sequence[str]:
    """The tokens to be looked for inside of others, which are longer than they are.

    Args:
        question: The question.
        frequencies: What there is of its tokens in all that was searched.
    """
    having = dict(zip(question.tokens, frequencies.having, strict=True))
    strange = (
        token
        for word in question.words
        if not any(having[token] for token in word.tokens)
        for token in word.tokens
    )
    fit = (one for one in strange if LEAST <= len(one) < LONGEST and not is_dense(one))
    return list(fit)[:MOST_PARTS]


def with_parts(question: Question, found: Mapping[str, Sequence[str]]) -> Question:
    """The question with the words that parts of it stand for in their place."""
    return Question(tuple(_with_parts(word, found) for word in question.words))


def halved(
    frequencies: Frequencies, terms: Sequence[str], guessed: Collection[str]
) -> Frequencies:
    """The frequencies, with some terms as common as if they told half as much.

    The rarity of a term is nearly the logarithm of `memories / having`, so that half of
    it is that of the geometric mean of the two.
    """

    def share(term: str, having: int) -> int:
        if term not in guessed:
            return having
        return round(math.sqrt((having + 0.5) * (frequencies.memories + 1)) - 0.5)

    both = zip(terms, frequencies.having, strict=True)
    return replace(frequencies, having=tuple(share(*one) for one in both))


def _with_parts(word: Word, found: Mapping[str, Sequence[str]]) -> Word:
    longer = [one for token in word.tokens for one in found.get(token, ())]
    return Word(word.text, tuple(dict.fromkeys(longer))) if longer else word
