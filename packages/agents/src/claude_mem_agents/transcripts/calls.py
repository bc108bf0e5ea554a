# SPDX-License-Identifier: Apache-2.0
"""What a transcript has told: calls that are open, and texts that may be the last."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from pydantic import JsonValue

MOST_OPEN = 1000
"""Calls that wait for their result at once: those of which none comes are given up."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    tool: str
    input: JsonValue


class Told:
    """What was told already, by its id."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def is_new(self, own: str | None) -> bool:
        """Whether what has this id was not told yet; from now on it was."""
        if own is None or own in self._ids:
            return False
        self._ids.add(own)
        return True


class OpenCalls:
    """The calls whose results are still to come."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, Call] = OrderedDict()

    def begin(self, call_id: str, call: Call) -> None:
        """Remember a call until its result comes."""
        self._calls[call_id] = call
        while len(self._calls) > MOST_OPEN:
            self._calls.popitem(last=False)

    def end(self, call_id: str) -> Call | None:
        """The call that this is the result of."""
        return self._calls.pop(call_id, None)

    def __bool__(self) -> bool:
        """Whether any is open."""
        return bool(self._calls)


@dataclass(frozen=True, slots=True)
class Text:
    """What an agent said, which ends its turn unless something follows.

    Attributes:
        source: The transcript's own name of it.
    """

    text: str
    at: int | None
    source: str | None
