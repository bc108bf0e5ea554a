# SPDX-License-Identifier: Apache-2.0
"""The estimate of tokens counts what a vocabulary would cut a text into."""

from __future__ import annotations

import math

import pytest
from claude_mem_core.domain import tokens
from claude_mem_core.domain.tokens import CAUTION, estimated_tokens, rough_tokens

PIECES = [
    ("", 0),
    ("lamp", 1),
    ("lampen", 1),
    ("lampenh", 2),
    ("internationalisation", 6),
    ("getUserName", 3),
    ("HTTPServer", 2),
    ("two words", 2),
    ("two  words", 3),
    ("a\n\n\tb", 3),
    (" \n ", 1),
    ("12345", 3),
    ("v1.25", 4),
    ("a_b-c", 5),
    ("été", 3),
    ("日本語", 3),
    ("한국", 4),
    ("😀", 3),
    ("ok 😀\u20031", 6),
]

LONG = "The lamp turns clockwise.\n" * 10_000 + "灯塔的灯" * 25_000
"""Its first part takes few tokens a sign, its second many."""


@pytest.mark.parametrize(("text", "pieces"), PIECES, ids=ascii)
def test_each_kind_of_piece_has_its_weight(text, pieces):
    assert estimated_tokens(text) == math.ceil(pieces * CAUTION)


def test_lines_put_together_take_what_they_take_alone():
    lines = [f"{text}\n" for text, _ in PIECES]
    whole = estimated_tokens("".join(lines))
    assert whole <= sum(map(estimated_tokens, lines))


def test_a_rough_number_is_near_and_that_of_a_short_text_exact():
    short = "The lamp turns clockwise.\n" * 100

    assert rough_tokens(short) == estimated_tokens(short)
    assert rough_tokens(LONG) == pytest.approx(estimated_tokens(LONG), rel=0.1)


@pytest.mark.parametrize("times", [1, 10])
def test_a_rough_number_looks_at_no_more_of_a_longer_text(times, monkeypatch):
    looked_at = []

    def seen(text):
        looked_at.append(len(text))
        return estimated_tokens(text)

    monkeypatch.setattr(tokens, "estimated_tokens", seen)
    rough_tokens(LONG * times)

    assert 0 < sum(looked_at) <= tokens.PIECES * tokens.PIECE < len(LONG)
