# SPDX-License-Identifier: Apache-2.0
"""The estimate of tokens counts what a vocabulary would cut a text into."""

from __future__ import annotations

import math
import time

import pytest
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


@pytest.mark.parametrize(("text", "pieces"), PIECES, ids=ascii)
def test_each_kind_of_piece_has_its_weight(text, pieces):
    assert estimated_tokens(text) == math.ceil(pieces * CAUTION)


def test_lines_put_together_take_what_they_take_alone():
    lines = [f"{text}\n" for text, _ in PIECES]
    whole = estimated_tokens("".join(lines))
    assert whole <= sum(map(estimated_tokens, lines))


def test_a_rough_number_is_near_and_does_not_take_longer_for_a_longer_text():
    short = "The lamp turns clockwise.\n" * 100
    long = "The lamp turns clockwise.\n" * 100_000 + "灯塔的灯" * 250_000

    assert rough_tokens(short) == estimated_tokens(short)
    start = time.process_time()
    exactly = estimated_tokens(long)
    between = time.process_time()
    roughly = rough_tokens(long)
    end = time.process_time()

    assert roughly == pytest.approx(exactly, rel=0.1)
    assert end - between < (between - start) / 4
