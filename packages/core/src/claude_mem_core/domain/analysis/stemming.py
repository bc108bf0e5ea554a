# SPDX-License-Identifier: Apache-2.0
"""Words without their endings, by language.

English has Porter's algorithm, its irregular forms, and one spelling for the British
and the American one. The others have light stemmers, which take off what marks number,
gender and case and find more than heavy ones: J. Savoy, "Light stemming approaches for
the French, Portuguese, German and Hungarian languages", SAC 2006, and L. Dolamic and
J. Savoy, "Indexing and searching strategies for the Russian language", JASIST 60(12),
2009. All take words without accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from claude_mem_core.domain.analysis.folding import folded
from claude_mem_core.domain.analysis.irregular import IRREGULAR
from claude_mem_core.domain.analysis.languages import Language
from claude_mem_core.domain.analysis.porter import stem as porter
from claude_mem_core.domain.analysis.spelling import american

LATIN: tuple[Language, ...] = ("en", "de", "es", "fr")
"""The languages of which a word in Latin letters may be."""

LEAST_FRENCH = 6
"""Letters of a French word that has an ending to lose."""

_CYRILLIC = re.compile("[\u0400-\u04ff]+")
_LATIN = re.compile("[a-z]+")


class _Ending(NamedTuple):
    """Endings, and what becomes of them.

    Attributes:
        least: Letters of the shortest word that loses one.
        endings: They, in the order in which they are tried.
        taken: How many letters go.
        put: What comes in their place.
    """

    least: int
    endings: tuple[str, ...]
    taken: int
    put: str = ""


def _rule(least: int, endings: str, taken: int, put: str = "") -> _Ending:
    return _Ending(least, tuple(map(folded, endings.split())), taken, put)


_GERMAN_CASE = (
    _rule(6, "ern", 3),
    _rule(5, "em en er es", 2),
    _rule(4, "e", 1),
    _rule(4, "bs ds fs gs hs ks ls ms ns ts", 1),
)
_GERMAN_DEGREE = (
    _rule(6, "est", 3),
    _rule(5, "er en", 2),
    _rule(5, "bst dst fst gst hst kst lst mst nst tst", 2),
)
_SPANISH = (
    _rule(5, "eses", 2),
    _rule(5, "ces", 3, "z"),
    _rule(5, "os as es", 2),
    _rule(5, "o a e", 1),
)
_FRENCH_PLURAL = (_rule(6, "aux", 2, "l"), _rule(6, "x", 1))
_FRENCH = (_rule(6, "s", 1), _rule(5, "r", 1), _rule(4, "e", 1))
_RUSSIAN_CASE = (
    _rule(7, "иями оями", 4),
    _rule(6, "иям иях оях ями оям оьв ами его ему ери ими ого ому ыми оев", 3),
    _rule(5, "ам ах ая ев ее ей ем ею ие ии ий им их ию ия ов ое ой ом ою ую", 2),
    _rule(5, "ые ый ым ых юю ям ях яя", 2),
    _rule(4, "а е и о у й ы я ь", 1),
)
_RUSSIAN_REST = (_rule(4, "ь и", 1), _rule(4, "нн", 1))


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: Language) -> str:
    """The stem of a folded word; Cyrillic words are Russian whatever the language."""
    if _CYRILLIC.fullmatch(word):
        return _russian(word)
    if not _LATIN.fullmatch(word):
        return word
    return _STEMMERS[language](word)


def _english(word: str) -> str:
    return porter(american(IRREGULAR.get(word, word)))


def _german(word: str) -> str:
    return _shorter(_shorter(word, _GERMAN_CASE), _GERMAN_DEGREE)


def _spanish(word: str) -> str:
    return _shorter(word, _SPANISH)


def _french(word: str) -> str:
    plural = _shorter(word, _FRENCH_PLURAL)
    if plural != word or len(word) < LEAST_FRENCH:
        return plural
    for ending in _FRENCH:
        word = _shorter(word, [ending])
    return word[:-1] if word[-1] == word[-2] else word


def _russian(word: str) -> str:
    return _shorter(_shorter(word, _RUSSIAN_CASE), _RUSSIAN_REST)


def _shorter(word: str, rules: Sequence[_Ending]) -> str:
    """The word without the first ending that it has."""
    for rule in rules:
        if len(word) >= rule.least and word.endswith(rule.endings):
            return word[: -rule.taken] + rule.put
    return word


_STEMMERS: Mapping[Language, Callable[[str], str]] = {
    "en": _english,
    "de": _german,
    "es": _spanish,
    "fr": _french,
    "ru": lambda word: word,
}
