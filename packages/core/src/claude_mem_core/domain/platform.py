# SPDX-License-Identifier: Apache-2.0
"""The names of the agents that events come from, brought to one spelling."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

DEFAULT_PLATFORM = "claude"


def normalised_platform(name: object) -> object:
    """One spelling for each agent; what is not text passes through unchanged.

    The rules are the reference system's: lower case, spaces to hyphens, every
    name with "codex", "cursor" or "claude" in it is that agent, "transcript" is
    Codex, and an empty name is Claude.
    """
    if not isinstance(name, str):
        return name
    plain = "-".join(name.lower().split())
    if plain == "transcript":
        return "codex"
    known = ("codex", "cursor", "claude")
    return next((agent for agent in known if agent in plain), plain or DEFAULT_PLATFORM)


Platform = Annotated[str, BeforeValidator(normalised_platform)]
