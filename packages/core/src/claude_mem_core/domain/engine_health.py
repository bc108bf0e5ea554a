# SPDX-License-Identifier: Apache-2.0
"""How a queue engine says that it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_mem_core.domain.value import JsonObject


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """How an engine is, free of secrets and of content.

    Attributes:
        engine: The name under which it was asked for.
        problem: Why its bell does not ring, in words for an operator; None when it
            does. The ledger goes on without it.
        workers: The names of workers of its own that it heard of in the last half
            minute.
        rings: Rings that wait to be heard.
        details: What an operator may want to know besides.
    """

    engine: str
    problem: str | None = None
    workers: tuple[str, ...] = ()
    rings: int = 0
    details: JsonObject = field(default_factory=dict)
