# SPDX-License-Identifier: Apache-2.0
"""The names of months, and of the days and weeks before today, in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from claude_mem_core.domain.analysis.folding import folded
from claude_mem_core.domain.analysis.languages import (
    Language,
    evidence,
    language_of,
)

_SPELLED: Mapping[Language, str] = {
    "de": "Januar,Jänner Februar März April Mai Juni Juli August September Oktober"
    " November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre,setiembre"
    " octubre noviembre diciembre",
    "fr": "janvier février,fevrier mars avril mai juin juillet août,aout septembre"
    " octobre novembre décembre,decembre",
    "ru": "январ- феврал- март+ апрел- май,мая,мае,маю июн- июл- август+ сентябр-"
    " октябр- ноябр- декабр-",
    # Last, so that it has the names that others write in the same way.
    "en": "January February March April May June July August September October"
    " November December",
}
_ENDINGS = {"-": ("ь", "я", "ю", "ем", "ём", "е"), "+": ("", "а", "у", "ом", "е")}
_ALSO_WORDS = frozenset({"mai", "mars", "mayo", "juli"})
"""Names of months that are words elsewhere too: a planet, a sauce, somebody's name."""

Lately = Literal["yesterday", "last week", "last month"]


class Month(NamedTuple):
    """A month that is named.

    Attributes:
        number: From 1.
        written: As the text has it.
    """

    number: int
    written: str


_LATELY: Mapping[Lately, str] = {
    "yesterday": r"\b(?:yesterday|gestern|ayer|вчера)\b|昨天|昨日|어제",
    "last week": r"\b(?:last week|(?:letzte|vorige|vergangene)n? Woche|semana pasada"
    r"|semaine (?:derni[èe]re|pass[ée]e)|прошл(?:ой|ую|ая) недел[еюя])\b"
    r"|上周|上星期|上週|先週|지난\s?주",
    "last month": r"\b(?:last month|(?:letzte|vorige|vergangene)[nr]? Monat|mes pasado"
    r"|mois (?:dernier|pass[ée])|прошл(?:ом|ый) месяц(?:е)?)\b"
    r"|上个月|上個月|上月|先月|지난\s?달",
}
_YESTERDAY_IN_FRENCH = re.compile(r"\bhier\b", re.IGNORECASE)
"""Which is "here" in German."""

_WORD = re.compile(r"[^\W\d_]+")
_BEFORE_A_YEAR = re.compile(r"(?i)\s+(?:del?\s+)?(?:19|20)\d\d\b")
_NUMBERED = re.compile(r"(?<![\d.])(1[0-2]|0?[1-9])\s?(?:月|월(?!요))")
_DIGITS = "一二三四五六七八九"
_HAN = re.compile(rf"(?<![{_DIGITS}十])(十[一二]?|[{_DIGITS}])月")


def months_named(text: str) -> Iterator[Month]:
    """The months that are named in a text.

    English and German write them with a capital, the others without. Right before a
    year any but an English one counts in any case. A name that is a word elsewhere
    counts there, or in a text of its language.

    Args:
        text: In its own case, NFKC.
    """
    for found in _WORD.finditer(text):
        name = found.group()
        if _BEFORE_A_YEAR.match(text, found.end()):
            yield from _in(_NAMES.get(name) or _DATED.get(name.casefold()), name)
        elif name.casefold() not in _ALSO_WORDS or _is_spoken(text, name):
            yield from _in(_NAMES.get(name), name)
    for found in _NUMBERED.finditer(text):
        yield Month(int(found[1]), found.group())
    for found in _HAN.finditer(text):
        ones = found[1].strip("十")
        number = 10 * ("十" in found[1]) + (_DIGITS.index(ones) + 1 if ones else 0)
        yield Month(number, found.group())


def lately(text: str) -> Iterator[tuple[Lately, str]]:
    """What a text names by how long it is ago, and as it has it, NFKC."""
    for name, said in _LATELY.items():
        if found := re.search(said, text, re.IGNORECASE):
            yield name, found.group()
    found = _YESTERDAY_IN_FRENCH.search(text)
    if found and _language(text) == "fr":
        yield "yesterday", found.group()


def _language(text: str) -> Language:
    return language_of(map(folded, _WORD.findall(text)))


def _in(found: tuple[Language, int] | None, written: str) -> Iterator[Month]:
    if found is not None:
        yield Month(found[1], written)


def _is_spoken(text: str, name: str) -> bool:
    """Whether a text is in the language of a name of a month."""
    language, _ = _NAMES.get(name, ("en", 0))
    found = evidence(map(folded, _WORD.findall(text)))
    return found.get(language, 0) > found.get("en", 0)


def _spellings() -> Iterator[tuple[str, tuple[Language, int]]]:
    for language, names in _SPELLED.items():
        for month, forms in enumerate(names.split(), start=1):
            for form in forms.split(","):
                for ending in _ENDINGS.get(form[-1], ("",)):
                    yield form.rstrip("-+") + ending, (language, month)


_NAMES = dict(_spellings())
_DATED = {name.casefold(): of for name, of in _NAMES.items() if of[0] != "en"}
