# SPDX-License-Identifier: Apache-2.0
"""Which statements say something: not the nods, the plans and the narration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from claude_mem_core.domain.extraction.markdown import Form, Statement, statements
from claude_mem_core.domain.extraction.places import COLON_ENDS, QUESTION_ENDS, Passage
from claude_mem_core.domain.extraction.wording import ELLIPSIS
from claude_mem_core.domain.terms import content_words

LEAST_WORDS = 3
"""With fewer words of its own a statement is a nod: "Done.", "All clean."."""

LONGEST_STATEMENT = 320
"""Characters; what is longer is a list or a log without line ends."""

LEAST_NEW_WORDS = 2
"""A statement with fewer repeats what is known."""

LAST_WORD = 1.5
"""What a word of the conclusion is worth beside one said on the way; set by hand."""

_WEIGHTS = {Form.ITEM: 0.85, Form.CELL: 0.5, Form.QUOTE: 0.5}
"""A sentence needs nothing around it; an item needs its list, a row its table."""

CHARACTERS_PER_WORD = 2
"""Of Chinese and Japanese, which put no spaces between words."""

# What an agent says before it acts: that it acted is seen in its tool calls.
_INTENTION = re.compile(
    r"(?:(?:now|next|first|ok|okay|perfect|great|good|also|then|so|and|yes|sure|right"
    r"|excellent|finally|actually|hmm|wait|let's see)[,.:! -]+)*"
    r"(?:let me|let's|let us|i'll|i will|i'm going to|i am going to|i need to|i should"
    r"|i can(?! see)|i want to|we need to|i'm (?:now )?\w+ing|now i |now to |time to"
    r"|i have (?:a clear|all|enough)|i (?:now )?(?:see|understand|have)\b(?! that)"
    r"|looking at|checking|running|reading|searching|the next step|next, "
    r"|starting (?:with|by)|based on (?:the|our) conversation"
    r"|now (?:update|remove|fix|add|replace|change|rename|delete|create|move|wire|make"
    r"|implement|write|run|check|verify|handle|extract|use|the \w+ (?:file"
    r"|test)s?:)\b)",
    re.IGNORECASE,
)
# What it is about to change, which its edits then do without a word.
_PLANNED = re.compile(
    r"(?:(?:now|next|first|ok|okay|perfect|great|good|also|then|so|and|yes|right"
    r"|finally)[,.:! -]+)*"
    r"(?:(?:let me|let's|i'll|i will|i'm going to|i need to|we need to)"
    r"(?: (?:now|also|just|first|then))*\s+)?"
    r"(?:add|modify|update|fix|remove|replace|rename|move|extract|change|make|create"
    r"|implement|refactor|introduce|handle|use|write|convert|simplify|skip|track|store"
    r"|return|support|wire|split|drop|revert|adjust|ensure|wrap|inline)\b",
    re.IGNORECASE,
)
LEAST_PLANNED = 5
"""Words of its own with which a plan says what is changed."""

# Agreement, praise and the all-clear, unless more is said with them.
_NOD = re.compile(
    r"(?:ah|oh|wow|the file|you're|you are|good|great|perfect|excellent|here's|here is"
    r"|here are|all|both"
    r"|tests?|lint\w*|everything|yes|no|sure|got it|done|sorry|build|no issues|found it"
    r"|the (?:build|tests?|linter|code|fix|output)|committed|pushed|no response"
    r"|api error|understood|of course|happy to|glad|thanks|welcome|ha|haha|good"
    r"|file looks|looks (?:good|correct|right)|interesting|nice|makes sense)\b",
    re.IGNORECASE,
)
LONGEST_NOD = 6
"""Words of its own that a nod has at most."""

_OFFER = re.compile(
    r"(?:would you like|do you want|want me to|shall i|should i|if you(?:'d"
    r"| would) like"
    r"|let me know|feel free|happy to|does (?:this|that) (?:look|sound|make)|which "
    r"(?:one|option|approach)|what do you think|ready to|please (?:confirm"
    r"|let me know))",
    re.IGNORECASE,
)
# What is over with the moment: how the tree stands, a call that came to nothing.
_MOMENTARY = re.compile(
    r"(?:(?:the |your )?(?:branch|working (?:tree|directory)) (?:is|was) (?:now )?"
    r"(?:clean|up|ahead|behind|pushed|\d)|\d+ commits? ahead|nothing to commit"
    r"|api error|(?:plan|design) (?:is )?(?:complete|saved|written|ready)"
    r"|(?:two|three) execution options|committed (?:as|with)|pushed to\b"
    r"|(?:subagent-driven|parallel session)\b)",
    re.IGNORECASE,
)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def substance(text: str) -> int:
    """How many words of its own a text has, in any script."""
    wide = len(_WIDE.findall(text)) if not text.isascii() else 0
    if not wide:
        return len(content_words(text))
    return len(content_words(_WIDE.sub(" ", text))) + wide // CHARACTERS_PER_WORD


def telling(passage: Passage) -> list[Statement]:
    """The statements that say something about the work: no nods, plans, questions."""
    return [one for one in statements(passage) if is_telling(one)]


def is_telling(statement: Statement) -> bool:
    """Whether a statement says something that outlives its moment.

    What only leads on to a list says nothing without it.
    """
    text = statement.text
    return (
        statement.form is not Form.HEADING
        and len(text) <= LONGEST_STATEMENT
        and not text.endswith((*QUESTION_ENDS, *COLON_ENDS))
        and not _INTENTION.match(text)
        and not is_momentary(text)
        and not _OFFER.search(text)
        and is_substantial(text)
        and not _is_nod(text)
    )


def is_intention(text: str) -> bool:
    """Whether an agent says only what it is about to do."""
    return bool(_INTENTION.match(text))


def is_momentary(text: str) -> bool:
    """Whether something holds only while it is said."""
    return bool(_MOMENTARY.match(text))


def is_planned_change(text: str) -> bool:
    """Whether an agent says what it is about to change, not only where it looks."""
    return bool(_PLANNED.match(text)) and substance(text) >= LEAST_PLANNED


def is_substantial(text: str) -> bool:
    """Whether a statement has enough words of its own to stand alone."""
    return substance(text) >= LEAST_WORDS


def most_telling(
    concluded: Sequence[Statement],
    on_the_way: Sequence[Statement],
    *,
    known: str,
    budget: int,
) -> list[Statement]:
    """The statements with the most new words for their length, in their own order.

    Args:
        concluded: What was said last: it counts for more, an agent ends with what
            came of its work.
        on_the_way: What was said before.
        known: What the reader has read already; its words are not new.
        budget: Characters that the statements may take together.
    """
    said = [*concluded, *on_the_way]
    weights = [_weight(each) * LAST_WORD for each in concluded]
    weights += [_weight(each) for each in on_the_way]
    left = {at: set(_units(each.text)) for at, each in enumerate(said)}
    seen = set(_units(known))
    chosen: list[int] = []
    while left:
        left = {
            at: new
            for at, words in left.items()
            if len(said[at].text) <= budget
            and len(new := words - seen) >= LEAST_NEW_WORDS
        }
        if left:
            best = _best(left, said, weights)
            seen |= left.pop(best)
            budget -= len(said[best].text) + 1
            chosen.append(best)
    return [said[at] for at in sorted(chosen)]


def clipped(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, a cut marked as such.

    It is cut after a sentence where that keeps half of it, else after a word.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - len(ELLIPSIS)]
    ends = [match.end() for match in re.finditer(r"[.!?。\uff01\uff1f](?=\s)", head)]
    places = (ends[-1] if ends else -1, head.rfind(" "))
    cut = next((at for at in places if at >= limit // 2), len(head))
    return head[:cut].rstrip(" ,;:") + ELLIPSIS


def within(parts: Iterable[str], budget: int) -> list[str]:
    """As many of the first parts as `budget` characters hold."""
    kept: list[str] = []
    for part in parts:
        budget -= len(part) + 1
        if budget < 0:
            break
        kept.append(part)
    return kept


def _units(text: str) -> Iterator[str]:
    """Words, and pairs of characters where a script has no spaces."""
    if text.isascii() or not _WIDE.search(text):
        yield from content_words(text)
        return
    wide = "".join(_WIDE.findall(text))
    yield from (wide[at : at + 2] for at in range(len(wide) - 1))
    yield from content_words(_WIDE.sub(" ", text))


def _weight(statement: Statement) -> float:
    return _WEIGHTS.get(statement.form, 1.0)


def _is_nod(text: str) -> bool:
    return bool(_NOD.match(text)) and substance(text) <= LONGEST_NOD


def _best(
    left: Mapping[int, set[str]], said: Sequence[Statement], weights: Sequence[float]
) -> int:
    """The place of the statement that says most for its length, the earlier first."""
    # The 40 keeps a heading of three rare words from beating every real sentence.
    return max(
        left, key=lambda at: weights[at] * len(left[at]) / (len(said[at].text) + 40)
    )
