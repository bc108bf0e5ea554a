# SPDX-License-Identifier: Apache-2.0
"""What the words of a question find, and where nothing has one, the parts of words."""

from __future__ import annotations

from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.analysis import Question
from claude_mem_core.domain.bm25 import Frequencies
from claude_mem_core.domain.filters import MemoryFilter
from claude_mem_core.domain.parts import MOST_WORDS, halved, parts_of, with_parts
from claude_mem_core.domain.search import Matches, TermQuery
from claude_mem_core.ports.storage import Snapshot

POOL = 100
"""Candidates that are ranked for an answer: enough for a session's memories to
support each other, few enough to take no time."""

POOL_OF_TALK = 200
"""The same where there is talk: what was said around a turn speaks for it as much as
its own words, so that a turn far down in the order of those may be the answer."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked for, and what was found.

    Attributes:
        question: The question as it was asked in the end.
        query: The same as a store understands it.
        matches: What the store found.
        frequencies: What the terms tell; of those that were guessed half as much.
    """

    question: Question
    query: TermQuery
    matches: Matches
    frequencies: Frequencies


def looked_up(
    snapshot: Snapshot, question: Question, wanted: MemoryFilter, *, by: Principal
) -> Looked:
    """What shares a word with a question; a word that nothing has may be a part of one.

    Args:
        snapshot: The records.
        question: It has a word.
        wanted: The filter.
        by: Who asks.
    """
    memories, scope = snapshot.memories, by.scope
    query = TermQuery(
        terms=question.tokens, wanted=wanted, limit=POOL, limit_of_talk=POOL_OF_TALK
    )
    matches = memories.search(query, scope=scope)
    found = {
        part: memories.words_with(
            part, wanted.project_ids, scope=scope, limit=MOST_WORDS
        )
        for part in parts_of(question, matches.frequencies)
    }
    guessed = {word for words in found.values() for word in words}
    if not guessed:
        return Looked(question, query, matches, matches.frequencies)
    wider = with_parts(question, found)
    query = query.changed(terms=wider.tokens)
    matches = memories.search(query, scope=scope)
    own = guessed - set(question.tokens)
    told = halved(matches.frequencies, query.terms, own)
    return Looked(wider, query, matches, told)
