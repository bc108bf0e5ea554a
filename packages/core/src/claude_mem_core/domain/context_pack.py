# SPDX-License-Identifier: Apache-2.0
"""What the next session is told: the best memories that fit a budget."""

from __future__ import annotations

from pydantic import Field

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.project_named import OfProject
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Text, Value

DEFAULT_TOKEN_BUDGET = 2_000


class ContextQuery(OfProject):
    """What a context pack is wanted for.

    Attributes:
        query: What the work is about; without it the newest memories are packed.
        limit: At most so many memories.
        token_budget: At most so many tokens of text.
    """

    query: Text | None = None
    limit: int = Field(default=10, strict=True, ge=1, le=50)
    token_budget: int = Field(default=DEFAULT_TOKEN_BUDGET, strict=True, gt=0)
    platform_source: Platform | None = None
    server_session_id: Id | None = None


class ContextPack(Value):
    """Memories within a token budget, best first, and the text made from them.

    Attributes:
        token_budget: The limit asked for; null means none.
        context: The text to hand to the agent; empty when nothing fits.
        tokens: The estimated size of `context`, never above the budget.
    """

    project_id: Id
    server_session_id: Id | None = None
    generated_at_epoch: Epoch
    token_budget: int | None = Field(default=None, gt=0)
    items: tuple[MemoryItem, ...] = ()
    context: str = ""
    tokens: int = Field(default=0, ge=0)
    metadata: JsonObject = Field(default_factory=dict)
