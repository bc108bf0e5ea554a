# SPDX-License-Identifier: Apache-2.0
"""The index in this process finds words by their stems, and the telling ones first."""

from __future__ import annotations

from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.bm25 import Fit
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.reference.lexical import LexicalIndex


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
    terms = asked(question).tokens
    fit = Fit(index.frequencies(terms))
    scores = {
        one: fit.score(index.counts(one, terms), index.tokens(one))
        for one in index.having(terms)
    }
    return sorted(scores, key=lambda item_id: -scores[item_id])


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
