# SPDX-License-Identifier: Apache-2.0
"""Whether a value that a secret's name stands before is the secret itself.

A name is followed by code, a type, a word of prose or a gap to be filled far more often
than by a secret; what is taken for one must look made by a machine, or be a password.
"""

from __future__ import annotations

import re
from itertools import pairwise
from math import log2

SHORTEST = 4
LONGEST = 4096
SHORTEST_RANDOM = 8
"""Characters of a value that is told by its randomness alone."""

SHORTEST_MIXED = 16
"""Characters of a value without digits that its changes of case tell."""

MOST_BLANKS = 4
"""Blanks of a password; with more of them it is a sentence."""

LOOKED_AT = 256
"""Characters that are counted: a secret that is longer is as random at its start."""

LETTERS_BITS, BITS = 3.5, 2.5
"""Bits a character that letters alone, and any value, must have at least."""

_GAP = re.compile(
    r"""
      [x*.•_#?-]+ \Z                            # xxxx, ****, ...
    | [<({\[@|`] | \$[a-z_({] | %[({sdvq%] | %[a-z_]{2,64}%\Z     # <token>, $TOKEN
    | \\?["'] | .{0,8}\$\{ | !vault
    | (?:your|my|the|some|an?|sample|dummy|fake|mock|placeholder|insert|enter|replace)
      (?:[-_. ]|\Z)
    | (?:none|null|nil|true|false|undefined|required|optional|redacted|hidden|todo|tbd|
      changeme|change-me|masked|encrypted|missing|empty|string|secret|password|token|
      default|unknown|invalid|disabled|enabled|str|text|bytes|object|any)\Z
    | (?:process\.|os\.|env\.|config\.|self\.|this\.|settings\.|secrets\.|vars\.|var\.|
      import\.|system\.|args\.|opts\.|options\.|params\.|req\.|request\.|std::|data\.)
    """,
    re.VERBOSE,
)
"""In small letters: a pattern for any case takes twice as long."""

_GAP_WITHIN = 40
"""Characters of a gap before the word that shows it."""

_CODE = re.compile(r"[()\[\]{}<>:$](?:(?<=[^:$])|(?<=:):|(?<=\$)\w)")
"""Brackets, `::`, `$name`; what they begin with comes first, so that it is fast."""

_MEMBER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_TYPE = re.compile(r"[A-Za-z_]{1,24}(?:8|16|32|64|128|256|512)?\Z")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[A-Za-z._-]*[a-z._-]{2}(?:/|\Z)|[A-Za-z]:\\|[a-z+]{2,16}://"
    r"|(?:[a-z_.-]{2,40}/){2}"
)
_WORDY = re.compile(
    r"(?:[A-Za-z]{2,}|\d{1,4}|v\d+|[A-Za-z]\d?)"
    r"(?:[-_./: ,](?:[A-Za-z]+|\d{1,4}|v\d+))*\Z"
)
_DIGIT = re.compile(r"[0-9]")
_SYMBOL = re.compile(r"[^A-Za-z0-9_\s]")


def is_gap(value: str) -> bool:
    """Whether a value only shows where one belongs, or that there is none."""
    text = value.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        return True
    text = text.lower()
    return _GAP.match(text) is not None or _has_gap(text)


def _has_gap(text: str) -> bool:
    """Whether the start of a text has something in it that only a gap has."""
    line = text[: _GAP_WITHIN + len("example")]
    if "\n" in line:
        line = line[: line.find("\n")]
    elif len(text) <= _GAP_WITHIN + len("...") and line.endswith("..."):
        return True
    return (
        "example" in line
        or 0 <= line.find("xxxxxx") <= _GAP_WITHIN
        or 0 <= line.find("****") <= _GAP_WITHIN
    )


def is_random(value: str) -> bool:
    """Whether a machine made the value: it is long and made of no words.

    Source of the entropy: C. E. Shannon, A Mathematical Theory of Communication, in
    bits per character.
    """
    value = value[:LOOKED_AT]
    if not _has_digit(value) or " " in value or value.isdigit():
        return _is_mixed(value)
    if len(value) < SHORTEST_RANDOM or _WORDY.match(value) or _PATH.match(value):
        return _is_mixed(value)
    return _entropy(value) >= min(BITS, log2(len(value)) - 0.75)


def can_be_random(value: str, *, has_digit: bool) -> bool:
    """Whether `is_random` is worth to be asked."""
    return has_digit or (len(value) >= SHORTEST_MIXED and value[:LOOKED_AT].isalnum())


def is_password(value: str) -> bool:
    """Whether a person could have chosen the value as a password."""
    has_more = _SYMBOL.search(value) is not None or _has_digit(value)
    if not has_more or value.count(" ") > MOST_BLANKS or value.isdigit():
        return False
    return not _PATH.match(value)


def is_plain(value: str) -> bool:
    """Whether a variable's value is a switch, a number or a place, no password."""
    return value.isdigit() or _PATH.match(value) is not None


def is_code(value: str) -> bool:
    """Whether a value without quotes is a part of a program rather than a text."""
    return _CODE.search(value) is not None or _MEMBER.match(value) is not None


def is_type(value: str) -> bool:
    """Whether a value without quotes reads as the name of a type or of a variable."""
    return _TYPE.match(value) is not None


def _is_mixed(value: str) -> bool:
    """Whether a value without digits changes case too often for a word."""
    if len(value) < SHORTEST_MIXED or not value.isalnum():
        return False
    changes = sum(a.isupper() != b.isupper() for a, b in pairwise(value))
    return changes * 5 >= len(value) * 2 and _entropy(value) >= LETTERS_BITS


def _has_digit(value: str) -> bool:
    return _DIGIT.search(value) is not None


def _entropy(value: str) -> float:
    shares = [value.count(char) / len(value) for char in set(value)]
    return -sum(share * log2(share) for share in shares)
