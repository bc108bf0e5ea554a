# SPDX-License-Identifier: Apache-2.0
"""What an agent may be told while it works, at the moment when its hook reports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from claude_mem_core.domain.value import Text, Value

HookMoment = Literal["start", "prompt", "file", "failure"]
"""A session begins, the user asked something, a file is opened, a tool failed."""

LONGEST_ASKED = 20_000
"""Characters of one text of a question; more of it would find nothing better."""

Asked = Annotated[str, Field(min_length=1, max_length=LONGEST_ASKED)]


class HookQuestion(Value):
    """What could be told to an agent at this moment.

    Attributes:
        moment: What has just happened, or is about to.
        query: What the user asked for, at a prompt.
        files: The files that are opened or changed, as the agent names them.
        command: What failed.
        error: What it complained of.
        output: What it printed.
        budget: The most characters that the host hands on, all in all.
    """

    moment: HookMoment
    query: Asked | None = None
    files: tuple[Text, ...] = Field(default=(), max_length=50)
    command: Asked | None = None
    error: Asked | None = None
    output: Asked | None = None
    budget: int = Field(strict=True, ge=0)


class HookRehearsal(Value):
    """What would become of a hook's event, of which nothing was kept.

    Attributes:
        event_type: What it is called here.
        is_kept: Whether it would be kept; not, where its project is excluded.
        may_be_told: Whether its key allows that the agent is told anything.
    """

    event_type: Text
    is_kept: bool
    may_be_told: bool
