# SPDX-License-Identifier: Apache-2.0
"""Words without their endings, by language.

English has Porter's algorithm and its irregular verbs. The others have light stemmers,
which take off what marks number, gender and case and find more than heavy ones: J.
Savoy, "Light stemming approaches for the French, Portuguese, German and Hungarian
languages", SAC 2006, and L. Dolamic and J. Savoy, "Indexing and searching strategies
for the Russian language", JASIST 60(12), 2009. All take words without accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from claude_mem_core.domain.analysis.folding import folded
from claude_mem_core.domain.analysis.languages import Language
from claude_mem_core.domain.analysis.porter import stem as porter
from claude_mem_core.domain.analysis.verbs import IRREGULAR

LATIN: tuple[Language, ...] = ("en", "de", "es", "fr")
"""The languages of which a word in Latin letters may be."""

_CYRILLIC = re.compile("[\u0400-\u04ff]+")
_LATIN = re.compile("[a-z]+")
_RUSSIAN = tuple(
    (least, tuple(map(folded, endings.split())))
    for least, endings in (
        (7, "иями оями"),
        (6, "иям иях оях ями оям оьв ами его ему ери ими ого ому ыми оев"),
        (
            5,
            "ам ах ая ев ее ей ем ею ие ии ий им их ию ия ов ое ой ом ою ую ые ый ым "
            "ых юю ям ях яя",
        ),
        (4, "а е и о у й ы я ь"),
    )
)


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: Language) -> str:
    """The stem of a folded word; Cyrillic words are Russian whatever the language."""
    if _CYRILLIC.fullmatch(word):
        return _russian(word)
    if not _LATIN.fullmatch(word):
        return word
    return _STEMMERS[language](word)


def _english(word: str) -> str:
    return porter(IRREGULAR.get(word, word))


def _german(word: str) -> str:
    return _german_degree(_german_case(word))


def _german_case(word: str) -> str:
    size = len(word)
    if size > 5 and word.endswith("ern"):
        return word[:-3]
    if size > 4 and word.endswith(("em", "en", "er", "es")):
        return word[:-2]
    if size > 3 and word.endswith("e"):
        return word[:-1]
    if size > 3 and word.endswith("s") and word[-2] in "bdfghklmnt":
        return word[:-1]
    return word


def _german_degree(word: str) -> str:
    size = len(word)
    if size > 5 and word.endswith("est"):
        return word[:-3]
    if size > 4 and word.endswith(("er", "en")):
        return word[:-2]
    if size > 4 and word.endswith("st") and word[-3] in "bdfghklmnt":
        return word[:-2]
    return word


def _spanish(word: str) -> str:
    if len(word) < 5:
        return word
    if word.endswith("eses"):
        return word[:-2]
    if word.endswith("ces"):
        return word[:-3] + "z"
    if word.endswith(("os", "as", "es")):
        return word[:-2]
    return word[:-1] if word.endswith(("o", "a", "e")) else word


def _french(word: str) -> str:
    if len(word) < 6:
        return word
    if word.endswith("x"):
        return word[:-2] + "l" if word.endswith("aux") else word[:-1]
    for ending in "sre":
        word = word.removesuffix(ending)
    return word[:-1] if word[-1] == word[-2] else word


def _russian(word: str) -> str:
    word = _without_case(word)
    if len(word) > 3 and word.endswith(("ь", "и")):
        return word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("нн") else word


def _without_case(word: str) -> str:
    for least, endings in _RUSSIAN:
        if len(word) >= least and word.endswith(endings):
            return word[: -len(endings[0])]
    return word


_STEMMERS: Mapping[Language, Callable[[str], str]] = {
    "en": _english,
    "de": _german,
    "es": _spanish,
    "fr": _french,
    "ru": lambda word: word,
}
