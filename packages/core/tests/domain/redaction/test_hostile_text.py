# SPDX-License-Identifier: Apache-2.0
"""What is made to be slow to look over is looked over at a price that is bounded.

Both prices are ratios of the time of this thread: to a shorter text of the same kind,
and to ordinary text of the same length.
"""

from __future__ import annotations

import random
import time

import pytest
from claude_mem_core.domain.redaction.redactor import Redactor

from benchmarks import hostile

REDACTOR = Redactor()
TIMES = 8
SHORT = hostile.inputs(4 * 1024)
LONG = hostile.inputs(TIMES * 4 * 1024)
TRIES = 5
"""A busy machine makes a ratio worse now and then; never better each time."""


def _cost(value: object) -> float:
    began = time.thread_time()
    REDACTOR.json(value)  # type: ignore[arg-type]
    return time.thread_time() - began


def _ordinary(size: int) -> str:
    words = [
        "the",
        "server",
        "keeps",
        "every",
        "event",
        "=",
        ":",
        "+",
        "def",
        "turn(self)",
        "[0]",
        "17",
        "/home/me/a.py",
    ]
    return " ".join(random.Random(1).choices(words, k=size))[:size]


@pytest.mark.parametrize("name", SHORT)
def test_eight_times_as_much_takes_about_eight_times_as_long(name: str) -> None:
    # What is quadratic takes 64 times as long.
    ratios = (_cost(LONG[name]) / _cost(SHORT[name]) for _ in range(TRIES))

    assert any(ratio < 3 * TIMES for ratio in ratios)


@pytest.mark.parametrize("name", LONG)
def test_it_costs_at_most_a_hundred_times_what_ordinary_text_costs(name: str) -> None:
    ordinary = {"text": _ordinary(TIMES * 4 * 1024)}
    ratios = (_cost(LONG[name]) / _cost(ordinary) for _ in range(TRIES))

    assert any(ratio < 100 for ratio in ratios)
