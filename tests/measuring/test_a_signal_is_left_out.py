# SPDX-License-Identifier: Apache-2.0
"""What a signal of the ranking is worth: the order that there is without it."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.ranking import SIGNALS

from benchmarks.ablation import Answer, without
from benchmarks.corpus import Found
from benchmarks.retrieval import _lines

WORDS = {"title": 1.0, "text": 2.0, "concepts": 0.0, "files": 0.0, "average": -1.0}


def answer(name: str, **signals: float) -> Answer:
    zeros = dict.fromkeys(SIGNALS, 0.0)
    return Answer(Found(name, (name,)), {**WORDS, **zeros, **signals})


ANSWERS = {
    "q": [
        answer("of then", when=5.0),
        answer("of its session", session=2.0, spread=-9.0),
        answer("of the words", text=3.0),
    ]
}
"""As a search gave them: the spread put no other order upon them."""


def orders() -> dict[str, list[str]]:
    return {name: [one.id for one in found["q"]] for name, found in without(ANSWERS)}


def test_each_signal_that_was_felt_is_left_out_once() -> None:
    assert [*orders()] == ["nothing", "session", "when", "all but the words"]


@pytest.mark.parametrize(
    ("left_out", "first", "last"),
    [
        ("nothing", "of then", "of the words"),
        ("when", "of its session", "of then"),
        ("session", "of then", "of its session"),
        ("all but the words", "of the words", "of its session"),
    ],
)
def test_the_order_is_that_of_the_other_signals(left_out, first, last) -> None:
    order = orders()[left_out]

    assert (order[0], order[-1]) == (first, last)


def test_a_table_tells_them_in_eighty_columns() -> None:
    figures = {f"{of}r@{k}": 0.5 for of in ("", "session ") for k in (1, 5, 10)}
    lines = list(_lines({"without": dict.fromkeys(orders(), figures)}))

    assert len(lines) == 2 + 4
    assert max(map(len, lines)) < 80
    assert lines[2].split() == ["nothing", *["0.5000"] * 6]
