# SPDX-License-Identifier: Apache-2.0
"""The names of months, and of the days and weeks before today, in each language."""

from __future__ import annotations

import re
from calendar import monthrange
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
        written: As the text has it, with its day.
        day: Of the month, where one is named.
    """

    number: int
    written: str
    day: int | None = None


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
_DAY = r"(3[01]|[12]\d|0?[1-9])"
_DAY_BEFORE = re.compile(
    rf"(?<![\w.,:/-]){_DAY}(?:st|nd|rd|th|er|[.º]|-?го)?\s+(?:(?:of|de)\s+)?\Z"
)
# Only English has the day behind the month.
_DAY_AFTER = re.compile(rf"\s+{_DAY}(?:st|nd|rd|th)?(?![\w/:-]|[.,]?\d)")
_LEAP_YEAR = 2024
_LONGEST_DAY = 12
"""Characters before a month in which its day stands: `31st of `."""

_NUMBERED = re.compile(
    rf"(?<![\d.])(1[0-2]|0?[1-9])\s?(?:月|월(?!요))(?:\s?{_DAY}\s?[日号號일])?"
)
_DIGITS = "一二三四五六七八九"
_HAN = re.compile(
    rf"(?<![{_DIGITS}十])(十[一二]?|[{_DIGITS}])月"
    rf"(?:([一二三]?十[{_DIGITS}]?|[{_DIGITS}])[日号號])?"
)


def months_named(text: str) -> Iterator[Month]:
    """The months that are named in a text.

    English and German write them with a capital, the others without. Right before a
    year any but an English one counts in any case. A name that is a word elsewhere
    counts there, or in a text of its language.

    Args:
        text: In its own case, NFKC.
    """
    for found in _WORD.finditer(text):
        name, known = found.group(), None
        if _BEFORE_A_YEAR.match(text, found.end()):
            known = _NAMES.get(name) or _DATED.get(name.casefold())
        elif name.casefold() not in _ALSO_WORDS or _is_spoken(text, name):
            known = _NAMES.get(name)
        if known is not None:
            yield _with_day(text, found, *known)
    for found in _NUMBERED.finditer(text):
        yield _month(int(found[1]), found.group(), int(found[2] or 0))
    for found in _HAN.finditer(text):
        yield _month(_number(found[1]), found.group(), _number(found[2] or ""))


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


def _with_day(text: str, name: re.Match[str], language: Language, number: int) -> Month:
    """A month by its name, and the day of it that stands beside the name."""
    start, end = name.span()
    # Its beginning is no beginning of a word, but where the text has one.
    before = _DAY_BEFORE.search(text, max(0, start - _LONGEST_DAY), start)
    if before:
        return _month(number, text[before.start() : end], int(before[1]))
    after = _DAY_AFTER.match(text, end) if language == "en" else None
    if after:
        return _month(number, text[start : after.end()], int(after[1]))
    return Month(number, name.group())


def _month(number: int, written: str, day: int) -> Month:
    _, longest = monthrange(_LEAP_YEAR, number)
    return Month(number, written, day if 1 <= day <= longest else None)


def _number(han: str) -> int:
    """A number up to 99 in Chinese numerals; 0 for none."""
    tens, ten, ones = han.rpartition("十")
    digits = [_DIGITS.find(one) + 1 for one in (tens, ones)]
    return 10 * (digits[0] if tens else len(ten)) + (digits[1] if ones else 0)


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
