# SPDX-License-Identifier: Apache-2.0
"""The index in this process finds words by their stems, and the telling ones first."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.terms import search_terms
from claude_mem_core.reference.lexical import LexicalIndex
from claude_mem_core.reference.stemmer import stem


def memory(name: str, text: str, **fields: object) -> MemoryItem:
    given = {
        "id": name,
        "project_id": "p",
        "kind": "observation",
        "type": "change",
        "text": text,
        "created_at_epoch": 1,
        "updated_at_epoch": 1,
    }
    return MemoryItem.model_validate({**given, **fields})


def found(index: LexicalIndex, question: str) -> list[str]:
    scores = index.search(search_terms(question))
    return sorted(scores, key=lambda item_id: -scores[item_id])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("motoring", "motor"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("conformably", "conform"),
        ("electricity", "electr"),
        ("hopefulness", "hope"),
        ("replacement", "replac"),
        ("adoption", "adopt"),
        ("probate", "probat"),
        ("rate", "rate"),
        ("controlling", "control"),
        ("sha256", "sha256"),
        ("größe", "größe"),
    ],
)
def test_a_word_has_the_stem_of_porters_paper(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_a_word_finds_its_forms_whatever_the_case_and_accents() -> None:
    index = LexicalIndex([memory("a", "Migrated the CAFÉ branches")])

    assert found(index, "migrating") == ["a"]
    assert found(index, "cafe branch") == ["a"]


def test_an_identifier_finds_itself_and_is_found_by_its_words() -> None:
    index = LexicalIndex(
        [memory("a", "uses ManualCommitStrategy"), memory("b", "nothing of the kind")]
    )

    assert found(index, "ManualCommitStrategy") == ["a"]
    assert found(index, "manual commit") == ["a"]


def test_the_rarer_word_counts_for_more() -> None:
    common = [memory(f"c{n}", "session session start") for n in range(9)]
    index = LexicalIndex([*common, memory("a", "rebase in a session")])

    assert found(index, "session rebase")[0] == "a"


def test_files_facts_and_concepts_are_found_too() -> None:
    index = LexicalIndex(
        [memory("a", "x", files_modified=["src/parser.go"], facts=["ran lint"])]
    )

    assert found(index, "parser") == found(index, "lint") == ["a"]


def test_what_was_removed_or_replaced_is_found_by_its_old_words_no_longer() -> None:
    index = LexicalIndex([memory("a", "old words"), memory("b", "old tale")])
    index.add(memory("a", "new words"))
    index.remove("b")
    index.remove("never there")

    assert found(index, "old tale") == []
    assert found(index, "new") == ["a"]


def test_an_empty_index_finds_nothing() -> None:
    assert found(LexicalIndex(), "anything") == []
