# SPDX-License-Identifier: Apache-2.0
"""Confidence grows with what answers have in common with the question."""

from __future__ import annotations

from dataclasses import replace

import pytest
from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.bm25 import Frequencies, Occurrences
from claude_mem_core.domain.confidence import (
    NO_EVIDENCE,
    Evidence,
    confidence,
    evidence_of,
)
from claude_mem_core.domain.ranking import Ranked
from hypothesis import given
from hypothesis import strategies as st

QUESTION = asked("the lamp and the tower keeper")
FREQUENCIES = Frequencies(memories=100, tokens=2_000, having=(1, 40, 0))


def answer(name: str, *told: int) -> Ranked:
    counts: Occurrences = ((0, 0, 0), told, (0, 0, 0), (0, 0, 0))
    return Ranked(name, 1.0, {}, counts)


def evidence(*best: Ranked, **cosines: float) -> Evidence:
    return evidence_of(QUESTION, FREQUENCIES, best, cosines)


def test_what_all_words_of_the_question_stand_in_covers_it_whole() -> None:
    assert evidence(answer("a", 1, 2, 1)).covered == pytest.approx(1)
    assert evidence(answer("a", 1, 0, 0), answer("b", 0, 1, 1)).covered == (
        pytest.approx(1)
    )


def test_a_rare_word_covers_more_than_a_common_one() -> None:
    rare, common = evidence(answer("a", 1, 0, 0)), evidence(answer("a", 0, 1, 0))

    assert rare.covered > common.covered > 0
    assert rare.weight > common.weight > 0
    assert confidence(rare) > confidence(common)


def test_only_the_best_few_count() -> None:
    best = [answer(f"n{n}", 0, 1, 0) for n in range(5)]

    assert evidence(*best, answer("late", 1, 1, 1)) == evidence(*best)


def test_few_memories_make_no_word_common() -> None:
    two = Frequencies(memories=2, tokens=40, having=(2, 0, 0))
    found = evidence_of(QUESTION, two, [answer("a", 1, 0, 0)], {})

    assert confidence(found) > 0.02


def test_an_answer_of_a_named_time_answers_a_question_of_few_other_words() -> None:
    def told(words: str, *, is_of_then: bool) -> float:
        counts: Occurrences = ((0,), (0,), (0,), (0,))
        best = Ranked("a", 1.0, {"when": float(is_of_then)}, counts)
        having = Frequencies(memories=100, tokens=2_000, having=(40,))
        question = asked(words)
        many = replace(having, having=tuple(3 for _ in question.tokens))
        one = replace(best, counts=tuple((0,) * len(question.tokens) for _ in range(4)))
        frequencies = having if len(question.tokens) == 1 else many
        return confidence(evidence_of(question, frequencies, [one], {}))

    assert told("Sam", is_of_then=True) > 0.02 > told("Sam", is_of_then=False)
    assert told("lamp tower keeper", is_of_then=True) < 0.02


def test_nothing_found_is_nothing_known() -> None:
    assert evidence() == NO_EVIDENCE
    assert confidence(NO_EVIDENCE) < 0.01


def test_what_is_alike_speaks_for_an_answer_without_the_words() -> None:
    near = evidence(answer("a", 0, 0, 0), a=0.8)
    far = evidence(answer("a", 0, 0, 0), a=0.1)

    assert (near.alike, evidence(answer("a", 0, 0, 0)).alike) == (0.8, None)
    assert confidence(near) > confidence(far)


@given(st.floats(0, 1), st.floats(0, 5), st.none() | st.floats(-1, 1))
def test_it_is_a_probability_that_grows_with_the_evidence(
    covered: float, weight: float, alike: float | None
) -> None:
    told = confidence(Evidence(covered, weight, alike))

    assert 0 < told < 1
    assert confidence(Evidence(covered, weight + 0.1, alike)) > told
