# SPDX-License-Identifier: Apache-2.0
"""What a turn was asked, with what it answers, follows or goes on with."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.markdown import Statement, statements
from claude_mem_core.domain.extraction.places import QUESTION_ENDS, Cited, Line
from claude_mem_core.domain.extraction.prompts import asked_before, own_statements
from claude_mem_core.domain.extraction.prose import (
    clipped,
    is_substantial,
    substance,
)
from claude_mem_core.domain.extraction.wording import AFTER, ANSWERING, GOING_ON

# Characters.
LONGEST_REQUEST = 700
LONGEST_CONTEXT = 200
LEAST_LEFT = 50
"""With less room a statement would be a stump."""

LEAST_ASKED = 4
"""Words of a prompt that says by itself what is wanted: "yes, do it" does not."""


def request_of(evidence: Evidence) -> Line | None:
    """The request, its statements a line each."""
    prompt = evidence.prompt
    if prompt is None:
        return _carried_on(evidence)
    lines = clipped_lines(statements(prompt))
    cited: tuple[Cited, ...] = (Cited(prompt.whole, "request"),)
    if context := context_of(evidence):
        lines.append(context.text)
        cited += context.cited
    return Line("\n".join(lines), cited) if lines else None


def own_words(evidence: Evidence) -> Line | None:
    """The request without what was pasted into it."""
    prompt = evidence.prompt
    lines = clipped_lines(own_statements(prompt)) if prompt else ()
    cited = (Cited(prompt.whole, "user_words"),) if prompt else ()
    return Line("\n".join(lines), cited) if lines else None


def context_of(evidence: Evidence) -> Line | None:
    """What a short prompt answers or follows: it seldom says so itself."""
    prompt, before = evidence.prompt, evidence.before
    if before is None or before.conclusion is None or prompt is None:
        return None
    if substance(prompt.text) >= LEAST_ASKED:
        return None
    said = [s for s in statements(before.conclusion.passage) if is_substantial(s.text)]
    asking = (one for one in reversed(said) if one.text.endswith(QUESTION_ENDS))
    asks_back = prompt.text.rstrip().endswith(QUESTION_ENDS)
    if put := None if asks_back else next(asking, None):
        return ANSWERING.of(offer=_clipped(put))
    return AFTER.of(said=_clipped(said[0])) if said else None


def clipped_lines(said: Iterable[Statement]) -> list[str]:
    """The first statements, as many as a request may have."""
    lines: list[str] = []
    budget = LONGEST_REQUEST
    for one in said:
        if budget < LEAST_LEFT:
            break
        lines.append(clipped(one.text, budget))
        budget -= len(lines[-1]) + 1
    return lines


def _carried_on(evidence: Evidence) -> Line | None:
    """What was asked before the host cut the talk short: the turn goes on with it."""
    said = asked_before(evidence.account) if evidence.account else []
    lines = clipped_lines(said)
    if not lines:
        return None
    cited = (one.line("statement").cited[0] for one in said[: len(lines)])
    first = GOING_ON.of(said=Line(lines[0], ()))
    return Line("\n".join([first.text, *lines[1:]]), tuple(cited))


def _clipped(one: Statement) -> Line:
    line = one.line("offer")
    return line.saying(clipped(line.text, LONGEST_CONTEXT))
