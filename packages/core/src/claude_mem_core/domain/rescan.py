# SPDX-License-Identifier: Apache-2.0
"""Looking over what is kept already, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import Field

from claude_mem_core.domain.value import Id, Text, Value
from claude_mem_core.errors import InvalidInputError

Stage = Literal["project", "sessions", "memories", "events", "jobs"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""The records of a project in the order in which they are looked over."""


class RescanQuery(Value):
    """What is to be looked over.

    Attributes:
        project_id: One project only.
        after: Where the page before ended, as it said.
        limit: At most so many records.
        dry_run: Say what would be taken out, and take nothing out.
    """

    project_id: Id | None = None
    after: Text | None = None
    limit: int = Field(default=200, ge=1, le=1000)
    dry_run: bool = False


class RescanPage(Value):
    """What became of one page.

    Attributes:
        seen: How many records of each kind were looked at.
        rewritten: How many of them hold less than before, or would.
        found: How many secrets of each family there were.
        next: Where the next page begins; None: everything was looked over.
    """

    seen: Mapping[str, int]
    rewritten: Mapping[str, int]
    found: Mapping[str, int]
    next: Text | None = None


class Place(Value):
    """Where a page begins: a project, a kind of its records, and the last one seen."""

    project_id: Id
    stage: Stage
    after: str | None = None

    def told(self) -> str:
        """The place as text, which `place_of` reads."""
        return "|".join((self.stage, self.project_id, self.after or ""))


def place_of(told: str) -> Place:
    """The place that a page said.

    Raises:
        InvalidInputError: No page said it.
    """
    stage, _, rest = told.partition("|")
    project_id, _, after = rest.rpartition("|")
    counts = stage != "jobs" or not after or after.isdecimal()
    if stage not in STAGES or not project_id or not counts:
        cure = "send the next of the page before, or leave it out"
        raise InvalidInputError.of("after", "it is the end of no page", cure)
    return Place.model_validate(
        {"project_id": project_id, "stage": stage, "after": after or None},
        by_name=True,
    )
