# SPDX-License-Identifier: Apache-2.0
"""Past events shown to a generator again: what is asked for, and what is different."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.tokens import estimated_tokens
from claude_mem_core.domain.value import Id, Name, Text, Value

_CONTENT = (
    *("type", "title", "subtitle", "text", "narrative"),
    *("facts", "concepts", "files_read", "files_modified"),
)


class ReplayRequest(Value):
    """Which generator is to look at a project's past again.

    Attributes:
        generator: Its name; the server's own when it is left out.
        dry_run: Compare only, and write nothing.
        after: The session to go on after, as the page before says in `next`.
    """

    generator: Name | None = None
    dry_run: bool = True
    after: Id | None = None


class Gist(Value):
    """A memory in short.

    Attributes:
        tokens: Estimated, of all its texts.
    """

    type: Name
    title: Text
    tokens: int = Field(ge=0)


class Difference(Value):
    """A turn, or the summary of a session, that comes out otherwise.

    Attributes:
        turn: The turn's number; None for the session's summary.
        before: What is stored of it.
        after: What the generator makes of it now.
    """

    session_id: Id
    turn: int | None
    before: tuple[Gist, ...]
    after: tuple[Gist, ...]


class Refusal(Value):
    """A turn, or a summary, that the generator failed at; what is stored stays."""

    session_id: Id
    turn: int | None
    message: Text


class ReplayPage(Value):
    """Some of a project's sessions, looked at again.

    Attributes:
        dry_run: Whether nothing was written.
        compared: Turns and summaries that were made again.
        same: Those of them that came out word for word.
        next: The session to go on after; None when all were seen.
    """

    generator: Name
    dry_run: bool
    sessions: int
    compared: int
    same: int
    differences: tuple[Difference, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    next: Id | None = None


def gists(items: Sequence[MemoryItem]) -> tuple[Gist, ...]:
    """The memories in short, in order."""
    return tuple(_gist(item) for item in items)


def is_same(before: Sequence[MemoryItem], after: Sequence[MemoryItem]) -> bool:
    """Whether these memories say the same, word for word."""
    return [_content(item) for item in before] == [_content(item) for item in after]


def _gist(item: MemoryItem) -> Gist:
    prose = (item.title, item.subtitle, item.text, item.narrative)
    told = "\n".join(filter(None, (*prose, *item.facts)))
    title = next(filter(None, (*prose, *item.facts)), item.type)
    return Gist(type=item.type, title=title, tokens=estimated_tokens(told))


def _content(item: MemoryItem) -> tuple[object, ...]:
    return tuple(getattr(item, name) for name in _CONTENT)
