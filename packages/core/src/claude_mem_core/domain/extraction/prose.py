# SPDX-License-Identifier: Apache-2.0
"""Plain statements out of what people and agents write, and the telling among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from claude_mem_core.domain.terms import content_words

ELLIPSIS = "…"
LEAST_WORDS = 3
"""With fewer words of its own a statement is a nod: "Done.", "All clean."."""

RICH_WORDS = 5
"""A heading ("Revised plan", "Edge cases to flag") has fewer."""

LONGEST_STATEMENT = 320
"""Characters; what is longer is a list or a log without line ends."""

LEAST_NEW_WORDS = 2
"""A statement with fewer repeats what is known."""

LAST_WORD = 1.5
"""What a word of the conclusion is worth beside one said on the way; set by hand."""

_FENCE = re.compile(r"\s*(?:```|~~~)")
_RULE = re.compile(r"[\s|:*_=+-]*")
_MARKERS = re.compile(r"(?:(?:#+|>+|[-*+•]|\d{1,3}[.)]|\[[ xX]\])\s++)*")
_EMPHASIS = re.compile(r"\*\*")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\n]*\)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\sa-z])")
# What an agent says before it acts: that it acted is seen in its tool calls.
_INTENTION = re.compile(
    r"(?:(?:now|next|first|ok|okay|perfect|great|good|also|then|so|and)[,.:! -]+)*"
    r"(?:let me|let's|let us|i'll|i will|i'm going to|i need to|i should|i can(?! see)"
    r"|i want to|we need to)\b",
    re.IGNORECASE,
)
# Agreement, praise and the all-clear, unless more is said with them.
_NOD = re.compile(
    r"(?:you're|you are|good|great|perfect|excellent|here's|here is|here are|all|both"
    r"|tests?|lint\w*|everything|yes|no|sure|got it|done|sorry)\b",
    re.IGNORECASE,
)
LONGEST_NOD = 6
"""Words of its own that a nod has at most."""


def statements(text: str) -> Iterator[str]:
    """The sentences, list items and table rows of a markdown text, without its code."""
    for line in _lines_outside_code(text):
        bare = _LINK.sub(r"\1", _EMPHASIS.sub("", _MARKERS.sub("", line.strip(), 1)))
        if bare.startswith("|"):
            yield ", ".join(cell.strip() for cell in bare.strip("|").split("|"))
        elif bare:
            yield from _SENTENCE_END.split(bare)


def telling(text: str) -> list[str]:
    """The statements that say something about the work: no nods, plans, questions."""
    return [
        clipped(statement, LONGEST_STATEMENT)
        for statement in statements(text)
        if not statement.endswith("?")
        and not _INTENTION.match(statement)
        and is_substantial(statement)
        and not _is_nod(statement)
    ]


def is_substantial(statement: str) -> bool:
    """Whether a statement has enough words of its own to stand alone."""
    return len(content_words(statement)) >= LEAST_WORDS


def opening(said: Sequence[str]) -> str:
    """The first statement that is more than a heading; else the first of all."""
    rich = (each for each in said if len(content_words(each)) >= RICH_WORDS)
    return next(rich, next(iter(said), ""))


def most_telling(
    concluded: Sequence[str], on_the_way: Sequence[str], *, known: str, budget: int
) -> list[str]:
    """The statements with the most new words for their length, in their own order.

    Args:
        concluded: What was said last: it counts for more, an agent ends with what
            came of its work.
        on_the_way: What was said before.
        known: What the reader has read already; its words are not new.
        budget: Characters that the statements may take together.
    """
    said = [*concluded, *on_the_way]
    weights = [LAST_WORD] * len(concluded) + [1.0] * len(on_the_way)
    left = {at: set(content_words(each)) for at, each in enumerate(said)}
    seen = set(content_words(known))
    chosen: list[int] = []
    while left:
        left = {
            at: new
            for at, words in left.items()
            if len(said[at]) <= budget and len(new := words - seen) >= LEAST_NEW_WORDS
        }
        if left:
            best = _best(left, said, weights)
            seen |= left.pop(best)
            budget -= len(said[best]) + 1
            chosen.append(best)
    return [said[at] for at in sorted(chosen)]


def clipped(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, a cut marked as such.

    It is cut after a sentence where that keeps half of it, else after a word.
    """
    plain = " ".join(text.split())
    if len(plain) <= limit:
        return plain
    head = plain[: limit - len(ELLIPSIS)]
    ends = [match.start() for match in _SENTENCE_END.finditer(head)]
    places = (ends[-1] if ends else -1, head.rfind(" "))
    cut = next((at for at in places if at >= limit // 2), len(head))
    return head[:cut].rstrip(" ,;:") + ELLIPSIS


def clipped_words(text: str, limit: int) -> str:
    """The text in at most `limit` words, a cut marked as such."""
    parts = text.split()
    kept = " ".join(parts[:limit])
    return kept if len(parts) <= limit else kept.rstrip(".,;:") + ELLIPSIS


def within(parts: Iterable[str], budget: int) -> list[str]:
    """As many of the first parts as `budget` characters hold."""
    kept: list[str] = []
    for part in parts:
        budget -= len(part) + 1
        if budget < 0:
            break
        kept.append(part)
    return kept


def _is_nod(statement: str) -> bool:
    words = content_words(statement)
    return len(words) <= LONGEST_NOD and bool(_NOD.match(statement))


def _best(
    left: Mapping[int, set[str]], said: Sequence[str], weights: Sequence[float]
) -> int:
    """The place of the statement that says most for its length, the earlier first."""
    # The 40 keeps a heading of three rare words from beating every real sentence.
    return max(left, key=lambda at: weights[at] * len(left[at]) / (len(said[at]) + 40))


def _lines_outside_code(text: str) -> Iterator[str]:
    in_code = False
    for line in text.splitlines():
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code and not _RULE.fullmatch(line):
            yield line
