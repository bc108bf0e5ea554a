# SPDX-License-Identifier: Apache-2.0
"""BM25 over fields: its formula, its parts, and what makes it grow."""

from __future__ import annotations

import math

import pytest
from claude_mem_core.domain.bm25 import K1, B, Fit, Frequencies, occurrences, weighed
from hypothesis import given
from hypothesis import strategies as st

FREQUENCIES = Frequencies(memories=100, tokens=2_000, having=(3, 40))


def counts(title=(0, 0), text=(0, 0), concepts=(0, 0), files=(0, 0)):
    return (title, text, concepts, files)


def test_the_score_is_that_of_the_formula() -> None:
    rarity = math.log(1 + (100 - 3 + 0.5) / (3 + 0.5))
    damp = K1 * (1 - B + B * 30 / 20)
    expected = rarity * 2 * (K1 + 1) / (2 + damp)

    assert Fit(FREQUENCIES).score(counts(text=(2, 0)), 30) == pytest.approx(expected)


def test_the_rarer_the_oftener_and_the_shorter_the_better() -> None:
    fit = Fit(FREQUENCIES)
    rare, common = counts(text=(1, 0)), counts(text=(0, 1))

    assert fit.score(rare, 20) > fit.score(common, 20)
    assert fit.score(counts(text=(2, 0)), 20) > fit.score(rare, 20)
    assert fit.score(rare, 10) > fit.score(rare, 20)
    assert fit.score(rare, 20) > fit.score(counts(concepts=(1, 0)), 20)
    assert fit.score(counts(), 20) == 0


def test_a_word_that_all_have_still_counts() -> None:
    everywhere = Fit(Frequencies(memories=5, tokens=50, having=(5,)))

    assert everywhere.score(((1,), (0,), (0,), (0,)), 10) > 0


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=4)
)
def test_the_fields_shares_add_up_to_the_score(fields) -> None:
    fit, told = Fit(FREQUENCIES), tuple(fields)

    shares = fit.by_field(told, 20)

    assert math.fsum(shares) == pytest.approx(fit.score(told, 20))
    assert all((share > 0) == any(own) for share, own in zip(shares, told, strict=True))


def test_what_several_projects_have_is_added_up() -> None:
    both = FREQUENCIES + Frequencies(memories=1, tokens=9, having=(0, 1))

    assert both == Frequencies(memories=101, tokens=2_009, having=(3, 41))


def test_nothing_to_search_has_a_usual_length() -> None:
    assert Frequencies(0, 0, ()).usual_length == 1


def test_occurrences_are_counted_in_each_field() -> None:
    fields = (["lamp", "tower", "lamp"], ["lamps"])

    assert occurrences(fields, ("lamp", "tower")) == ((2, 1), (0, 0))
    assert weighed(counts(title=(1, 0), concepts=(1, 2))) == [1.5, 1.0]
