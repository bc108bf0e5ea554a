# SPDX-License-Identifier: Apache-2.0
"""The parameters of an address: each known to its route, given once, understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from claude_mem_core.domain.listing import listed
from claude_mem_core.domain.value import LONGEST_KEY_TOLD, JsonObject
from claude_mem_core.errors import InvalidInputError
from pydantic import JsonValue
from pydantic_core import PydanticCustomError

from claude_mem_http_falcon.exchange import Request

_NUMBER = re.compile(r"[0-9]{1,16}")
_FLAGS = {"true": True, "false": False}


def require_known(
    req: Request, taken: Sequence[str], lists: Sequence[str] = ()
) -> None:
    """Refuse a parameter that the route does not take, and one that comes twice.

    Args:
        req: The request.
        taken: What the route takes.
        lists: What may come twice.
    """
    given = req.params
    unknown = next((name for name in given if name not in taken), None)
    if unknown is None and req.query_string and not given:
        unknown = "query"
    if unknown is not None:
        cause = "this route takes no parameter in its address"
        if taken:
            cause = f"this route takes only {', '.join(taken)}"
        raise _invalid(unknown, cause, "leave it out")
    for name, value in given.items():
        if not isinstance(value, str) and name not in lists:
            raise _invalid(name, "it is given more than once", "give it once")


def text(req: Request, name: str, *synonyms: str) -> str | None:
    """The value of a parameter, by whichever of its names it has; None without one."""
    names = [one for one in (name, *synonyms) if one in req.params]
    if len(names) > 1:
        raise _invalid(names[1], f"it is {names[0]} once more", "give it once")
    return req.get_param(names[0]) if names else None


def number(req: Request, name: str) -> int | None:
    """The value of a parameter that is a whole number; None without one."""
    value = text(req, name)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        cause = f"{value[:LONGEST_KEY_TOLD]!r} is no whole number from 0 on"
        raise _invalid(name, cause, "send 1 to 16 digits")
    return int(value)


def flag(req: Request, name: str, *, default: bool) -> bool:
    """The value of a parameter that is `true` or `false`."""
    value = text(req, name)
    if value is None:
        return default
    if value not in _FLAGS:
        cause = f"{value[:LONGEST_KEY_TOLD]!r} is neither true nor false"
        raise _invalid(name, cause, "send true or false")
    return _FLAGS[value]


def asked(
    req: Request, *, numbers: Sequence[str] = (), flags: Sequence[str] = ()
) -> JsonObject:
    """All parameters as the body of the same question would have them.

    A list that comes several times is one list of all that was given.
    """
    told: JsonObject = {}
    for name, value in req.params.items():
        if name in numbers:
            told[name] = number(req, name)
        elif name in flags:
            told[name] = flag(req, name, default=False)
        elif isinstance(value, list):
            told[name] = [one for text in value for one in _items(name, text)]
        else:
            told[name] = value
    return told


def _items(name: str, text: str) -> Sequence[JsonValue]:
    try:
        return cast("Sequence[JsonValue]", listed(text))
    except PydanticCustomError as error:
        context = error.context or {}
        raise _invalid(name, error.message(), str(context.get("cure"))) from error


def _invalid(name: str, cause: str, cure: str) -> InvalidInputError:
    return InvalidInputError.of(name[:LONGEST_KEY_TOLD], cause, cure)
