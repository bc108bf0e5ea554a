# SPDX-License-Identifier: Apache-2.0
"""English words without their endings.

The algorithm is M. F. Porter's, "An algorithm for suffix stripping", Program 14(3),
1980, with the two changes of its author's own program: `bli` for `abli`, and `logi`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"),
    ("izer", "ize"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"),
    ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"),
    ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"),
    ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = tuple(
    (ending, "")
    for ending in (
        *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment"),
        *("ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"),
    )
)
_PLAIN_WORD = re.compile(r"[a-z]{3,}")
_DOUBLE = re.compile(r"([^aeiou])\1$")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a lower-case English word; any other word as it is."""
    if not _PLAIN_WORD.fullmatch(word):
        return word
    word = _without_past(_without_plural(word))
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _STEP_2, least=1)
    word = _replaced(word, _STEP_3, least=1)
    return _tidied(_replaced(word, _STEP_4, least=2))


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    ending = next((e for e in ("ed", "ing") if word.endswith(e)), "")
    bare = word.removesuffix(ending)
    return _repaired(bare) if ending and _has_vowel(bare) else word


def _repaired(bare: str) -> str:
    """What `hopp`, `fil` and `conflat` were before -ing: hop, file, conflate."""
    if bare.endswith(("at", "bl", "iz")):
        return bare + "e"
    if _DOUBLE.search(bare) and bare[-1] not in "lsz":
        return bare[:-1]
    return bare + "e" if _measure(bare) == 1 and _ends_short(bare) else bare


def _replaced(word: str, table: tuple[tuple[str, str], ...], *, least: int) -> str:
    """The word with its longest ending of the table exchanged, if the rest is a word.

    Args:
        word: A word in lower case.
        table: Endings and what takes their place.
        least: The measure that the rest must have.
    """
    fitting = [row for row in table if word.endswith(row[0])]
    if not fitting:
        return word
    ending, new = max(fitting, key=lambda row: len(row[0]))
    rest = word.removesuffix(ending)
    if _measure(rest) < least or (ending == "ion" and not rest.endswith(("s", "t"))):
        return word
    return rest + new


def _tidied(word: str) -> str:
    if word.endswith("e"):
        rest, measure = word[:-1], _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word


def _shape(word: str) -> str:
    """The word as vowels and consonants: `v` and `c`; a y after a consonant is `v`."""
    shape = ""
    for at, letter in enumerate(word):
        vowel = letter in "aeiou" or (letter == "y" and at > 0 and shape[-1] == "c")
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    """How often vowels are followed by consonants in it."""
    return _shape(word).count("vc")


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _ends_short(word: str) -> bool:
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"
