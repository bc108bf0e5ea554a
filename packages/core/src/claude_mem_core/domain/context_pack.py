# SPDX-License-Identifier: Apache-2.0
"""What the next session is told: the most useful memories that fit a budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from claude_mem_core.domain.choosing import ASKED, AT_START, Budget, Reason
from claude_mem_core.domain.filters import Moment, Paths
from claude_mem_core.domain.memory_item import MemoryRecord
from claude_mem_core.domain.platform import Platform
from claude_mem_core.domain.project_named import OfProject
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.value import Epoch, Id, JsonObject, Text, Value

DEFAULT_TOKEN_BUDGET = 2_000
MOST_FILES = 50
LONGEST_OUTPUT = 20_000
"""Characters of a failed command's output: its complaint is at the end."""

Output = Annotated[str, Field(min_length=1, max_length=1_000_000)]


class ContextQuery(OfProject, Moment):
    """What a context pack is wanted for.

    Attributes:
        query: What the work is about.
        files: Of which files to tell.
        command: What failed; told with its `error` or its `output`.
        error: What it complained of.
        output: All that it printed.
        limit: At most so many memories.
        token_budget: At most so many tokens of text.
        character_budget: At most so many characters of text.
        explain: Whether to tell of each memory why it is in the pack or not.
        server_session_id: The session that is told.
    """

    query: Text | None = None
    files: Paths = Field(default=(), max_length=MOST_FILES)
    command: Text | None = None
    error: Output | None = None
    output: Output | None = None
    limit: int = Field(default=10, strict=True, ge=1, le=50)
    token_budget: int = Field(default=DEFAULT_TOKEN_BUDGET, strict=True, gt=0)
    character_budget: int | None = Field(default=None, strict=True, gt=0)
    explain: bool = Field(default=False, strict=True)
    platform_source: Platform | None = None
    server_session_id: Id | None = None

    def question(
        self, project_id: str, words: str | None = None, *, limit: int = 1
    ) -> SearchQuery:
        """What to search for, among the memories that may be told."""
        platforms = () if self.platform_source is None else (self.platform_source,)
        return SearchQuery(
            project_id=project_id,
            query=words,
            limit=limit,
            platform_source=platforms,
            as_of=self.as_of,
            known_at=self.known_at,
        )

    @property
    def budget(self) -> Budget:
        """How long the pack may be."""
        standing = AT_START if self.asks_nothing else ASKED
        return Budget(self.token_budget, self.character_budget, self.limit, standing)

    @property
    def complaint(self) -> str | None:
        """What a failed command said, its end where it said much."""
        said = self.error or self.output
        return said[-LONGEST_OUTPUT:] if said else None

    @property
    def asks_nothing(self) -> bool:
        """Whether it is for a session that only begins."""
        return not (self.query or self.files or self.command or self.complaint)


class Told(Value):
    """A memory that was considered for a pack, without its content.

    Attributes:
        score: What telling it was worth; comparable within one pack only.
        value_per_token: Its worth beyond what was told before it, for each token.
        feedback: How useful it was before, between -1 and 1; 0 is unknown.
        contradicted: The part of that which it lost by being called wrong, or by
            giving way to a newer memory.
        reason: How it was told: `whole`, `shortened` or `headline`; or why not:
            `redundant`, `over_budget`, `over_limit`.
    """

    memory_id: Id
    score: float
    value_per_token: float
    tokens: int = Field(ge=0)
    included: bool
    reason: Reason
    feedback: float = 0.0
    contradicted: float = 0.0


class PackReceipt(Value):
    """What was told, when and to whom, without any content.

    Attributes:
        id: From what was told, to whom: telling it again gives the same id.
        items: The memories told, in their order.
        told_at_epoch: When it was told last.
        times: How often it was told.
    """

    id: Id
    project_id: Id
    server_session_id: Id | None = None
    token_budget: int = Field(gt=0)
    character_budget: int | None = Field(default=None, gt=0)
    tokens: int = Field(ge=0)
    characters: int = Field(ge=0)
    items: tuple[Told, ...]
    told_at_epoch: Epoch
    times: int = Field(default=1, ge=1)


class ContextPack(Value):
    """Memories within a budget, best first, and the text made from them.

    Attributes:
        id: The receipt's; None where nothing is told.
        token_budget: The limit asked for; null means none.
        context: The text to hand to the agent; empty when nothing fits.
        tokens: The estimated size of `context`, never above the budget.
        explanation: What became of each memory considered, when asked for.
    """

    id: Id | None = None
    project_id: Id
    server_session_id: Id | None = None
    generated_at_epoch: Epoch
    token_budget: int | None = Field(default=None, gt=0)
    character_budget: int | None = Field(default=None, gt=0)
    items: tuple[MemoryRecord, ...] = ()
    context: str = ""
    tokens: int = Field(default=0, ge=0)
    explanation: tuple[Told, ...] = ()
    metadata: JsonObject = Field(default_factory=dict)
