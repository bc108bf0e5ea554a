# SPDX-License-Identifier: Apache-2.0
"""Where a place in a text is after something in the text was taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from pydantic import JsonValue

from claude_mem_core.domain.privacy import private_parts, without_private
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.redaction.spans import mark

PIECE = 8
"""Characters of a secret's start by which what is left of it is known."""

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", re.ASCII)


class Edit(NamedTuple):
    """From one character to another of a text, so many others were put."""

    start: int
    end: int
    length: int


def edits(text: str, redactor: Redactor) -> Sequence[Sequence[Edit]]:
    """What `redactor` does to a text: first what is private goes, then what is secret.

    The second edits are those of what the first left.
    """
    private = [Edit(start, end, 0) for start, end in private_parts(text)]
    secret = [
        Edit(start, end, len(mark(family)))
        for start, end, family in redactor.secrets(without_private(text))
    ]
    return private, secret


def moved(span: tuple[int, int], done: Sequence[Sequence[Edit]]) -> tuple[int, int]:
    """Where a span is after the edits: one within a secret is all of the mark."""
    start, end = span
    for each in done:
        start, end = _moved(start, each, at_end=False), _moved(end, each, at_end=True)
    return start, end


def secrets_in(value: JsonValue, redactor: Redactor) -> Mapping[str, str]:
    """The secrets of a JSON value's strings, each with its family."""
    if isinstance(value, str):
        spans = redactor.secrets(value)
        return {value[one.start : one.end]: one.family for one in spans}
    inner: list[JsonValue] = []
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list):
        inner = value
    parts = (secrets_in(each, redactor) for each in inner)
    return {text: family for part in parts for text, family in part.items()}


def without_pieces(value: JsonValue, known: Mapping[str, str]) -> JsonValue:
    """The value without these secrets, and without what a cut left of them."""
    if isinstance(value, str):
        for secret, family in known.items():
            value = _without_piece(value, secret, family)
        return value
    if isinstance(value, list):
        return [without_pieces(each, known) for each in value]
    if isinstance(value, dict):
        return {key: without_pieces(each, known) for key, each in value.items()}
    return value


def _without_piece(text: str, secret: str, family: str) -> str:
    head = secret[:PIECE]
    at = text.find(head) if len(head) == PIECE else -1
    while at >= 0:
        same = takewhile(lambda pair: pair[0] == pair[1], zip(text[at:], secret))  # noqa: B905 - the shorter counts
        end = at + sum(1 for _ in same)
        text = text[:at] + mark(family) + text[end:]
        at = text.find(head, at + len(mark(family)))
    return text


def found_at(path: str, value: JsonValue) -> JsonValue:
    """What stands at a JSONPath of names and numbers; None for nothing, or others."""
    at = 1 if path.startswith("$") else len(path) + 1
    while step := _STEP.match(path, at):
        value = _stepped(value, step)
        at = step.end()
    return value if at == len(path) else None


def _moved(place: int, done: Sequence[Edit], *, at_end: bool) -> int:
    shift = 0
    for start, end, length in done:
        if end <= place:
            shift += length - (end - start)
        elif start < place:
            return start + shift + (length if at_end else 0)
    return place + shift


def _stepped(value: JsonValue, step: re.Match[str]) -> JsonValue:
    if step[2] is not None:
        number = int(step[2])
        fits = isinstance(value, list) and number < len(value)
        return value[number] if fits and isinstance(value, list) else None
    name = step[1] if step[1] is not None else re.sub(r"\\(.)", r"\1", step[3])
    return value.get(name) if isinstance(value, dict) else None
