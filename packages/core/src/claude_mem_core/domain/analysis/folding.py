# SPDX-License-Identifier: Apache-2.0
"""Letters without case and accents, and the runs of them that make words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f"
_ACCENT = re.compile(f"[{_MARKS}]")
# Vowels of the Indic scripts, of Thai and of Lao are marks that belong to the word.
_WORD = re.compile(rf"\w[\w{_MARKS}\u0900-\u0dff\u0e00-\u0eff]*")
_DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005\u3040-\u30ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
    "\uac00-\ud7af"  # Hangul, whose words take particles on
)
_RUN = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_IS_DENSE = re.compile(f"[{_DENSE}]")
_PAIRS = ("øo", "łl", "đd", "ðd", "ħh", "ŧt", "\u0131i", "æae", "œoe", "þth")
_LETTERS = str.maketrans({pair[0]: pair[1:] for pair in _PAIRS})
"""Letters whose stroke or other half Unicode does not take for an accent."""
_KANA = re.compile("[\u3040-\u309f\u30fc]+")


def folded(text: str) -> str:
    """The text without case and accents: `Größe` is `grosse`, `Łódź` is `lodz`."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", plain))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def words(text: str) -> Iterator[str]:
    """The words of a text in its own case; a change of script ends a word."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    for found in _WORD.findall(plain):
        if found.isascii():
            yield found
        else:
            yield from _RUN.findall(found)


def is_dense(word: str) -> bool:
    """Whether it is of a script that is written without spaces, or nearly so."""
    return _IS_DENSE.match(word) is not None


def is_hiragana(word: str) -> bool:
    """Whether it is of the kana in which Japanese writes its grammar."""
    return _KANA.fullmatch(word) is not None
