# SPDX-License-Identifier: Apache-2.0
"""The tokens that a question asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from claude_mem_core.domain.analysis.folding import (
    folded,
    is_dense,
    is_hiragana,
    words,
)
from claude_mem_core.domain.analysis.languages import (
    STOP_WORDS,
    Language,
    evidence,
)
from claude_mem_core.domain.analysis.stemming import LATIN, stem
from claude_mem_core.domain.terms import pieces

MAX_TOKENS = 32
"""A longer question is a document; its first words say what it is about."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question.

    Attributes:
        text: As it was asked, in lower case.
        tokens: What an index may have it under: any of these.
    """

    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks for, each word once and in its order."""

    words: tuple[Word, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """What an index is asked for, each once."""
        return tuple(dict.fromkeys(one for word in self.words for one in word.tokens))


def asked(text: str) -> Question:
    """The words to look for; those that say nothing only where there are no others.

    An identifier stays whole and is split too: `getUserName` also asks for `get`,
    `user` and `name`. A word of a language that nothing tells is asked for in all.
    """
    told = list(words(text))
    plain = [folded(word) for word in told]
    spoken = _spoken(plain)
    every = list(_each_once(_spellings(told, spoken)))
    silent = frozenset[str]().union(*(STOP_WORDS[one] for one in spoken))
    telling = [one for one in every if not _is_silent(one, silent)]
    return Question(tuple(_first(telling or every)))


def _spoken(plain: Sequence[str]) -> tuple[Language, ...]:
    """The languages that a question may be in, English always."""
    found = evidence(plain)
    if not found:
        return LATIN
    most = max(found.values())
    return tuple(dict.fromkeys(("en", *(o for o in found if found[o] == most))))


def _spellings(told: Iterable[str], spoken: Sequence[Language]) -> Iterator[Word]:
    for word in told:
        if is_dense(word):
            letters = folded(word)
            pairs = ["".join(pair) for pair in pairwise(letters)]
            yield from (Word(one, (one,)) for one in pairs or [letters])
            continue
        parts = pieces(word)
        if parts:
            yield Word(word.lower(), (folded(word.replace("_", "")),))
        for part in parts or word.split("_"):
            if plain := folded(part):
                stems = dict.fromkeys(stem(plain, one) for one in spoken)
                yield Word(part.lower(), tuple(stems))


def _each_once(found: Iterable[Word]) -> Iterable[Word]:
    first: dict[tuple[str, ...], Word] = {}
    for one in found:
        first.setdefault(one.tokens, one)
    return first.values()


def _is_silent(word: Word, silent: frozenset[str]) -> bool:
    return folded(word.text) in silent or is_hiragana(word.text)


def _first(telling: Iterable[Word]) -> Iterator[Word]:
    count = 0
    for word in telling:
        count += len(word.tokens)
        if count > MAX_TOKENS:
            return
        yield word
