# SPDX-License-Identifier: Apache-2.0
"""What the tests, builds and linters of a turn said in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.extraction.prose import clipped
from claude_mem_core.domain.extraction.tools import ToolUse

LONGEST_COMMAND = 80
LONGEST_COMPLAINT = 120

_PLUMBING = re.compile(r" ?(?:2>|(?<![|>-])[|>](?!\|)).*")
_PREPARATION = re.compile(r"^cd \S+ ?(?:&&|;) ?")
_CHECK = re.compile(
    r"\b(?:tests?|pytest|jest|vitest|lint|build|check|vet|tsc|mypy|ruff|clippy|make)\b"
)
_LOOKS_ONLY = re.compile(
    r"(?:grep|rg|ls|cat|find|git|sed|awk|echo|wc|head|tail|mkdir|rm|cp|mv|diff|touch)\b"
)
HEAD_WORDS = 4
"""Where a command names what it does: `uv run -q pytest`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check's last state, and the calls that show it.

    Attributes:
        text: It as a fact.
        is_open: Whether it failed when it was last run.
    """

    text: str
    event_ids: tuple[str, ...]
    is_open: bool


def outcomes(tools: Iterable[ToolUse]) -> Iterator[Outcome]:
    """Each check that was run, as how it ended; the first complaint is kept."""
    runs: dict[str, list[ToolUse]] = {}
    for use in tools:
        if is_check(use.command):
            runs.setdefault(_same_check(use.command), []).append(use)
    for own in runs.values():
        yield _outcome(own)


def is_check(command: str) -> bool:
    """Whether a command tells whether the work is right."""
    head = " ".join(_bare(command).split()[:HEAD_WORDS])
    return bool(_CHECK.search(head)) and not _LOOKS_ONLY.match(head)


def _outcome(runs: Sequence[ToolUse]) -> Outcome:
    last = runs[-1]
    failed = next((run for run in runs if run.complaint), None)
    if failed is None:
        # Not "passed": behind a pipe a failure may go unseen.
        clean = f"`{_shown(last)}` ran without a failure"
        return Outcome(clean, (last.event_id,), is_open=False)
    told = f"`{_shown(failed)}` failed: {clipped(failed.complaint, LONGEST_COMPLAINT)}"
    if last.complaint:
        return Outcome(told, (failed.event_id,), is_open=True)
    later = f"{told}; later `{_shown(last)}` ran without a failure"
    return Outcome(later, (failed.event_id, last.event_id), is_open=False)


def _shown(run: ToolUse) -> str:
    return clipped(_bare(run.command), LONGEST_COMMAND)


def _same_check(command: str) -> str:
    """The same program told to do the same: `go test ./a` and `go test -v ./b`."""
    words = _bare(command).split()[:HEAD_WORDS]
    return " ".join(words[: 3 if words[1:2] == ["run"] else 2])


def _bare(command: str) -> str:
    return _PLUMBING.sub("", _PREPARATION.sub("", command)) or command
