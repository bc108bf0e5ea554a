# SPDX-License-Identifier: Apache-2.0
"""Commands as what they are for, and how they ended, as far as that was seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from claude_mem_core.domain.extraction.places import Cited, Line, Passage
from claude_mem_core.domain.extraction.prose import clipped
from claude_mem_core.domain.extraction.purposes import Purpose
from claude_mem_core.domain.extraction.signatures import LONGEST_COMPLAINT
from claude_mem_core.domain.extraction.tools import ToolUse

LONGEST_COMMAND = 90
LONGEST_ASKED_FOR = 200
"""Characters of a command that is told to be run again: a part of it is of no use."""

HEAD_WORDS = 6
"""Where a command names what it does: `uv run -q pytest`."""

MOST_OF_A_COMMAND = 2000
"""Characters; what is longer is a script."""

SEEN_OF_OUTPUT = 64 * 1024
"""Characters at the end of an output that are read: a verdict stands last."""


class Ending(StrEnum):
    """How a command ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNSEEN = "unseen"


# The first that fits: `make test-build` is a test.
_PURPOSES = (
    (
        Purpose.TEST,
        r"\b(?:tests?|pytest|unittest|jest|vitest|rspec|phpunit|ctest|e2e|tox|nox)\b",
    ),
    (
        Purpose.LINT,
        r"\b(?:lint\w*|golangci-lint|eslint|ruff|clippy|flake8|rubocop|vet)\b",
    ),
    (Purpose.TYPES, r"\b(?:mypy|pyright|tsc|typecheck|type-check|check)\b"),
    (
        Purpose.DEPLOY,
        r"\b(?:deploy\w*|publish|release|terraform apply|kubectl apply)\b",
    ),
    (Purpose.MIGRATE, r"\b(?:migrat\w+|alembic|db:migrate)\b"),
    (
        Purpose.BUILD,
        r"\b(?:build|compile|make|cargo|gradlew?|mvn|webpack|vite|bundle)\b",
    ),
    (
        Purpose.INSTALL,
        (
            r"^(?:(?:npm|pnpm|yarn|bun|pip|uv|poetry|cargo|go|brew|apt(?:-get)?|gem|mise)\s"
            r"(?:\S+\s)?(?:install|add|sync|ci|get|use))\b"
        ),
    ),
    (
        Purpose.RUN,
        (
            r"^(?:npm (?:start|run)|yarn (?:dev|start)|pnpm (?:dev|start)"
            r"|docker compose up|docker run|uvicorn|flask run|rails s\w*"
            r"|go run|cargo run|python -m)\b"
        ),
    ),
)
_PURPOSE = tuple((purpose, re.compile(pattern)) for purpose, pattern in _PURPOSES)
_LOOKS_ONLY = re.compile(
    r"(?:grep|rg|ls|cat|find|git|gh|sed|awk|echo|wc|head|tail|mkdir|rm|cp|mv|diff|touch"
    r"|printf|which|pwd|ps|kill|sleep|curl|jq|sort|cd|for|while|if|chmod|open|man|type"
    r"|tree|du|df|env|export|source|test|\[)\b"
)
_PLUMBING = re.compile(
    r"\s*(?:\d?>>?\s*(?:&\d|/dev/null|\S+)|(?<!\|)\|(?!\|).*$)", re.DOTALL
)
_PREPARATION = re.compile(
    r"^(?:\s*(?:cd|export|source|\.|set)\s[^&;|\n]*(?:&&|;|\n)\s*)+"
)
_SETTING = re.compile(r"^(?:[A-Z_][A-Z0-9_]*=\S*\s+)+")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_HIDES_ITS_END = re.compile(r"(?<!\|)\|(?!\|)|\|\||;|&\s*$|<<|\n")

# A command behind a pipe ends well even though the test before it failed.
_FAILURE = re.compile(
    r"^(?:FAIL\b|--- FAIL|FAILED\b|Traceback |panic: |npm ERR!|error(?:\[\w+\])?: "
    r"|BUILD FAILED|ERROR |\[\S+\] ERROR|Error: Exit code|make: \*\*\*|fatal: )"
    r"|\b[1-9]\d* (?:failed|failing|errors?)\b|\[build failed\]|too many errors",
    re.MULTILINE,
)
_SUCCESS = re.compile(
    r"^(?:ok\s+\S+.*|PASS\b.*|--- PASS: .*|.*\b0 issues\b.*|=* ?.*\b\d+ passed\b.*"
    r"|All checks passed.*|BUILD SUCCESS.*|test result: ok.*|OK(?: \(.*)?|Success\b.*"
    r"|Found 0 errors.*|.*\bcompiled successfully\b.*|.*[✓✔] .*|Successfully \S.*)$",
    re.MULTILINE | re.IGNORECASE,
)
# The best complaint is the one that says what is wrong; a verdict alone is the last.
_COMPLAINTS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^[ \t]*(?:[\w.]+\.)?\w*(?:Error|Exception)\b: .+$",
        r"^(?:panic|fatal|fatal error|error(?:\[\w+\])?): .+$",
        r"^[ \t]*\S+?:\d+(?::\d+)?:? .+$",
        r"^.*\bimport cycle not allowed.*$",
        r"^(?:E  |[ \t]).*\b(?:expected|want|got|assert\w*)\b.*$",
        (
            r"^.*(?i:\berror\b|\bcannot\b|\bnot found\b|\bno such\b|\bdenied\b"
            r"|\bundefined\b).*$"
        ),
        r"^(?:--- FAIL: |FAIL |FAILED ).+$",
    )
)
_EMPTY_COMPLAINT = re.compile(
    r"(?:Error: )?Exit code|\S+?:\d+: : #|\[\S+\] ERROR task failed|Error: Exit"
    r"|.*\b(?:INFO|DEBUG|WARN)\b"
    r"|hint: |npm ERR! A complete log|make: \*\*\*"
)


