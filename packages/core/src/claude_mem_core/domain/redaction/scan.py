# SPDX-License-Identifier: Apache-2.0
"""What all rules together find in a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from claude_mem_core.domain.redaction import assignments, blocks, names, places, tokens
from claude_mem_core.domain.redaction.spans import Rule, Span, Text, joined

OWN = (Rule((), tokens.find_tokens), *blocks.RULES, *places.RULES, assignments.RULE)
"""Our rules, those that know most first."""

FAMILIES = tuple(
    sorted(tokens.FAMILIES | blocks.FAMILIES | places.FAMILIES | names.FAMILIES)
)
"""Every family that is known, by the name that stands in its mark."""


def suspects(text: Text, rules: Sequence[Rule]) -> Sequence[Rule]:
    """Those of the rules that could find something in the text."""
    asked = dict.fromkeys(word for rule in rules for word in rule.words)
    lowered = text.lowered
    present = {word for word in asked if word in lowered}
    return [
        rule
        for rule in rules
        if not present.isdisjoint(rule.words)
        or (not rule.words and any(True for _ in rule.find(text)))
    ]


def secrets(text: Text, rules: Iterable[Rule]) -> Sequence[Span]:
    """The secrets in a text, from left to right, none of which overlap."""
    return joined((span for rule in rules for span in rule.find(text)), text.text)
