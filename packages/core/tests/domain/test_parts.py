# SPDX-License-Identifier: Apache-2.0
"""Which words of a question are looked for inside of longer ones."""

from __future__ import annotations

from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.bm25 import Frequencies
from claude_mem_core.domain.parts import LONGEST, is_looked_into, parts_of


def parts(text: str) -> list[str]:
    """The parts of a question of which nothing has any word."""
    question = asked(text)
    none = tuple(0 for _ in question.tokens)
    return list(parts_of(question, Frequencies(memories=9, tokens=99, having=none)))


def test_only_what_a_longer_word_can_contain_is_looked_for() -> None:
    longest = "z1" * (LONGEST // 2)
    assert is_looked_into(longest)

    assert parts(f"{longest[:-1]} uthent") == [longest[:-1], "uthent"]
    assert parts(f"{longest} uthent") == ["uthent"]
    assert parts("z1" * 32_000) == []
    assert parts("abc") == []
