# SPDX-License-Identifier: Apache-2.0
"""Commands worth knowing: those that an agent told, those that were seen to work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_mem_core.domain.extraction.checks import Ending, Run
from claude_mem_core.domain.extraction.drafts import Memo
from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.markdown import plain
from claude_mem_core.domain.extraction.places import Cited, Line, Passage
from claude_mem_core.domain.extraction.wording import (
    HOW_TO,
    JOINT,
    TOLD_COMMAND,
)

MOST_COMMANDS = 4
LONGEST_TOLD = 120
FAR = 200
"""Characters before a command in which the words that lead to it are looked for."""

LONGEST_GENERAL = 70
"""Characters of a command that is of use another day; a longer one is about a case."""

_SHELL_FENCE = re.compile(
    r"^[ \t]*```(?:bash|sh|shell|console|zsh)[ \t]*\n(.*?)^[ \t]*```",
    re.MULTILINE | re.DOTALL,
)
_LABEL = re.compile(r"^[^\n`|]{4,80}:\**[ \t]*$", re.MULTILINE)
# One test, one file, a scratch folder, a loop: of use today only.
_FOR_ONE_CASE = re.compile(
    r"(?:^|\s)(?:-run|-k|--filter|-t|--grep|-m \"|--tests?)\b|::|/tmp/|/var/|\$\(|<<"
    r"|\s&&\s.*\s&&\s"
    r"|_test\.\w+|test_\w+\.py|\.(?:spec|test)\.\w+|Test[A-Z]\w+|\s-c\s|[\"']"
)

# The programs by which projects are built and tested, and scripts named for it.
_RUNNER = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:make|mise|just|task|npm|npx|pnpm|yarn|bun|deno|node|go|cargo"
    r"|uv|uvx|poetry"
    r"|hatch|tox|nox|python3?|pip|pytest|ruff|mypy|mvn|\./mvnw|gradle|\./gradlew"
    r"|docker|docker-compose"
    r"|kubectl|helm|terraform|ansible\S*|rake|bundle|rails|dotnet|cmake|ctest|ninja"
    r"|bazel|composer"
    r"|phpunit|swift|xcodebuild|mix|zig|sbt|lein|flutter|dart|jest|vitest|eslint|tsc"
    r"|golangci-lint"
    r"|fly|vercel|netlify|gcloud|aws|alembic|uvicorn|(?:\./)?(?:\w+/)*(?:build|test"
    r"|lint|deploy|run)\.\w+)\b"
)


def told_commands(passage: Passage) -> Iterator[Line]:
    """The shell commands that an answer gives, each with the words that lead to it."""
    for fence in list(_SHELL_FENCE.finditer(passage.text))[:MOST_COMMANDS]:
        body = fence[1].strip()
        label = _label_before(passage, fence.start())
        if label is None or "\n" in body or not 0 < len(body) <= LONGEST_TOLD:
            continue
        start = fence.start(1) + fence[1].find(body)
        span = passage.span(start, start + len(body))
        command = Line(" ".join(body.split()), (Cited(span, "statement"),))
        yield TOLD_COMMAND.of(label=label, command=command)


def how_to(evidence: Evidence) -> Memo | None:
    """The first commands of a session that were seen to work.

    Once a session: what builds and tests a project changes seldom.
    """
    if not evidence.is_known_from_start:
        return None
    if any(_worked(evidence.before)):
        return None
    found = list({run.same: run for run in _worked(evidence)}.values())[:MOST_COMMANDS]
    if not found:
        return None
    facts = [_how_to(run) for run in found]
    cited = (cited for fact in facts for cited in fact.cited)
    title = JOINT.join(fact.text for fact in facts)
    return Memo(
        type="discovery",
        trust="tool",
        title=Line(title, tuple(dict.fromkeys(cited))),
        facts=facts,
        concepts=("pattern",),
        metadata={"howTo": [run.same for run in found]},
    )


def _worked(evidence: Evidence | None) -> Iterator[Run]:
    """The last pass of each command that is not about one case."""
    for run in evidence.runs if evidence else ():
        command = run.command.text
        general = len(command) <= LONGEST_GENERAL and not _FOR_ONE_CASE.search(command)
        runner = bool(_RUNNER.match(command))
        if run.ending is Ending.PASSED and general and runner:
            yield run


def _how_to(run: Run) -> Line:
    line = HOW_TO[run.purpose].of(command=run.command)
    return Line(line.text, (*line.cited, *(run.told.cited if run.told else ())))


def _label_before(passage: Passage, at: int) -> Line | None:
    """The line right before a place, where it leads to what follows."""
    labels = [*_LABEL.finditer(passage.text, max(0, at - FAR), at)]
    if not labels or passage.text[labels[-1].end() : at].strip():
        return None
    span = passage.span(labels[-1].start(), labels[-1].end())
    return Line(plain(labels[-1][0]), (Cited(span, "statement"),))
