# SPDX-License-Identifier: Apache-2.0
"""Cutting the middle out of over-long strings, with a mark that says so."""

from __future__ import annotations

from pydantic import JsonValue

LONGEST_STRING = 256 * 1024
"""Characters of one string that a hook's payload keeps whole."""

HEAD, TAIL = 0.6, 0.3
"""The parts that stay: commands and errors stand at the ends of an output."""


def elided(value: JsonValue, *, longest: int = LONGEST_STRING) -> JsonValue:
    """`value` with every string of more than `longest` characters cut in the middle.

    The mark in its place gives the original size, so that nobody takes the rest
    for the whole. The parts kept are those of the reference system: 60 % and 30 %.
    """
    if isinstance(value, str):
        return value if len(value) <= longest else _cut(value, longest)
    if isinstance(value, list):
        return [elided(item, longest=longest) for item in value]
    if isinstance(value, dict):
        return {key: elided(item, longest=longest) for key, item in value.items()}
    return value


def _cut(text: str, longest: int) -> str:
    head, tail = text[: int(longest * HEAD)], text[-int(longest * TAIL) :]
    gone = len(text) - len(head) - len(tail)
    mark = f'<elided chars="{gone}" original_size_chars="{len(text)}"/>'
    return f"{head}\n{mark}\n{tail}"
