# SPDX-License-Identifier: Apache-2.0
"""What the user decided or demanded, in the user's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from claude_mem_core.domain.extraction.markdown import Statement
from claude_mem_core.domain.extraction.places import QUESTION_ENDS, Passage
from claude_mem_core.domain.extraction.prompts import own_statements, without_quotations
from claude_mem_core.domain.extraction.prose import substance

LONGEST_DIRECTIVE = 300
"""Characters; a longer statement tells a story."""

LEAST_SUBSTANCE = 3
LEAST_BESIDE_A_POINTER = 5
"""Words of its own that a statement needs beside "this", "that" or "it"."""

# What people say before they come to the point.
_LEAD = (
    r"(?:(?:please|pls|ok|okay|yes|yeah|no|and|but|so|also|then|hmm|well|actually|right"
    r"|perfect|great|good|cool|nice|thanks|btw|oh|ah|first|one more thing|in general"
    r"|important|note|remember|reminder|rule|i think|i guess|i feel|i'd say|for now"
    r"|you should|we should|you must|we must|must|should|just|option \w+)[\s,.:;!-]+)*"
)
_FLAGS = re.IGNORECASE

# For good: holds in later turns and sessions too.
_STANDING = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        rf"{_LEAD}(?:always|never)\b",
        r".*\b(?:from (?:now|here) on|going forward|in (?:the )?future|henceforth)\b",
        r".*\b(?:must|should|shall|we want to|i want to|please) (?:always|never)\b",
        rf"{_LEAD}(?:don't|do not|dont) ever\b",
        (
            rf"{_LEAD}(?:whenever|every time|each time)\b.*\b(?:you|we|run|use|must"
            r"|should)\b"
        ),
        rf"{_LEAD}(?:remember to|remember that|keep in mind|don't forget)\b",
        r".*\b(?:i|we) (?:always|never|only) (?:use|write|want|run|keep|put|commit)\b",
        rf"{_LEAD}use \S+ for (?:everything|all|every|any)\b",
        r".*\b(?:i|we) (?:really |strongly |usually |generally )?prefer\b",
        (
            rf"{_LEAD}(?:i|we) (?:don't like|hate|dislike|like to|don't want"
            r"|want you to)\b"
        ),
        r".*\b(?:our|my|the) (?:convention|rule|policy|preference|standard) is\b",
        rf"{_LEAD}stop \w+ing\b",
        rf"{_LEAD}(?:don't|do not|dont) \w+.*\b(?:anymore|any more|again|ever)\b",
        # Other languages: a few sure signs at the head of a statement.
        r"(?:immer|niemals|nie|ab (?:jetzt|sofort)|bitte (?:immer|nie))\b",
        r"(?:toujours|jamais|désormais|à partir de maintenant|ne \w+ jamais)\b",
        r"(?:siempre|nunca|a partir de ahora|de ahora en adelante)\b",
        r"(?:sempre|a partir de agora|d'ora in poi)\b",
        r".{0,6}(?:以后|今后|从现在起|从现在开始|总是|始终|永远|一律|务必)",
        r".{0,6}(?:不要再|不允许|禁止|绝不|千万不要)",
        r".{0,6}(?:今後|これから|常に|必ず|いつも|絶対に|決して)",
        r".{0,6}(?:앞으로|항상|절대|반드시)",
    )
)
# For this work: one thing is taken and not another.
_CHOOSING = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        (
            rf"{_LEAD}(?:use|using|take|pick|keep|choose|call|name|put|store|write"
            r"|run)\b.*(?:(?<!it's)(?<!is)(?<!are)(?<!does)(?<!do)(?<!did),?"
            r" (?:and )?not |\binstead of\b|\brather than\b|\bover\b)"
        ),
        (
            r".*\b(?:should|must|needs? to|has to|have to) (?:be|use|live|go|stay"
            r"|return|have)\b"
            r".*(?:, not\b|\binstead of\b|\brather than\b)"
        ),
        (
            r".*\b(?:let's|let us|lets|we(?:'ll| will)|i(?:'ll| will)) (?:go|stick"
            r"|stay|move) (?:with|for|to)\b"
        ),
        (
            rf"{_LEAD}(?:let's|let us|lets) (?:use|keep|call|name|rename|make|store"
            r"|drop|skip|leave|not)\b"
        ),
        rf"{_LEAD}(?:go|stick|stay) (?:with|for)\b",
        rf"{_LEAD}(?:i|we) want to (?:use|go with|stay|keep)\b",
        r".*\b(?:we|i)(?:'ve| have)? (?:decided|agreed|chose|settled)\b",
        r".*\b(?:instead of|rather than)\b.*\b(?:should|use|want|let's|do)\b",
        rf"{_LEAD}instead of\b.*\b(?:should|use|we|do|let's)\b",
        rf"{_LEAD}(?:switch|migrate|move) (?:from\b.*\bto|to|over to)\b",
        (
            rf"{_LEAD}(?:i|we) (?:only )?(?:want|need) .*(?:, not\b|\bnot\b|\bonly\b"
            r"|\binstead\b)"
        ),
        (
            r".*\b(?:must not|mustn't|shouldn't|should not|must only|should only"
            r"|must be)\b"
        ),
        (
            rf"{_LEAD}(?:don't|do not|dont|no need to|avoid|never) (?:use|add|create"
            r"|commit|push|"
            r"change|touch|edit|delete|mention|show|store|expose|log|write|put|include"
            r"|rely|mock|"
            r"introduce|import|install|run|call|print|display)\b"
        ),
        r".{0,6}(?:不要|别|改用|而不是|请使用|请用|用.{1,20}而不)",
        r".{0,20}(?:代わりに|ではなく|しないで|대신|하지 마)",
        (
            r".*\b(?:statt|anstatt|sondern|au lieu de|plutôt que|en lugar de|en vez de"
            r"|em vez de)\b"
        ),
    )
)
# What is done next, not what holds.
_PROCESS = re.compile(
    rf"{_LEAD}(?:let's |lets )?(?:keep going|move on|go (?:back|on|ahead)"
    r"|go with (?:option )?#?\w\b|continue"
    r"|move to #|start (?:with|on)|first |commit|push|merge|rebase|skip (?:this|it)"
    r"|do (?:this|it|that)"
    r"|rename th(?:is|e) branch|look at|review)|.*\b(?:this|that|the"
    r"|new) (?:branch|pr|commit)\b.*",
    re.IGNORECASE,
)
# A finding in the third person, as reviews have it: the user passes it on.
_THIRD_PERSON = re.compile(
    (
        r"(?:the|this|these|an?|in|to|when|if|since|while|currently|consider)\b"
        r"|\w*[a-z][A-Z]\w*\b|\w+\(|`"
    ),
)
LONG_PROMPT = 200
"""Characters of a prompt that may be a review somebody else wrote."""

_ASKS = re.compile(
    r"(?:.*[,.;] )?(?:can|could|would|should|shall|do|does|did|is|are|was|were|what"
    r"|how|why|where|when"
    r"|which|who|if|isn't|aren't|doesn't|don't (?:we|you|they)|have|has)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"\b(?:this|(?<!mind )(?<!remember )that|it|these|those|them|they|here|there"
    r"|the (?:first|second|last))\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"(?:i just|i (?:got|see|saw|noticed|tried|had|ran|thought|found|remember|was)|it"
    r"|there"
    r"|because|since|when i|if\b|seems|looks|maybe|not sure|but (?:it|then|now)|this"
    r"|these"
    r"|(?:the|a|an) \w+ (?:was|were|is|are|does|did|has|have)\b)\b",
    re.IGNORECASE,
)
_NORMAL = re.compile(_LEAD, re.IGNORECASE)
_TOGETHER = re.compile(r"(?:let's|let us|lets|from now on,?)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Directive:
    """A demand or a decision of the user.

    Attributes:
        standing: Whether it is meant for later too.
    """

    statement: Statement
    standing: bool

    @property
    def normal(self) -> str:
        """Its words in a form in which two spellings of one demand are the same."""
        rest = self.statement.text
        for courtesy in (_NORMAL, _TOGETHER):
            if match := courtesy.match(rest):
                rest = rest[match.end() :]
        return " ".join(re.findall(r"[\w'./@+-]+", rest.casefold())).strip(" .")


def directives(prompt: Passage) -> Iterator[Directive]:
    """What the user decides or demands in a prompt, questions and reports left out."""
    for statement in own_statements(prompt):
        if _is_passed_on(statement):
            continue
        if (standing := _kind(statement)) is not None:
            yield Directive(statement, standing)


def _kind(statement: Statement) -> bool | None:
    """Whether a directive is for good; None when it is none."""
    text = without_quotations(statement.text)
    if len(text) > LONGEST_DIRECTIVE or text.rstrip().endswith((*QUESTION_ENDS, ":")):
        return None
    if _ASKS.match(text) or _PROCESS.match(text) or not _stands_alone(text):
        return None
    if any(sign.match(text) for sign in _STANDING):
        return None if _REPORTS.match(text) else True
    if any(sign.match(text) for sign in _CHOOSING):
        return None if _REPORTS.match(text) else False
    return None


def _is_passed_on(statement: Statement) -> bool:
    """Whether a statement reads like one of a review that was pasted."""
    long = len(statement.passage.text.strip()) > LONG_PROMPT
    return long and bool(_THIRD_PERSON.match(_lower_first(statement.text)))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _stands_alone(text: str) -> bool:
    least = LEAST_BESIDE_A_POINTER if _POINTER.search(text) else LEAST_SUBSTANCE
    return substance(text) >= least
