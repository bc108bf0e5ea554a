# SPDX-License-Identifier: Apache-2.0
"""What all rules together find in a text."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.redaction import assignments, blocks, names, places, tokens
from claude_mem_core.domain.redaction.spans import Rule, Span, Text, joined

OWN = (Rule((), tokens.find_tokens), *blocks.RULES, *places.RULES, assignments.RULE)
"""Our rules, those that know most first."""

FAMILIES = tuple(
    sorted(tokens.FAMILIES | blocks.FAMILIES | places.FAMILIES | names.FAMILIES)
)
"""Every family that is known, by the name that stands in its mark."""


SHORTEST_TEXT = 6
"""Characters of the shortest text in which our rules find something: `://:a@`."""


class Rules:
    """Rules that are asked together.

    Args:
        shortest: Characters of the shortest text in which they could find something.
    """

    __slots__ = ("_rules", "_shortest", "_wordless", "_words")

    def __init__(self, rules: Sequence[Rule], *, shortest: int = 0) -> None:
        self._rules, self._shortest = rules, shortest
        self._words = tuple(
            dict.fromkeys(word for rule in rules for word in rule.words)
        )
        self._wordless = tuple(rule for rule in rules if not rule.words)

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self._rules)

    def suspects(self, whole: str) -> Rules:
        """Those of the rules that could find something in parts of the text."""
        text = Text(whole)
        found = [
            rule
            for rule in self._called(text)
            if rule.words or any(True for _ in rule.find(text))
        ]
        return Rules(found, shortest=self._shortest)

    def secrets(self, text: str) -> Sequence[Span]:
        """The secrets in a text, from left to right, none of which overlap."""
        if len(text) < self._shortest:
            return ()
        seen = Text(text)
        found = [span for rule in self._called(seen) for span in rule.find(seen)]
        return joined(found, text) if found else ()

    def _called(self, text: Text) -> Sequence[Rule]:
        """The rules of which a word stands in the text, or that have none."""
        lowered = text.lowered
        present = {word for word in self._words if word in lowered}
        if not present:
            return self._wordless
        return [
            rule
            for rule in self._rules
            if not rule.words or not present.isdisjoint(rule.words)
        ]
