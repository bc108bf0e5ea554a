# SPDX-License-Identifier: Apache-2.0
"""What an agent committed or proposed, by the subjects that it gave: the work's names.

Whoever meets a commit in the history later finds by its subject what led to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claude_mem_core.domain.extraction.places import Cited, Line, Passage
from claude_mem_core.domain.extraction.prose import clipped, is_substantial
from claude_mem_core.domain.extraction.tools import ToolUse
from claude_mem_core.domain.extraction.wording import COMMITTED, PROPOSED, Wording

LONGEST_SUBJECT = 140
"""Characters: about what a title has."""

MOST_OF_A_COMMAND = 8000
"""Characters of a command that are read; a message stands in its beginning."""

# A quoted text's first line, or that of a here document in its place.
_SUBJECT = (
    r"(?:\"\$\(cat <<-?[ \t]*['\"]?\w+['\"]?[ \t]*\n\s*(?P<heredoc>[^\n]+)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)+)|'(?P<single>[^'\n]+))"
)
_WORDS = r"(?:[^\n;&|\"']|\"[^\"\n]*\"|'[^'\n]*')*?"
_COMMIT = re.compile(
    rf"\bgit\b{_WORDS}\scommit\b{_WORDS}\s(?:-[a-zA-Z]*m|--message)[ \t=]*{_SUBJECT}"
)
_PROPOSAL = re.compile(
    rf"\bgh\s+pr\s+(?:create|new)\b{_WORDS}\s(?:-t|--title)[ \t=]*{_SUBJECT}"
)
# What git and GitHub answer when it is done; told to be quiet, git says nothing.
_COMMIT_DONE = re.compile(r"^\[[^\]\n]+ [0-9a-f]{7,40}\] ", re.MULTILINE)
_PROPOSAL_DONE = re.compile(r"https?://\S+/pull/\d+")


@dataclass(frozen=True, slots=True)
class Commit:
    """What was committed, or proposed as a pull request.

    Attributes:
        subject: Its first line.
        fact: The same as something that was done.
    """

    subject: Line
    fact: Line


def commits(uses: Iterable[ToolUse]) -> Iterator[Commit]:
    """The commits and pull requests that the calls made, each subject once."""
    told = set[str]()
    for use in uses:
        for one in _made(use):
            if one.fact.text not in told:
                told.add(one.fact.text)
                yield one


def _made(use: ToolUse) -> Iterator[Commit]:
    if use.command is None or not use.ran:
        return
    kinds = (
        (_COMMIT, _COMMIT_DONE, COMMITTED),
        (_PROPOSAL, _PROPOSAL_DONE, PROPOSED),
    )
    printed = "\n".join(passage.text for passage in use.output)
    for given, done, wording in kinds:
        quiet = not use.failed and not printed.strip()
        if quiet or done.search(printed):
            yield from _named(use.command, given, wording)


def _named(
    command: Passage, given: re.Pattern[str], wording: Wording
) -> Iterator[Commit]:
    for match in given.finditer(command.text, 0, MOST_OF_A_COMMAND):
        start, end = match.span(match.lastgroup or 0)
        said = clipped(command.text[start:end], LONGEST_SUBJECT)
        if is_substantial(said):
            cited = (Cited(command.span(start, end), "command"),)
            subject = Line(said, cited)
            yield Commit(subject, wording.of(subject=subject))
