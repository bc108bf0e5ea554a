# SPDX-License-Identifier: Apache-2.0
"""Reading single fields out of a payload that promises nothing.

What is not of the expected shape is left out here, never refused: the payload is
kept whole beside these fields, so nothing is lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from claude_mem_core.domain.value import LAST_EPOCH, JsonObject
from pydantic import JsonValue

LONGEST_ID = 256
LONGEST_EVENT_TYPE = 512

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\s\-.]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(payload: JsonObject, *names: str, longest: int | None = None) -> str | None:
    """The first of these fields that is text: not empty, no NUL, not too long."""
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value and "\0" not in value:
            return value if longest is None or len(value) <= longest else None
    return None


def number(payload: JsonObject, name: str) -> int | float | None:
    """The field where it is a number, which true and false are not."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def epoch(value: JsonValue) -> int | None:
    """Milliseconds since 1970 from such a number, or from ISO 8601 with its offset."""
    if isinstance(value, str):
        return _within(_epoch_of_text(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _within(value)
    return None


def snake_case(name: str) -> str:
    """`PostToolUse`, `post-tool-use` and `post_tool_use` as `post_tool_use`."""
    words = [word for word in _WORD_STARTS.split(name) if word]
    return "_".join(words).lower()[:LONGEST_EVENT_TYPE]


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
