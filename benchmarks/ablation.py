# SPDX-License-Identifier: Apache-2.0
"""What each signal of the ranking is worth, by leaving it out of what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from claude_mem_core.domain.ranking import SIGNALS

from benchmarks.corpus import Found

SPREAD = "spread"
"""What a memory gives up to those of other sessions: it depends on the order, and moves
no session's best, so that it is left out of every order here."""


class Answer(NamedTuple):
    """An answer, and what each signal added to its score."""

    found: Found
    parts: Mapping[str, float]


def without(
    answers: Mapping[str, Sequence[Answer]],
) -> Iterator[tuple[str, Mapping[str, Sequence[Found]]]]:
    """What each query would find without a signal, by the signal's name.

    The first has all of them, the last nothing but the words.

    Args:
        answers: What each query found, best first.
    """
    every = [one for own in answers.values() for one in own]
    felt = [name for name in SIGNALS if any(one.parts[name] for one in every)]
    for name in ("nothing", *felt):
        if name != SPREAD:
            yield name, _ordered(answers, {name, SPREAD})
    yield "all but the words", _ordered(answers, {*SIGNALS})


def _ordered(
    answers: Mapping[str, Sequence[Answer]], left_out: set[str]
) -> Mapping[str, Sequence[Found]]:
    def score(one: Answer) -> float:
        return sum(part for name, part in one.parts.items() if name not in left_out)

    # A sort keeps the order of what is alike: that of the answer.
    return {
        query: [one.found for one in sorted(own, key=score, reverse=True)]
        for query, own in answers.items()
    }