@dataclass(frozen=True)
class Run:
    """A command that was run, and how it ended.

    Attributes:
        command: Without its preparation and plumbing.
        same: The same program told to do the same: `go test ./a` and `go test -v ./b`.
        told: The words that show how it ended: the complaint, or the verdict.
    """

    use: ToolUse
    purpose: Purpose
    command: Line
    same: str
    ending: Ending
    told: Line | None


def runs(tools: Sequence[ToolUse]) -> Iterator[Run]:
    """The commands that tell whether the work is right, or that get it to work."""
    for use in tools:
        if use.command is not None and use.ran and (run := _run(use, use.command)):
            yield run


def _run(use: ToolUse, passage: Passage) -> Run | None:
    bare = _bare(passage.text[:MOST_OF_A_COMMAND])
    purpose = _purpose(bare)
    if purpose is None:
        return None
    start = passage.text.find(bare)
    span = passage.span(start, start + len(bare)) if start >= 0 else passage.whole
    command = Line(clipped(bare, LONGEST_COMMAND), (Cited(span, "command"),))
    ending, told = _ending(use, passage.text)
    return Run(use, purpose, command, _same(bare), ending, told)


def asked_for(use: ToolUse) -> Line | None:
    """A call's command without what only redirects its output, on one line.

    None where it cannot be told whole.
    """
    passage = use.command
    if passage is None:
        return None
    text = passage.text[:MOST_OF_A_COMMAND]
    plumbed = _PLUMBING.search(text)
    bare = (text[: plumbed.start()] if plumbed else text).strip()
    if not bare or "\n" in bare or len(bare) > LONGEST_ASKED_FOR:
        return None
    start = passage.text.find(bare)
    span = passage.span(start, start + len(bare))
    return Line(bare, (Cited(span, "command"),))


def _bare(command: str) -> str:
    """The command without what only moves, sets or redirects."""
    text = _PREPARATION.sub("", command)
    plumbed = _PLUMBING.search(text)
    bare = text[: plumbed.start()] if plumbed else text
    return bare.strip() or command.strip()


def _purpose(bare: str) -> Purpose | None:
    named = _SETTING.sub("", bare)
    head = " ".join(_QUOTED.sub("", named).split()[:HEAD_WORDS])
    if _LOOKS_ONLY.match(head):
        return None
    return next((purpose for purpose, sign in _PURPOSE if sign.search(head)), None)


def _same(bare: str) -> str:
    words = [word for word in _SETTING.sub("", bare).split() if word[0] != "-"]
    return " ".join(words[: 3 if words[1:2] == ["run"] else 2])


def _ending(use: ToolUse, command: str) -> tuple[Ending, Line | None]:
    if use.failed:
        return Ending.FAILED, _complaint(use.output)
    if any(_seen(part, _FAILURE) for part in use.output):
        return Ending.FAILED, _complaint(use.output)
    if verdict := _verdict(use.output):
        return Ending.PASSED, verdict
    hidden = _HIDES_ITS_END.search(_QUOTED.sub("", command))
    if hidden or "tool_response" not in use.payload or _unfinished(use):
        return Ending.UNSEEN, None
    return Ending.PASSED, _whole(use)


def _unfinished(use: ToolUse) -> bool:
    """Whether the call came back before the command had ended."""
    answer = use.payload.get("tool_response")
    if not isinstance(answer, dict):
        return not isinstance(answer, str)
    return bool(answer.get("interrupted") or answer.get("backgroundTaskId"))


def _verdict(output: Sequence[Passage]) -> Line | None:
    """The last line that tells of success."""
    for part in output:
        start = max(0, len(part.text) - SEEN_OF_OUTPUT)
        if found := [*_SUCCESS.finditer(part.text, start)]:
            span = part.span(found[-1].start(), found[-1].end())
            text = clipped(found[-1][0], LONGEST_COMPLAINT)
            return Line(text, (Cited(span, "success"),))
    return None


def _whole(use: ToolUse) -> Line | None:
    """The end of the output; of a command that printed nothing, the command itself."""
    part = use.output[0] if use.output else use.command
    if part is None:
        return None
    start = max(0, len(part.text) - LONGEST_COMPLAINT)
    return Line("", (Cited(part.span(start, len(part.text)), "success"),))


def _complaint(output: Sequence[Passage]) -> Line | None:
    for pattern in _COMPLAINTS:
        for part in output:
            start = max(0, len(part.text) - SEEN_OF_OUTPUT)
            for match in pattern.finditer(part.text, start):
                if not _EMPTY_COMPLAINT.match(match[0].strip()):
                    return _told(part, match)
    return None


def _told(part: Passage, match: re.Match[str]) -> Line:
    text = match[0].strip()
    start = match.start() + match[0].find(text)
    span = part.span(start, start + len(text))
    return Line(clipped(text, LONGEST_COMPLAINT), (Cited(span, "failure"),))


def _seen(part: Passage, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.search(part.text, max(0, len(part.text) - SEEN_OF_OUTPUT)))
