# SPDX-License-Identifier: Apache-2.0
"""Words as English and code write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"\w+")

STOP_WORDS = frozenset(
    _WORD.findall(
        """
        a about above actually after again against all also am an and any are as at be
        because been before being below between both but by can could did do does
        doing don down during each few for from further had has have having he her
        here hers him his how i if in into is it its itself just let me more most my
        no nor not now of off on once only or other our ours out over own please
        pretty properly really same she should so some such sure than that the their
        theirs them then there these they this those through to too under until up us
        very was we were what when where which while who whom why will with would you
        your yours
        """
    )
)


def words(text: str) -> list[str]:
    """The words of a text in its own case: runs of letters, digits and `_`, NFKC."""
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def pieces(word: str) -> list[str]:
    """The lower-case parts of a compound identifier; none for a simple word."""
    if word.islower() and "_" not in word:
        return []
    parts = [part.lower() for run in word.split("_") for part in _humps(run)]
    return parts if len(parts) > 1 else []


def content_words(text: str) -> list[str]:
    """The words that carry meaning, lower case, in order and with repetitions."""
    return [word for word in map(str.lower, words(text)) if word not in STOP_WORDS]


def _humps(word: str) -> Iterator[str]:
    """`HTTPServer2Url` in parts: HTTP, Server2, Url; of `listIDs` list and IDs."""
    start = 0
    for at in range(1, len(word)):
        before, here, after = word[at - 1], word[at], word[at + 1 : at + 2]
        goes_on = after.islower() and not _is_plural(word, at)
        if here.isupper() and (not before.isupper() or goes_on):
            yield word[start:at]
            start = at
    if word:
        yield word[start:]


def _is_plural(word: str, at: int) -> bool:
    """Whether an acronym ends at a place, and only its `s` follows."""
    return word[at + 1] == "s" and not word[at + 2 : at + 3].islower()
