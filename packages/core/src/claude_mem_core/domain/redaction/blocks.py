# SPDX-License-Identifier: Apache-2.0
"""Secrets of several lines: private keys, and the secrets of a Kubernetes file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_mem_core.domain.redaction.spans import Ahead, Rule, Span, Text, places_of

LONGEST_KEY = 64 * 1024
"""Characters of a private key's text; the longest known are a quarter of it."""

FAMILIES = frozenset({"private-key", "pgp-private-key", "kubernetes-secret"})

_BEGIN = re.compile(
    r"-{4,5}[ ]?BEGIN[ ](?P<kind>[A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?[ ]?-{4,5}",
    re.IGNORECASE,
)
_END = re.compile(r"-{4,5}[ ]?END[ ][A-Z0-9 ]{0,59}-{4,5}", re.IGNORECASE)
_DASHES = 5
_BODY = re.compile(r"(?:[A-Za-z0-9+/=:,\s-]|\\[nrt]|\\)*")
_KIND = re.compile(r"kind:[ \t]{0,8}[\"']?secret\b")
_NEW_LINE = r"(?:\n|\\n)"
_DATA = re.compile(
    rf"{_NEW_LINE}([ \t]{{0,64}})(?:data|stringData):[ \t]{{0,8}}(?={_NEW_LINE})"
)
_ENTRY = re.compile(
    rf"{_NEW_LINE}(?P<in>[ \t]{{1,64}})(?:[\"']?[\w.-]{{1,128}}[\"']?:[ \t]{{0,8}})?"
    r"[\"']?(?P<value>(?:[^\n\"'\\]|\\(?!n)){0,16384})[\"']?"
)
"""A line that is further in than the margin; where it has no name, it goes on."""


def _find_keys(text: Text) -> Iterator[Span]:
    done, ends = 0, Ahead(_END, text.text)
    for at in places_of("begin ", text.lowered):
        if at < done:
            continue
        begin = _BEGIN.match(text.text, at - 5) or _BEGIN.match(text.text, at - 6)
        if begin is None:
            continue
        done = _key_end(text.text, begin.end(), ends)
        is_pgp = "pgp" in begin["kind"].lower()
        yield Span(begin.start(), done, "pgp-private-key" if is_pgp else "private-key")


def _key_end(text: str, start: int, ends: Ahead) -> int:
    """Where a key ends: with its last line, or with what can be no part of one."""
    # The dashes of both lines may be the same.
    at = ends.of(start - _DASHES)
    if at < start + LONGEST_KEY and (found := _END.match(text, at)):
        return found.end()
    body = _BODY.match(text, start, start + LONGEST_KEY)
    return body.end() if body else start


def _find_kubernetes(text: Text) -> Iterator[Span]:
    done = 0
    for at in places_of("kind:", text.lowered):
        if at < done or not _KIND.match(text.lowered, at):
            continue
        first = max(0, done, text.text.rfind("---", 0, at))
        end = text.text.find("---", at)
        done = len(text.text) if end < 0 else end
        for data in _DATA.finditer(text.text, first, done):
            yield from _entries(text.text, data, done)


def _entries(text: str, data: re.Match[str], last: int) -> Iterator[Span]:
    """The values below `data:`, down to the first line that is not further in."""
    at = data.end()
    while entry := _ENTRY.match(text, at, last):
        if len(entry["in"]) <= len(data[1]):
            return
        if entry["value"].strip(" |>-"):
            yield Span(entry.start("value"), entry.end("value"), "kubernetes-secret")
        at = entry.end()


RULES = (Rule(("key",), _find_keys), Rule(("secret",), _find_kubernetes))
