# SPDX-License-Identifier: Apache-2.0
"""Secrets that a name tells: `DB_PASSWORD=...`, `"apiKey": "..."`, `--token ...`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from claude_mem_core.domain.redaction import values
from claude_mem_core.domain.redaction.names import (
    LONGEST_NAME,
    SecretName,
    secret_name,
)
from claude_mem_core.domain.redaction.spans import Ahead, Rule, Span, Text, places_of

STEMS = ("pass", "pwd", "secret", "token", "key", "credential", "cookie", "auth")
"""What every name that tells a secret holds."""

_NAME_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_AFTER = re.compile(
    r"""
    ( [A-Za-z0-9_.-]* )
    (
      \\{0,8}["'`]?\]? [ \t]{0,8}
      (?: :[ \t]{0,4}[&\w<>\[\]|. ]{1,40}=[ \t]{0,4}(?=\\{0,8}["'`])
        | := | => | ={1,3} | :(?![:=])
        | (?<=["']),[ \t]{0,8}(?=\\{0,8}["'`])
        | >
        | (?:is|was)[ ]:?[ ]{0,4}
      ) [ \t]{0,8}
    )?
    """,
    re.VERBOSE,
)
"""What follows a name's stem: the rest of the name, and what joins it to a value."""

_AFTER_FLAG = re.compile(r"[ \t]{1,4}")
_BEFORE_TEXT = frozenset("\\\"'`")
_QUOTE = re.compile(r"\\{0,8}[\"'`]")
_BARE_END = re.compile(r"""[\s"'`,;&|<>\\)}\]]""")
_VARIABLE_END = re.compile(r"""[\s"'`\\]""")
_DIGIT = re.compile(r"[0-9]")


class _Assigned(NamedTuple):
    """A value that a secret's name stands before.

    Attributes:
        is_variable: It is set as the environment's variables are: `NAME=value`.
    """

    known: SecretName
    start: int
    value: str
    is_quoted: bool
    is_variable: bool


def _find(text: Text) -> Iterator[Span]:
    done, reading = 0, _Reading(text.text)
    for at in sorted({at for stem in STEMS for at in places_of(stem, text.lowered)}):
        if at < done:
            continue
        after = _AFTER.match(text.text, at)
        done = after.end(1) if after else at
        assigned = reading.assigned(at, after) if after else None
        if assigned is not None and _is_secret(assigned):
            done = reading.end(assigned)
            yield Span(assigned.start, done, assigned.known.family)


def _is_secret(assigned: _Assigned) -> bool:
    """Whether the value is the secret."""
    known, _, value, is_quoted, is_variable = assigned
    if values.is_gap(value):
        return False
    # Its start tells; so a long row of names costs no more than it is long.
    start = value[: values.LOOKED_AT]
    if not is_quoted and values.is_code(start):
        return False
    if is_variable and known.is_word:
        return not values.is_plain(start)
    may_be = values.is_random(start) or (known.is_word and values.is_password(start))
    return may_be and (is_quoted or not values.is_type(start))


class _Reading:
    """A text whose names and values are read from left to right."""

    __slots__ = ("_bare", "_digit", "_text", "_variable")

    def __init__(self, text: str) -> None:
        self._text = text
        self._bare = Ahead(_BARE_END, text)
        self._variable = Ahead(_VARIABLE_END, text)
        self._digit = Ahead(_DIGIT, text)

    def assigned(self, at: int, after: re.Match[str]) -> _Assigned | None:
        """What the name around `at` stands before, when that can be a secret."""
        text, end, joint = self._text, after.end(1), after[2]
        if joint is None and not text[end : end + 1].isspace():
            return None
        name = text[_name_start(text, at) : end]
        start = after.end() if joint is not None else _after_flag(text, name, end)
        known = secret_name(name.strip(".-")) if start >= 0 else None
        if known is None:
            return None
        if text[start : start + 1] in _BEFORE_TEXT:
            start, end = _between_quotes(text, start)
            if end >= 0:
                return self._seen(_Assigned(known, start, text[start:end], True, False))
        is_variable = joint == "=" and name.isupper()
        end = (self._variable if is_variable else self._bare).of(start)
        value = text[start : min(end, start + values.LOOKED_AT)]
        value = value.rstrip(".,;:") or value
        return self._seen(_Assigned(known, start, value, False, is_variable))

    def _seen(self, assigned: _Assigned) -> _Assigned | None:
        """The same, but for what neither chance nor a person makes: that is most."""
        known, start, value, _, _ = assigned
        if known.is_word:
            return assigned
        length = min(len(value), values.LOOKED_AT)
        has_digit = self._digit.of(start) < start + length
        return assigned if values.can_be_random(value, has_digit=has_digit) else None

    def end(self, assigned: _Assigned) -> int:
        """Where the secret ends; of one without quotes only the start was looked at."""
        end = assigned.start + len(assigned.value)
        if len(assigned.value) < values.LOOKED_AT or assigned.is_quoted:
            return end
        return (self._variable if assigned.is_variable else self._bare).of(end)


def _after_flag(text: str, name: str, end: int) -> int:
    """Where the value of a command's `--name value` begins; -1 where none does."""
    found = _AFTER_FLAG.match(text, end) if name.startswith("--") else None
    return found.end() if found else -1


def _name_start(text: str, at: int) -> int:
    """Where the name begins, at most a name's length before."""
    before = text[max(0, at - LONGEST_NAME) : at]
    at -= len(before) - len(before.rstrip(_NAME_CHARS))
    # In text that is JSON itself, a line's end stands before a name as two letters.
    return at + 1 if at and text[at - 1] == "\\" and text[at] in "nrt" else at


def _between_quotes(text: str, start: int) -> tuple[int, int]:
    """Where a quoted value is, within its line; it ends at -1 when it is not closed."""
    opened = _QUOTE.match(text, start)
    if opened is None:
        return start, -1
    quote, start = opened[0], opened.end()
    end = text.find(quote, start, start + values.LONGEST + len(quote))
    return start, -1 if "\n" in text[start : max(start, end)] else end


RULE = Rule(STEMS, _find)
