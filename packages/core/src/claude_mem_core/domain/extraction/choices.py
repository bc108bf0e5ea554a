# SPDX-License-Identifier: Apache-2.0
"""What "1", "option B" or an answer to the agent's question stood for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.markdown import plain, statements
from claude_mem_core.domain.extraction.places import (
    QUESTION_ENDS,
    Cited,
    Line,
    Passage,
    strings,
)
from claude_mem_core.domain.extraction.prompts import main_request
from claude_mem_core.domain.extraction.prose import (
    clipped,
    is_momentary,
    substance,
)
from claude_mem_core.domain.extraction.titles import request_title
from claude_mem_core.domain.extraction.tools import Deed, ToolUse
from claude_mem_core.domain.extraction.wording import ANSWERED, CHOSEN_FOR, DECIDED

LONGEST_OPTION = 200
LONGEST_REPLY = 80
"""Characters of a prompt that is nothing but a choice."""

LONGEST_QUESTION = 100
SHORT = 60
"""Characters of a question, and of an answer, in a title."""

LEAST_ABOUT = 4
"""Words of its own with which a question says what it is about."""

MOST_CHOICES = 3
LEAST_SUBSTANCE = 3
"""Words of its own that an option needs to be understood later."""

_LABEL = r"(?:[1-9]|[A-Ha-h])"
_CHOICE = re.compile(
    r"\s*(?:(?:ok(?:ay)?|yes|yeah|i think|i(?:'d| would)? (?:like|prefer|say"
    r"|go (?:with|for))|let's|please|do|go|with"
    r"|for|try|implement|fix|use|take|option|options|approach|number|it to|the"
    r"|all)[\s,.:]+)*"
    rf"(#?{_LABEL}\b(?:\s*(?:,|\+|&|and|und|y|et)\s*#?{_LABEL}\b)*)"
    r"(?:[).]|\s+(?:please|it is|sounds|is|for now|looks|then)\b|\s*[.,!]|\s*$)",
    re.IGNORECASE,
)
# Whether to go on is no choice between ways.
_PROCESS = re.compile(
    r"what (?:would you like|do you want) to do|what(?:'s| is) next|next steps?\b"
    r"|ready to"
    r"|shall (?:i|we) (?:proceed|continue)|how (?:would you like"
    r"|do you want) to proceed",
    re.IGNORECASE,
)
_EACH = re.compile(rf"(?<!\w){_LABEL}(?!\w)")


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that the user took, as a title and as a fact."""

    title: Line
    fact: Line


def choices(evidence: Evidence) -> Iterator[Choice]:
    """The options that the user took: of the agent's last list, or of its question."""
    yield from _by_label(evidence)
    for use in evidence.tools:
        if use.deed is Deed.ASKS and not use.failed:
            yield from _answers(use)


def _by_label(evidence: Evidence) -> Iterator[Choice]:
    prompt, before = evidence.prompt, evidence.before
    if prompt is None or before is None or before.conclusion is None:
        return
    if len(prompt.text.strip()) > LONGEST_REPLY:
        return
    chosen = _CHOICE.match(prompt.text)
    about = _question(before)
    if chosen is None or about is None:
        return
    for label in list(_EACH.finditer(chosen[1]))[:MOST_CHOICES]:
        option = _option(before.conclusion.passage, label[0])
        if option is not None:
            at = chosen.start(1) + label.start()
            span = prompt.span(at, at + len(label[0]))
            word = Line(label[0], (Cited(span, "user_words"),))
            fact = CHOSEN_FOR.of(question=about, choice=word, option=option)
            yield Choice(_title(about, option, fact), fact)


def _question(before: Evidence) -> Line | None:
    """What the choice was about: the question, else what had been asked for.

    None where it was about how to go on with the work: that is over with it.
    """
    last = before.conclusion
    asked = [
        one
        for one in (statements(last.passage) if last else ())
        if one.text.endswith(QUESTION_ENDS)
    ]
    if asked and _PROCESS.search(asked[-1].text):
        return None
    if asked and substance(asked[-1].text) >= LEAST_ABOUT:
        line = asked[-1].line("offer")
        return line.saying(clipped(line.text, LONGEST_QUESTION))
    request = main_request(before.prompt) if before.prompt else None
    return request_title(request) if request else None


def _option(passage: Passage, label: str) -> Line | None:
    """The last item, heading or question of a message that has this label."""
    pattern = re.compile(
        rf"^[ \t]*(?:[-*#>]+[ \t]*)*\**(?:(?:option|approach|strategy|alternative) )?"
        rf"{re.escape(label)}(?:[.):]|\**:|\**[ \t]+[—\u2013-])\**[ \t]*(\S.*)$",
        re.IGNORECASE | re.MULTILINE,
    )
    found = [*pattern.finditer(passage.text)]
    text = plain(found[-1][1]) if found else ""
    if substance(text) < LEAST_SUBSTANCE or text[-1] in ":?" or is_momentary(text):
        return None
    span = passage.span(found[-1].start(1), found[-1].end(1))
    return Line(clipped(text, LONGEST_OPTION), (Cited(span, "offer"),))


def _answers(use: ToolUse) -> Iterator[Choice]:
    """What the user answered to a question that the host put for the agent."""
    response = use.payload.get("tool_response")
    answers = response.get("answers") if isinstance(response, dict) else None
    if not isinstance(answers, dict):
        return
    asked = {
        text: path
        for path, text in strings(use.asked.get("questions"), "$.tool_input.questions")
    }
    for path, answer in strings(answers, "$.tool_response.answers"):
        question = next((q for q in asked if answers.get(q) == answer), None)
        if question is None or _PROCESS.search(question):
            continue
        put = Passage(use.event_id, asked[question], question)
        told = Passage(use.event_id, path, answer)
        asked_line = Line(
            clipped(question, LONGEST_OPTION), (Cited(put.whole, "offer"),)
        )
        answer_line = Line(
            clipped(answer, LONGEST_OPTION), (Cited(told.whole, "user_words"),)
        )
        fact = ANSWERED.of(question=asked_line, answer=answer_line)
        yield Choice(_title(asked_line, answer_line, fact), fact)


def _title(question: Line, answer: Line, fact: Line) -> Line:
    """The choice as a title: as much of both as fits."""
    short = DECIDED.of(
        question=question.saying(clipped(question.text, SHORT)),
        answer=answer.saying(clipped(answer.text, SHORT)),
    )
    return Line(short.text, fact.cited)
