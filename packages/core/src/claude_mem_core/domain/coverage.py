# SPDX-License-Identifier: Apache-2.0
"""How much of what happened is kept, as the agents' own transcripts tell it."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import Field, JsonValue

from claude_mem_core.domain.agent_event import TOOL_FAILURE, TOOL_USE, USER_PROMPT
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.transcript import Heard
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Name, Text, Value

MOST_EVENTS = 50_000
"""Events of one session that are compared at once."""

COUNTED = frozenset({USER_PROMPT, TOOL_USE, TOOL_FAILURE})
"""The events that coverage is about: what was asked, and what was done."""

SAID = ("prompt", "last_assistant_message", "tool_name", "tool_input")
"""What tells two events of a kind apart, where no id does."""


class Coverage(Value):
    """How much of a session is kept.

    Attributes:
        seen: Prompts and calls of tools that its transcript tells of.
        live: Those of them that were kept as a hook reported them.
        filled: Those that were read from the transcript later.
        missing: Those that are not kept.
        ratio: The part of them that is kept; 1 where there are none.
    """

    seen: int = Field(ge=0)
    live: int = Field(ge=0)
    filled: int = Field(ge=0)
    missing: int = Field(ge=0)
    ratio: float = Field(ge=0, le=1)
    reconciled_at_epoch: Epoch


class CoverageTotals(NamedTuple):
    """The coverage of several sessions, added up."""

    sessions: int
    seen: int
    live: int
    filled: int
    missing: int

    @property
    def ratio(self) -> float:
        """The part of what was seen that is kept."""
        return ratio_of(self.seen, self.missing)

    def to_wire(self) -> JsonObject:
        """The counts and the part that is kept, as programs are told them."""
        return {**self._asdict(), "ratio": self.ratio}


class SeenEvent(Value):
    """An event that a transcript tells of, by what it is known by.

    Attributes:
        says: What it says, where the agent's hooks do not tell its id.
    """

    event_type: Name
    tool_use_id: Id | None = None
    source_event_id: Id | None = None
    occurred_at_epoch: Epoch
    says: JsonObject | None = None


class ReconcileRequest(Value):
    """A question: which events of a session are kept?

    Attributes:
        root_path: Where the agent works: nothing is missing of an excluded project.
        events: All that the transcript tells of, in order.
        keep: Note the coverage of the session: the events are all that there are.
    """

    content_session_id: Id
    platform_source: Platform | None = None
    root_path: Text | None = None
    events: tuple[SeenEvent, ...] = Field(max_length=MOST_EVENTS)
    keep: bool = False


class Reconciliation(Value):
    """Which of the events are not kept, by their places in the question.

    Attributes:
        session_id: The stored session; null where there is none.
        excluded: Nothing of its project is kept, so nothing is missing.
        coverage: How much of the session is kept now.
    """

    session_id: Id | None = None
    excluded: bool = False
    missing: tuple[int, ...] = ()
    coverage: Coverage


def coverage_of(*, live: int, filled: int, missing: int, now: int) -> Coverage:
    """The coverage that these counts come to."""
    seen = live + filled + missing
    return Coverage(
        seen=seen,
        live=live,
        filled=filled,
        missing=missing,
        ratio=ratio_of(seen, missing),
        reconciled_at_epoch=now,
    )


def is_same(one: Coverage, other: Coverage) -> bool:
    """Whether two coverages differ in nothing but when they were found."""
    return one.changed(reconciled_at_epoch=other.reconciled_at_epoch) == other


def ratio_of(seen: int, missing: int) -> float:
    """The part of what was seen that is kept, to four digits; never 1 by rounding."""
    if not seen:
        return 1.0
    return int(10_000 * (seen - missing) / seen) / 10_000


def says_of(payload: JsonValue) -> JsonObject:
    """What of an event's payload tells it from others of its kind."""
    said = payload if isinstance(payload, dict) else {}
    return {key: said[key] for key in SAID if key in said}


def seen_event(heard: Heard) -> SeenEvent:
    """An event that a transcript tells of, as the question names it."""
    event = heard.event
    said: dict[str, Any] = {
        "tool_use_id": event.tool_use_id,
        "source_event_id": event.source_event_id,
        "says": None if heard.shared else says_of(event.payload),
    }
    # Thousands of these are asked about at once: what is not said takes no room.
    return SeenEvent(
        event_type=event.event_type,
        occurred_at_epoch=event.occurred_at_epoch,
        **{name: value for name, value in said.items() if value is not None},
    )
