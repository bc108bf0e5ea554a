# SPDX-License-Identifier: Apache-2.0
"""A title ends where what was said ends, or says that it goes on."""

from __future__ import annotations

import time

import pytest
from claude_mem_core.domain.extraction.markdown import Statement, statements
from claude_mem_core.domain.extraction.places import Passage
from claude_mem_core.domain.extraction.titles import is_clear, request_title


def first(text: str) -> Statement:
    return next(statements(Passage("e", "$.prompt", text)))


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        (
            'Rename "Are you sure? Yes" to "OK".',
            'Rename "Are you sure? Yes" to "OK"',
        ),
        (
            "Replace `s[:n] + '...' }` with a call. Then test it.",
            "Replace `s[:n] + '...' }` with a call",
        ),
        (
            "Show “Saved. Go on?” in place of the dialog. Nothing else.",
            "Show “Saved. Go on?” in place of the dialog",
        ),
        ('He wrote "Stop." Then change it.', 'He wrote "Stop."'),
        ('Use the 7" screen. Then test it.', 'Use the 7" screen'),
        ('Sort by "name. Then test it.', 'Sort by "name…'),
    ],
)
def test_a_sentence_does_not_end_within_a_quotation(asked: str, title: str) -> None:
    assert request_title(first(asked)).text == title


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ('Wrap the prompt in "', "Wrap the prompt in…"),
        ("Wrap the prompt of the dialog in “ ", "Wrap the prompt of the dialog in…"),
        (
            'We end up in the state "the branch has checkpoints\nof others"',
            'We end up in the state "the branch has checkpoints…',
        ),
        (f'Rename "{"word " * 60}', None),
    ],
)
def test_a_title_that_ends_within_a_quotation_says_that_it_goes_on(
    asked: str, title: str | None
) -> None:
    statement = first(asked)

    told = request_title(statement).text

    assert told.endswith("…")
    assert told == (title or told)
    assert not is_clear(statement)


def test_a_long_line_of_opened_quotations_is_read_in_time() -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        list(statements(Passage("e", "$.prompt", 'A "b. C "d. ' * count)))
        return time.process_time() - start

    few, many = (min(seconds(count) for _ in range(3)) for count in (33, 330))

    # Ten times as many take ten times as long; were it cubic, a thousand times.
    assert many < 80 * few
