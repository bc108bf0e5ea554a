# SPDX-License-Identifier: Apache-2.0
"""Errors that were seen, worked on and seen to be gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.extraction.checks import Ending, Run
from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.markdown import Statement
from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.signatures import signature
from claude_mem_core.domain.extraction.tools import ToolUse

# Nobody looks up how a line was wrapped.
_TRIVIAL = re.compile(
    r"gofmt|goimports|gofumpt|not (?:properly )?formatted|would reformat|prettier"
    r"|trailing"
    r"|imported and not used|unused import|declared and not used|whitespace"
    r"|line too long",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:because|since|the (?:issue|problem|error|bug|reason|cause|fix"
    r"|root cause) (?:is|was)"
    r"|root cause|caused|missing|needs? to|has to|doesn't|does not|isn't|wasn't|cannot"
    r"|can't"
    r"|instead of|expects?|expected|wrong|conflict\w*|no longer|mismatch|not being"
    r"|fails? (?:when|because))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Episode:
    """A check that failed, the edits after it, and the same check passing.

    Attributes:
        why: What the agent said about it in between.
    """

    failed: Run
    passed: Run
    edits: tuple[ToolUse, ...]
    why: tuple[Statement, ...]

    @property
    def signature(self) -> str:
        """What the error is looked up by; empty when it said nothing."""
        told = self.failed.told
        return signature(told.text) if told else ""

    @property
    def is_trivial(self) -> bool:
        """Whether only form was at fault."""
        told = self.failed.told
        return told is None or is_of_form_only(told)


def is_of_form_only(complaint: Line) -> bool:
    """Whether it is about how a line is laid out."""
    return bool(_TRIVIAL.search(complaint.text))


def episodes(evidence: Evidence) -> Iterator[Episode]:
    """The errors that this turn got rid of, also those of the turns before it."""
    before = evidence.before
    all_runs = [*(before.runs if before else ()), *evidence.runs]
    writes = [*(before.writes if before else ()), *evidence.writes]
    for passed in _first_passes(evidence.runs):
        failed = _failure_before(all_runs, passed)
        if failed is None:
            continue
        edits = tuple(u for u in writes if failed.use.at < u.at < passed.use.at)
        if edits:
            why = tuple(_said_between(evidence, failed, passed))
            yield Episode(failed, passed, edits, why)


def _first_passes(own: Sequence[Run]) -> Iterator[Run]:
    """Each check's last pass, unless it failed again after it."""
    last: dict[str, Run] = {}
    for run in own:
        if run.ending is not Ending.UNSEEN:
            last[run.same] = run
    return (run for run in last.values() if run.ending is Ending.PASSED)


def _failure_before(all_runs: Sequence[Run], passed: Run) -> Run | None:
    """The first failure of the check since it last passed, one that says why."""
    found: Run | None = None
    for run in all_runs:
        if run.same != passed.same or run.use.at >= passed.use.at:
            continue
        if run.ending is Ending.PASSED:
            found = None
        elif run.ending is Ending.FAILED and found is None and run.told:
            found = run
    return found


def _said_between(evidence: Evidence, failed: Run, passed: Run) -> Iterator[Statement]:
    before = evidence.before.on_the_way if evidence.before else []
    for at, statement in (*before, *evidence.on_the_way):
        if failed.use.at < at < passed.use.at and _CAUSE.search(statement.text):
            yield statement
