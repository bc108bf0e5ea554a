# SPDX-License-Identifier: Apache-2.0
"""A turn's memories: its work, what was decided, what was mended, what works."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from claude_mem_core.domain.extraction.choices import choices
from claude_mem_core.domain.extraction.commands import how_to
from claude_mem_core.domain.extraction.directives import Directive, directives
from claude_mem_core.domain.extraction.drafts import Memo, draft
from claude_mem_core.domain.extraction.episodes import Episode
from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.files import files_of
from claude_mem_core.domain.extraction.kinds import concepts_of
from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.prose import clipped
from claude_mem_core.domain.extraction.titles import (
    LONGEST_TITLE,
    outcome_title,
    request_title,
)
from claude_mem_core.domain.extraction.wording import (
    FAILED_THEN_PASSED,
    FIXED_IN,
    USER_SAID,
    listed,
)
from claude_mem_core.domain.extraction.work import Work
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.terms import content_words

MOST_DECISIONS = 3
MOST_EPISODES = 2
MOST_DETOURS = 2
MOST_REASONS = 3
MOST_FILES_TOLD = 3

_CONTRAST = re.compile(
    r"\b(?:not|never|don't|instead of|rather than|over|only|prefer)\b", re.IGNORECASE
)
_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|the reason|therefore|that's why|avoids?"
    r"|ensures?|prevents?|which means|otherwise)\b|因为|所以|ため|때문",
    re.IGNORECASE,
)


def skip_reason(
    evidence: Evidence, memories: Sequence[MemoryItemDraft]
) -> SkipReason | None:
    """Why a turn left no memory, if it left none."""
    if evidence.is_private:
        return "private"
    if memories:
        return None
    said = evidence.tools or evidence.messages
    return "nothing_to_remember" if said else "empty_turn"


def observations(
    evidence: Evidence, *, project: Project, session: ServerSession
) -> tuple[MemoryItemDraft, ...]:
    """The memories of a turn, the main one first; none when nothing is worth one."""
    if evidence.is_private:
        return ()
    work = Work(evidence, project.root_path or evidence.folder)
    memos = [
        *([work.memo] if work.is_worth_telling else []),
        *islice(_decisions(work), MOST_DECISIONS),
        *islice(_mended(work), MOST_EPISODES),
        *(one.memo for one in islice(work.got_round, MOST_DETOURS)),
    ]
    # What the work tells already as a fact is not told again.
    told = work.is_worth_telling and work.memo.facts
    working = None if told else how_to(evidence)
    return tuple(
        draft(memo, project, session)
        for memo in (*memos, *([working] if working else []))
    )


def _decisions(work: Work) -> Iterator[Memo]:
    """What the user decided, in the user's words, with the agent's reasons."""
    prompt = work.evidence.prompt
    for choice in choices(work.evidence):
        title = choice.title.saying(clipped(choice.title.text, LONGEST_TITLE))
        yield _decision(title, choice.fact, work, {"standing": False})
    for one in directives(prompt) if prompt else ():
        if not _is_the_task(one, work):
            title = request_title(one.statement, "user_words")
            quote = USER_SAID.of(quote=one.statement.line("user_words"))
            yield _decision(title, quote, work, _directive(one))


def _is_the_task(one: Directive, work: Work) -> bool:
    """Whether it was what to do now and was done: the main memory says so.

    Not so where something was chosen over something else: that holds on.
    """
    is_request = one.statement == work.request
    chosen = one.standing or _CONTRAST.search(one.statement.text)
    return bool(is_request and work.evidence.writes and not chosen)


def _decision(
    title: Line, fact: Line, work: Work, metadata: dict[str, str | bool]
) -> Memo:
    """A decision with what else was asked, the reasons, and what came of it."""
    about = set(content_words(fact.text))
    reasons = [
        one.line("reason")
        for one in work.told
        if _REASON.search(one.text) and about & set(content_words(one.text))
    ][:MOST_REASONS]
    came = [work.outcome.line] if work.outcome else []
    known = {line.text for line in reasons}
    narrative = (*reasons, *(line for line in came if line.text not in known))
    text = " ".join((fact.text, *(line.text for line in narrative)))
    return Memo(
        type="decision",
        trust="user",
        title=title,
        text=work.own_words,
        narrative=narrative,
        facts=(fact,),
        concepts=concepts_of("decision", text),
        files_modified=files_of(work.evidence.writes, work.root),
        metadata=dict(metadata),
    )


def _directive(one: Directive) -> dict[str, str | bool]:
    return {"directive": one.normal, "standing": one.standing}


def _mended(work: Work) -> Iterator[Memo]:
    """The errors that somebody explained; the others are facts of the main memory."""
    if work.is_worth_telling and work.memo.type == "bugfix":
        return
    for one in work.solved:
        if one.why and one.failed.told:
            yield _bugfix(one, one.failed.told, work)


def _bugfix(one: Episode, complaint: Line, work: Work) -> Memo:
    failed, passed = one.failed, one.passed
    files = files_of(one.edits, work.root)
    told = FAILED_THEN_PASSED.of(command=failed.command, complaint=complaint)
    shown = passed.told.cited if passed.told else ()
    fact = Line(told.text, (*told.cited, *shown))
    why = outcome_title(one.why, asked=set(content_words(told.text)), changed=False)
    fixed = FIXED_IN.of(complaint=complaint, files=listed([*files[:MOST_FILES_TOLD]]))
    return Memo(
        type="bugfix",
        trust="agent",
        title=why.line if why else fixed,
        narrative=[each.line("reason") for each in one.why[:MOST_REASONS]],
        facts=(fact,),
        concepts=("problem-solution",),
        files_modified=files,
        shown=(*complaint.cited, *shown),
        metadata={"signature": one.signature},
    )
