# SPDX-License-Identifier: Apache-2.0
"""Reading single fields out of a payload that promises nothing.

What is not of the expected shape is left out here, never refused: the payload is
kept whole beside these fields, so nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from claude_mem_core.domain.value import LAST_EPOCH, JsonObject
from pydantic import JsonValue

LONGEST_ID = 256
LONGEST_AGENT_NAME = 128
"""Characters of an agent's id or type; a longer one counts as absent."""

LONGEST_EVENT_TYPE = 512

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s\-.]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(value: JsonValue, path: str) -> JsonValue:
    """What stands at a path such as `tool_info.cwd` or `roots.0`, or None."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def text(payload: JsonObject, *paths: str, longest: int | None = None) -> str | None:
    """The first of these fields that is text: not empty, no NUL, not too long."""
    for path in paths:
        value = at(payload, path)
        if isinstance(value, str) and value and "\0" not in value:
            return value if longest is None or len(value) <= longest else None
    return None


def number(payload: JsonObject, *paths: str) -> int | float | None:
    """The first of these fields that is a number, which true and false are not."""
    for path in paths:
        value = at(payload, path)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


def parsed(value: JsonValue) -> JsonValue:
    """JSON that stands in a text, as what it says; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        said: JsonValue = json.loads(value, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return value
    return said


def epoch(values: Iterable[JsonValue]) -> int | None:
    """The first of them that is a time: milliseconds, or ISO 8601 with its offset."""
    return next((one for value in values if (one := _epoch(value)) is not None), None)


def snake_case(name: str) -> str:
    """`PostToolUse`, `post-tool-use` and `post_tool_use` as `post_tool_use`."""
    words = [word for word in _WORD_STARTS.split(name) if word]
    return "_".join(words).lower()[:LONGEST_EVENT_TYPE]


def _refuse(constant: str) -> JsonValue:
    # Python reads NaN, which is no JSON and could not be stored.
    raise ValueError(constant)


def _epoch(value: JsonValue) -> int | None:
    if isinstance(value, str):
        return _within(_epoch_of_text(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _within(value)
    return None


def _epoch_of_text(value: str) -> int | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        # Nobody says in which zone it was: the time of receipt is the better guess.
        return None
    elapsed = moment - _EPOCH
    return (
        elapsed.days * 86_400 + elapsed.seconds
    ) * 1000 + elapsed.microseconds // 1000


def _within(millis: int | None) -> int | None:
    return millis if millis is not None and 0 <= millis <= LAST_EPOCH else None
