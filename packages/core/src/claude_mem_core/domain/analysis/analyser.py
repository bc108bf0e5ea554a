# SPDX-License-Identifier: Apache-2.0
"""The tokens of a text, as an index keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, islice, pairwise

from claude_mem_core.domain.analysis.folding import folded, is_dense, words
from claude_mem_core.domain.analysis.languages import Language, language_of
from claude_mem_core.domain.analysis.stemming import stem
from claude_mem_core.domain.terms import pieces

VERSION = 3
"""Raised with every change of what a text's tokens are: indexes are then made anew."""

LOOKED_AT = 400
"""Words of a text that tell its language."""


def analysed(texts: Sequence[str]) -> list[list[str]]:
    """The tokens of each of some texts, which are taken to be of one language."""
    told = [list(words(text)) for text in texts]
    language = language_of(map(folded, islice(chain.from_iterable(told), LOOKED_AT)))
    return [
        list(chain.from_iterable(indexed(word, language) for word in own))
        for own in told
    ]


def tokens(text: str) -> list[str]:
    """The tokens of one text, in order and with repetitions."""
    return analysed([text])[0]


@lru_cache(maxsize=1 << 16)
def indexed(word: str, language: Language) -> tuple[str, ...]:
    """The tokens under which a word is kept.

    An identifier is kept whole, without its underscores, and by its parts. What is
    written without spaces is kept letter by letter and pair by pair. A word of another
    language than English also has its English stem: such texts are full of English.
    """
    if is_dense(word):
        letters = folded(word)
        return (*letters, *map("".join, pairwise(letters)))
    parts = pieces(word)
    if parts:
        whole = folded(word.replace("_", ""))
        return (whole, *chain.from_iterable(_stems(one, language) for one in parts))
    return _stems(word, language)


def _stems(word: str, language: Language) -> tuple[str, ...]:
    parts = (part for part in folded(word).split("_") if part)
    spoken = dict.fromkeys(("en", language))
    return tuple(dict.fromkeys(stem(one, each) for one in parts for each in spoken))
