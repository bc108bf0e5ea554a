# SPDX-License-Identifier: Apache-2.0
"""Text as XML text: it can neither open nor close anything, whatever it says."""

from __future__ import annotations

import re

HEAD, TAIL = 0.6, 0.3
"""The parts of an over-long text that stay: the ends of an output tell the most."""

_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_IN_TEXT = re.compile("[&<>]")
_IN_ATTRIBUTE = re.compile("[&<>\"']")
# What XML 1.0 cannot hold, and what has no UTF-8.
_UNSAYABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_PLAIN = {name[1:-1]: char for char, name in _SPECIAL.items()}
_LAST_CHARACTER = 0x10FFFF
_LONGEST_ENTITY = len("&quot;")


def escaped(text: str) -> str:
    """The text for between two tags, where a quotation mark means nothing.

    Payloads are JSON: marks that were escaped too would be a third of some prompts.
    """
    return _escaped(_IN_TEXT, text)


def escaped_attribute(text: str) -> str:
    """The text for between two tags, or for an attribute."""
    return _escaped(_IN_ATTRIBUTE, text)


def _escaped(special: re.Pattern[str], text: str) -> str:
    sayable = _UNSAYABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return special.sub(lambda found: _SPECIAL[found[0]], sayable)


def unescaped(text: str) -> str:
    """What a piece of XML text says; each entity is read once."""
    return _UNSAYABLE.sub("", _ENTITY.sub(_character, text))


def escaped_within(text: str, limit: int) -> str:
    """The escaped text in at most `limit` bytes of UTF-8, the middle taken out.

    The mark in its place is the only element in it, and gives the original size.
    """
    whole = escaped(text)
    raw = whole.encode()
    if len(raw) <= limit:
        return whole
    mark = f'\n<elided reason="oversize" original_size_chars="{len(text)}"/>\n'
    room = max(0, limit - len(mark.encode()))
    head = _end_cut(raw[: int(room * HEAD / (HEAD + TAIL))].decode("utf-8", "ignore"))
    tail = raw[len(raw) - int(room * TAIL / (HEAD + TAIL)) :].decode("utf-8", "ignore")
    return f"{head}{mark}{_start_cut(tail)}"


def _end_cut(text: str) -> str:
    """The text without the half of an entity at its end."""
    start = text.rfind("&", -_LONGEST_ENTITY)
    return text[:start] if start >= 0 and ";" not in text[start:] else text


def _start_cut(text: str) -> str:
    """The text without the half of an entity at its start."""
    end = text.find(";", 0, _LONGEST_ENTITY)
    whole = "&" in text[: end + 1]
    return text[end + 1 :] if end >= 0 and not whole else text


def _character(found: re.Match[str]) -> str:
    if found[1]:
        return _PLAIN[found[1]]
    number = int(found[2]) if found[2] else int(found[3], 16)
    return chr(number) if number <= _LAST_CHARACTER else ""
