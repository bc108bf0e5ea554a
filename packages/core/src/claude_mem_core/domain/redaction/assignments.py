# SPDX-License-Identifier: Apache-2.0
"""Secrets that a name tells: `DB_PASSWORD=...`, `"apiKey": "..."`, `--token ...`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from claude_mem_core.domain.redaction import values
from claude_mem_core.domain.redaction.names import (
    LONGEST_NAME,
    SecretName,
    secret_name,
)
from claude_mem_core.domain.redaction.spans import Rule, Span, Text, places_of

STEMS = ("pass", "pwd", "secret", "token", "key", "credential", "cookie", "auth")
"""What every name that tells a secret holds."""

_NAME_CHARS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
)
_REST = re.compile(r"[A-Za-z0-9_.-]*")
_JOINT = re.compile(
    r"""
      \\{0,8}["'`]?\]? [ \t]{0,8}
      (?: (?P<typed> :[ \t]{0,4}[&\w<>\[\]|. ]{1,40}=[ \t]{0,4}(?=\\{0,8}["'`]) )
        | (?P<equal> := | => | ={1,3} | :(?![:=]) )
        | (?P<comma> (?<=["']),[ \t]{0,8}(?=\\{0,8}["'`]) )
        | (?P<tag> > )
        | (?P<said> (?:is|was)[ ]:?[ ]{0,4} )
      ) [ \t]{0,8}
    """,
    re.VERBOSE,
)
_AFTER_FLAG = re.compile(r"[ \t]{1,4}")
_QUOTE = re.compile(r"\\{0,8}[\"'`]")
_BARE = re.compile(r"""[^\s"'`,;&|<>\\)}\]]{1,256}""")
_VARIABLE = re.compile(r"""[^\s"'`\\]{1,256}""")
_ESCAPE = re.compile(r"\\[nrt]")


@dataclass(frozen=True, slots=True)
class _Assigned:
    """A value that a secret's name stands before.

    Attributes:
        is_variable: It is set as the environment's variables are: `NAME=value`.
    """

    known: SecretName
    start: int
    value: str
    is_quoted: bool
    is_variable: bool

    @property
    def is_secret(self) -> bool:
        """Whether the value is the secret."""
        if values.is_gap(self.value):
            return False
        # Its start tells; so a long row of names costs no more than it is long.
        value = self.value[: values.LOOKED_AT]
        if self.is_quoted:
            return self._may_be(value)
        if values.is_code(value):
            return False
        if self.is_variable and self.known.is_word:
            return not values.is_plain(value)
        return self._may_be(value) and not values.is_type(value)

    def _may_be(self, value: str) -> bool:
        if self.known.is_word and values.is_password(value):
            return True
        return values.is_random(value)


def _find(text: Text) -> Iterator[Span]:
    done = 0
    for at in sorted({at for stem in STEMS for at in places_of(stem, text.lowered)}):
        if at < done:
            continue
        rest = _REST.match(text.text, at)
        done = rest.end() if rest else at
        assigned = _assigned(text.text, at, done)
        if assigned is not None and assigned.is_secret:
            done = _end(text.text, assigned)
            yield Span(assigned.start, done, assigned.known.family)


def _end(text: str, assigned: _Assigned) -> int:
    """Where the secret ends; of one without quotes only the start was looked at."""
    end = assigned.start + len(assigned.value)
    if len(assigned.value) < values.LOOKED_AT or assigned.is_quoted:
        return end
    more = (_VARIABLE if assigned.is_variable else _BARE).match
    while rest := more(text, end):
        end = rest.end()
    return end


def _assigned(text: str, at: int, end: int) -> _Assigned | None:
    """What the name around `at`, which ends at `end`, stands before."""
    joint = _JOINT.match(text, end)
    start = _name_start(text, at) if joint or text[end : end + 1].isspace() else end
    name = text[start:end]
    if joint is None and name.startswith("--"):
        joint = _AFTER_FLAG.match(text, end)
    known = secret_name(name.strip(".-")) if joint else None
    if joint is None or known is None:
        return None
    return _value(text, name, known, joint)


def _name_start(text: str, at: int) -> int:
    """Where the name begins, at most a name's length before."""
    first = max(0, at - LONGEST_NAME)
    while at > first and text[at - 1] in _NAME_CHARS:
        at -= 1
    # In text that is JSON itself, a line's end stands before a name as two letters.
    return at + 1 if _ESCAPE.match(text, at - 1) and at else at


def _value(
    text: str, name: str, known: SecretName, joint: re.Match[str]
) -> _Assigned | None:
    start = joint.end()
    if quote := _QUOTE.match(text, start):
        start = quote.end()
        end = _closing(text, start, quote[0])
        if end >= 0:
            return _Assigned(known, start, text[start:end], True, False)
    is_variable = name.isupper() and joint[0] == "="
    bare = (_VARIABLE if is_variable else _BARE).match(text, start)
    if bare is None:
        return None
    value = bare[0].rstrip(".,;:") or bare[0]
    return _Assigned(known, start, value, False, is_variable)


def _closing(text: str, start: int, quote: str) -> int:
    """Where the quote is closed, within the line; -1 when it is not."""
    last = min(len(text), start + values.LONGEST + len(quote))
    end = text.find(quote, start, last)
    return -1 if "\n" in text[start : max(start, end)] else end


RULE = Rule(STEMS, _find)
