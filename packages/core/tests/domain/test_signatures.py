# SPDX-License-Identifier: Apache-2.0
"""One fault has one signature, wherever and whenever it is seen."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.extraction.signatures import (
    LONGEST_SIGNATURE,
    signature,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (
            "/home/me/shop/cart.py:12:5: TypeError: no total at 0x7f3a91c2 in 0.31s",
            "C:\\work\\shop\\cart.py:99:1: TypeError: no total at 0x10 in 12ms",
        ),
        (
            "2026-01-14T11:53:39Z ERROR request 8f14e45fceea167a failed after 3 tries",
            "2025-12-01 08:00:00.123 ERROR request c9f0f895fb98ab91 failed after 12 tries",
        ),
        (
            "GET http://localhost:8080/a?b=1 gave 502 Bad Gateway",
            "GET https://shop.example/c gave 503 Bad Gateway",
        ),
        (
            "session 5df98c99-f0cb-44f1-a8dd-cca20c312193 not found",
            "session 1eab90f9-3ccd-4eec-8c8f-e310bcf6aec9 not found",
        ),
        ("\x1b[31merror\x1b[0m: no such name", "error:   no such name"),
        (
            "explain.go:357:3: error is not nil (line 351)",
            "a.go:1:1: error is not nil (line 7)",
        ),
    ],
)
def test_what_varies_from_run_to_run_is_not_in_it(here: str, there: str) -> None:
    assert signature(here) == signature(there)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TypeError: no total", "TypeError: no sum"),
        ("undefined: parseCart", "undefined: parsePrice"),
    ],
)
def test_two_faults_have_two_signatures(one: str, other: str) -> None:
    assert signature(one) != signature(other)


@given(st.text(max_size=3000))
def test_it_is_short_and_does_not_change_when_taken_again_in_another_case(
    complaint: str,
) -> None:
    made = signature(complaint)

    assert len(made) <= LONGEST_SIGNATURE
    assert made == signature(complaint)
