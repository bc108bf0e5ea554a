# SPDX-License-Identifier: Apache-2.0
"""A question's words are those that tell, identifiers whole and in parts."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.terms import (
    MAX_TERMS,
    identifier_words,
    pieces,
    search_terms,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("ManualCommitStrategy", ["manual", "commit", "strategy"]),
        ("getHTTPServer2Url", ["get", "http", "server2", "url"]),
        ("shadow_branch", ["shadow", "branch"]),
        ("__init__", []),
        ("GITHUB_TOKEN", ["github", "token"]),
        ("ÜberGröße", ["über", "größe"]),
        ("größe", []),
        ("记忆", []),
        ("plain", []),
        ("Plain", []),
        ("HTTP", []),
    ],
)
def test_an_identifier_falls_apart_where_its_words_meet(
    word: str, parts: list[str]
) -> None:
    assert pieces(word) == parts


def test_stop_words_are_left_out_and_each_word_is_asked_once() -> None:
    asked = search_terms("How does the CommitStrategy of the commit work?")

    assert asked == ("commitstrategy", "commit", "strategy", "work")


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert search_terms("to be or not to be") == ("to", "be", "or", "not")


def test_a_path_is_asked_for_by_its_parts() -> None:
    assert search_terms("cmd/entire/hooks_test.go") == (
        *("cmd", "entire", "hooks_test", "hooks", "test", "go"),
    )


def test_full_width_letters_are_the_usual_ones() -> None:
    assert search_terms("\uff21\uff22\uff23") == ("abc",)


def test_punctuation_alone_asks_for_nothing() -> None:
    assert search_terms('"*:()-^ …') == ()


def test_a_document_as_a_question_is_cut() -> None:
    assert len(search_terms(" ".join(f"word{n}" for n in range(100)))) == MAX_TERMS


@given(st.text())
def test_every_term_is_one_word_in_lower_case(question: str) -> None:
    for term in search_terms(question):
        assert term
        assert not any(letter.isspace() or letter in '"*:' for letter in term)


def test_an_index_gets_the_parts_of_identifiers_once() -> None:
    found = identifier_words("use ManualCommit here", "and manual_commit there")

    assert found == "manual commit"
