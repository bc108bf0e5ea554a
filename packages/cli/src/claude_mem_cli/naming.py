# SPDX-License-Identifier: Apache-2.0
"""What a user means by a name that several can have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from claude_mem_core.errors import InvalidInputError


class Named(Protocol):
    """What has a name, which is not its alone."""

    @property
    def name(self) -> str:
        """What it is called."""


N = TypeVar("N", bound=Named)


def only_one_called(
    name: str,
    known: Sequence[N],
    *,
    option: str,
    listed: Callable[[Sequence[N]], str],
) -> N | None:
    """The only one of this name; None where there is none.

    Args:
        name: As the user gave it.
        known: Those that could be meant.
        option: Where it was given.
        listed: How several are told apart.

    Raises:
        InvalidInputError: Several are called so; it names them.
    """
    namesakes = [one for one in known if one.name == name]
    if len(namesakes) > 1:
        cause = f"{name!r} names several: {listed(namesakes)}"
        raise InvalidInputError.of(option, cause, "name one of these")
    return namesakes[0] if namesakes else None
