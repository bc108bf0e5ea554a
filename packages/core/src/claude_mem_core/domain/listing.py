# SPDX-License-Identifier: Apache-2.0
"""Lists and moments as agents and people write them, brought to one form."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from claude_mem_core.domain.value import LAST_EPOCH, millis

MOST_IN_A_LIST = 100
"""Values of one filter: more are no question but a list of records."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?"
)
_MILLIS = re.compile(r"\d{12,15}")
_DOUBLE = '"'
_SHOWN = 40
_LAST_OF_DAY = millis(timedelta(days=1)) - 1
_CURE = (
    "send a day such as 2026-03-01, a time such as 2026-03-01T12:00:00Z, "
    "or milliseconds since 1970"
)


def listed(value: object) -> object:
    """The list that a value stands for, in every form in which agents send one.

    A list stays itself. A string is JSON when it starts as a list of JSON does, and
    else what stands between its commas, without the quotes and the brackets of a list
    that is nearly JSON. Anything else is the only one of its list.
    """
    found = _parts(value)
    if any(isinstance(one, str) and "\0" in one for one in found):
        # No name has one, and what follows it is lost on the way to a store.
        raise _refusal("list", "a value of it holds a NUL", "take it out")
    return found


def first_moment(value: object) -> object:
    """The first millisecond of a day, a time, or an epoch."""
    return _moment(value, of_day=0)


def last_moment(value: object) -> object:
    """The last millisecond of a day, a time, or an epoch."""
    return _moment(value, of_day=_LAST_OF_DAY)


FirstMoment = Annotated[
    int, Field(strict=True, ge=0, le=LAST_EPOCH), BeforeValidator(first_moment)
]
"""A moment; a day stands for its start, in UTC."""

LastMoment = Annotated[
    int, Field(strict=True, ge=0, le=LAST_EPOCH), BeforeValidator(last_moment)
]
"""A moment; a day stands for its end, in UTC."""


def _parts(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple | set | frozenset):
        # Some clients put all that an agent wrote into a list of one.
        return tuple(one for given in value for one in _unpacked(given))
    if not isinstance(value, str):
        return (value,)
    text = value.strip()
    if text.startswith(("[]", '["', "[ ")) or re.match(r"\[-?\d", text):
        return _of_json(text)
    text = _bare(text)
    return _of_quoted(text) or _between_commas(text)


def _bare(text: str) -> str:
    """`[a, b]` and `['a']` without brackets; `[slug]` alone is a folder's name."""
    if not (text.startswith("[") and text.endswith("]")):
        return text
    inner = text[1:-1]
    is_list = "," in inner or (inner.startswith("'") and inner.endswith("'"))
    return text if "[" in inner or "]" in inner or not is_list else inner


def _unpacked(given: object) -> tuple[object, ...]:
    if isinstance(given, str) and given.lstrip().startswith('["'):
        return _of_json(given)
    return (given,)


def _of_quoted(text: str) -> tuple[object, ...]:
    """Values that all stand in quotes of one kind: none where they do not."""
    for quote in ('"', "'"):
        ends = len(text) > 1 and text[0] == text[-1] == quote
        if ends and (quote == '"' or '"' not in text):
            with suppress(ValueError, RecursionError):
                return tuple(json.loads(f"[{text.replace(quote, _DOUBLE)}]"))
    return ()


def _between_commas(text: str) -> tuple[object, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _of_json(text: str) -> tuple[object, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        # Such as `[1]/page.tsx`, which is a path.
        if not text.lstrip().startswith(("[]", '["')):
            return _between_commas(_bare(text))
        cause = "it starts as a JSON list and is none"
        raise _refusal("list", cause, "close the list") from None
    return tuple(value)


def _moment(value: object, *, of_day: int) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _MILLIS.fullmatch(text):
        return int(text)
    is_day = _DAY.fullmatch(text)
    if is_day or _TIME.fullmatch(text):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(text.replace(",", "."))
            return _epoch(moment) + (of_day if is_day else 0)
    shown = text[:_SHOWN].encode("ascii", "backslashreplace").decode()
    raise _refusal("moment", f"'{shown}' is no day, no time and no epoch", _CURE)


def _epoch(moment: datetime) -> int:
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return millis(at - datetime.fromtimestamp(0, UTC))


def _refusal(kind: str, cause: str, cure: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{cause}", {"cause": cause, "cure": cure})
