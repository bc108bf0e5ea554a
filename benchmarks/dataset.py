# SPDX-License-Identifier: Apache-2.0
"""What a benchmark searches and asks, and what would be right, of whatever format.

What is odd about a set and can be measured all the same becomes a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from claude_mem_core.errors import InvalidInputError

UNSORTED = "none"
"""The category of a query that names none."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the benchmark.

    Attributes:
        conv: The haystack that it searches.
        abstains: No memory answers it.
        asked_at: When it was asked, in milliseconds, where the set tells.
    """

    id: str
    conv: str
    text: str
    category: str
    abstains: bool = False
    asked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What is kept as one memory.

    Attributes:
        conv: The haystack that it is in.
        speaker: Who said it, where the set tells.
        concept: What it is filed under.
        at: When, in milliseconds, where the set tells.
    """

    id: str
    conv: str
    session: str
    text: str
    speaker: str | None = None
    concept: str | None = None
    at: int | None = None


@dataclass(slots=True)
class Dataset:
    """What is searched, what is asked, and what would be right.

    Attributes:
        right: The right turns of a query; empty where only sessions are judged.
        right_sessions: Its right sessions.
        notes: What is odd about it, and how it is measured all the same.
    """

    turns: list[Turn] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    right: dict[str, set[str]] = field(default_factory=dict)
    right_sessions: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def remark(found: Dataset, known: Mapping[str, set[str]], what: str) -> None:
    """Note right answers that are nowhere: nothing finds them, and each is a miss.

    Args:
        found: What was read.
        known: The names of what can be found, by haystack.
        what: What is named: `memories`, or `sessions`.
    """
    right = found.right if what == "memories" else found.right_sessions
    convs = {query.id: query.conv for query in found.queries if not query.abstains}
    nowhere = sum(
        len(ids - known.get(convs[query], set()))
        for query, ids in right.items()
        if query in convs
    )
    if nowhere:
        found.notes.append(
            f"right {what} that are not there, and never found: {nowhere}"
        )


def require_judged(found: Dataset) -> None:
    """Note the queries that nothing is right for.

    Raises:
        InvalidInputError: There are no others: there is nothing to measure.
    """
    asked = [one for one in found.queries if not one.abstains]
    right = (found.right, found.right_sessions)
    left = sum(not any(one.get(query.id) for one in right) for query in asked)
    if left == len(asked):
        cause = "no query has a right answer: there is nothing to measure"
        cure = "judge queries that do not abstain"
        raise InvalidInputError.of("the queries", cause, cure)
    if left:
        found.notes.append(f"queries without a right answer, left out: {left}")


def by_conv(named: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    """Names by the haystack in which they are."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for conv, name in named:
        found[conv].add(name)
    return found
