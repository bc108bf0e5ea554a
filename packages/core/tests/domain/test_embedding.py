# SPDX-License-Identifier: Apache-2.0
"""Which pieces of a memory get vectors, and what a question is compared without."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.embedding import (
    MOST_PASSAGES,
    PASSAGE,
    passages,
    without_names,
)
from claude_mem_core.domain.memory_item import MemoryItem


def memory(**fields: object) -> MemoryItem:
    known = {"id": "m", "project_id": "p", "kind": "manual", "type": "note"}
    return MemoryItem(**known, **fields, created_at_epoch=1, updated_at_epoch=1)


def test_a_short_memory_is_one_passage() -> None:
    item = memory(title=" A title ", narrative="It was so.", facts=("One.", "Two."))

    assert passages(item) == ["A title\nIt was so.\nOne.\nTwo."]


def test_what_has_only_concepts_has_a_passage() -> None:
    assert passages(memory(concepts=("storage", "locks"))) == ["storage locks"]


def test_a_memory_of_nothing_still_has_one_passage() -> None:
    assert passages(memory()) == [""]


def test_a_long_memory_is_cut_at_the_ends_of_lines_sentences_and_words() -> None:
    line = "word " * 90 + "end"
    by_line = passages(memory(text="\n".join([line] * 3)))
    by_sentence = passages(memory(text=f"{line}. " * 3))
    by_word = passages(memory(text="word " * 400))

    assert by_line == [line] * 3
    assert by_sentence == [f"{line}."] * 3
    assert {piece.strip("word ") for piece in by_word} == {""}
    assert all(piece.endswith("word") and len(piece) <= PASSAGE for piece in by_word)


def test_passages_together_say_what_the_memory_says() -> None:
    text = " ".join(f"Sentence number {n} stands here." for n in range(200))

    assert " ".join(passages(memory(text=text))) == text


def test_no_memory_has_more_passages_than_that() -> None:
    endless = passages(memory(text="x" * 100_000))

    assert len(endless) == MOST_PASSAGES
    assert {len(piece) for piece in endless} == {PASSAGE}


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("When did Ada meet Bob's sister?", "When did meet sister?"),
        ("what does ADA like", "what does like"),
        ("Adam met Bobby", "Adam met Bobby"),
        ("Ada? Bob!", "Ada? Bob!"),
        ("", ""),
    ],
)
def test_names_are_taken_from_a_question(question, rest) -> None:
    assert without_names(question, ["Ada", "Bob", " "]) == rest


def test_a_question_without_names_known_stays() -> None:
    assert without_names("When  did  Ada", []) == "When  did  Ada"
