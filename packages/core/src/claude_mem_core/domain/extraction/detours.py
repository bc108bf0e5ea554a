# SPDX-License-Identifier: Apache-2.0
"""Commands that failed, and others to the same end that worked with nothing changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.extraction.checks import Ending, Run, asked_for
from claude_mem_core.domain.extraction.drafts import Memo
from claude_mem_core.domain.extraction.episodes import is_of_form_only
from claude_mem_core.domain.extraction.evidence import Evidence
from claude_mem_core.domain.extraction.places import Line
from claude_mem_core.domain.extraction.signatures import signature
from claude_mem_core.domain.extraction.tools import Deed, ToolUse
from claude_mem_core.domain.extraction.wording import WORKED_INSTEAD

MOST_BETWEEN = 12
"""Events from the failure to the command that worked; later ones had other reasons."""

# What starts a program, and says nothing of what it is to do.
_STARTERS = frozenset(
    (
        *("python", "python2", "python3", "py", "uv", "uvx", "poetry", "hatch", "pdm"),
        *("pipenv", "rye", "tool", "run", "exec", "npx", "pnpm", "yarn", "npm", "dlx"),
        *("bun", "bunx", "env", "sudo", "time", "nice", "bash", "sh", "mise", "x"),
    )
)
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PLAIN_OPTION = re.compile(
    r"-(?:v+|q+|-verbose|-quiet|s|-no-header|m|-color(?:=\w+)?)$"
)
_LESS = re.compile(
    r"skip|ignore|exclude|deselect|filter|only|short|bail|maxfail|no-verify|no-fail"
    r"|dry|list|collect|help|version|allow|warn|^-(?:k|t|run|n|x|h|V)\b|^-\d"
    r"|no-(?:check|lint|test|error)|^--(?:grep|tests?|lf|ff|fix|write|continue)",
    re.IGNORECASE,
)
"""Options by which a command does less than without them, or changes files itself."""

_JOINS = re.compile(r"&&|;")
_LEADS = re.compile(r"(?:cd|export|source|\.)\s|[A-Za-z_][A-Za-z0-9_]*=\S*$")
_CHANGES = re.compile(
    r"(?<![\w-])(?:git\s+(?:checkout|switch|stash|reset|pull|merge|rebase|apply|restore"
    r"|clean|revert|cherry-pick|mv|rm|submodule)|rm|mv|cp|ln|mkdir|touch|kill|pkill"
    r"|chmod|chown|tee|install|add|sync|ci|up|start|stop|restart|generate|tidy|fmt"
    r"|format|sed\s+-i|perl\s+-\w*i|patch|tar|unzip|curl|wget|migrate|build|compile)"
    r"(?![\w-])|(?<![0-9&-])>{1,2}(?!\s*/dev/null|&)"
)
"""A command that may have mended what failed."""


@dataclass(frozen=True)
class Detour:
    """A command that failed, and the one that did the same without failing."""

    failed: Run
    worked: Run
    command: Line

    @property
    def memo(self) -> Memo:
        """It as something to be told when the same failure is met."""
        complaint = self.failed.told or self.failed.command
        told = WORKED_INSTEAD.of(
            command=asked_for(self.failed.use) or self.failed.command,
            complaint=complaint,
            worked=self.command,
        )
        shown = self.worked.told.cited if self.worked.told else ()
        fact = Line(told.text, (*told.cited, *shown))
        return Memo(
            type="discovery",
            trust="tool",
            title=fact,
            facts=(fact,),
            concepts=("problem-solution",),
            metadata={"signature": signature(complaint.text)},
        )


def detours(evidence: Evidence) -> Iterator[Detour]:
    """Those of this turn; the failure may be of a turn before it."""
    before = evidence.before
    all_runs = [*(before.runs if before else ()), *evidence.runs]
    uses = [*(before.tools if before else ()), *evidence.tools]
    for worked in evidence.runs:
        if worked.ending is Ending.PASSED and (command := asked_for(worked.use)):
            failed = _failure_of(worked, all_runs, uses)
            if failed is not None:
                yield Detour(failed, worked, command)


def _failure_of(
    worked: Run, all_runs: Sequence[Run], uses: Sequence[ToolUse]
) -> Run | None:
    """The first of the failures, since one of the kind passed, that it gets round."""
    found: Run | None = None
    for run in all_runs:
        if run.use.at >= worked.use.at:
            continue
        if run.ending is Ending.PASSED and _is_known(run, worked):
            found = None
        elif run.ending is Ending.FAILED and found is None and _is_for(run, worked):
            found = run
    if found is None or found.told is None or is_of_form_only(found.told):
        return None
    near = worked.use.at - found.use.at <= MOST_BETWEEN
    return found if near and not _changed(found, worked, uses) else None


def _is_known(run: Run, worked: Run) -> bool:
    """Whether it was known by then what works: the other is the same again."""
    return _read(run) == _read(worked) or _is_for(run, worked)


def _is_for(run: Run, worked: Run) -> bool:
    """Whether one does all that the other was to do, told in another way."""
    one, other = _read(run), _read(worked)
    if one is None or other is None or one == other or not one.aim:
        return False
    if one.aim != other.aim_beside(one):
        return False
    given_up = one.options - other.options
    does_less = any(map(_LESS.search, other.options - one.options))
    # What was first done in the wrong folder tells nothing of the command.
    goes_along = set(one.lead) <= set(other.lead)
    return goes_along and not does_less and all(map(_PLAIN_OPTION.match, given_up))


@dataclass(frozen=True)
class _Read:
    """A command of one program.

    Attributes:
        lead: What is done first: the folder that it is for, and what is set.
        own: Its words.
    """

    lead: tuple[str, ...]
    own: tuple[str, ...]

    @property
    def options(self) -> set[str]:
        """What is said beside what it is to work on."""
        return {
            word for word in self.own if word[0] == "-" and word not in ("-m", "--")
        }

    @property
    def aim(self) -> tuple[str, ...]:
        """The program and what it is to work on, however it is started."""
        return self._aim(self.own)

    def aim_beside(self, one: _Read) -> tuple[str, ...]:
        """The same without the values of options that the other does not have."""
        known, new = {*one.own}, self.options - one.options
        before = ("", *self.own)
        words = zip(before, self.own, strict=False)
        return self._aim([w for b, w in words if w in known or b not in new])

    @staticmethod
    def _aim(own: Sequence[str]) -> tuple[str, ...]:
        words = [word for word in own if not _is_beside(word)]
        program = [words[0].rpartition("/")[2], *words[1:]] if words else []
        return tuple(word.removeprefix("./") for word in program)


def _read(run: Run) -> _Read | None:
    command = asked_for(run.use)
    parts = _JOINS.split(command.text) if command else []
    lead = tuple(part.strip() for part in parts[:-1])
    own = tuple(parts[-1].split()) if parts else ()
    is_one = all(map(_LEADS.match, lead)) and not {"||", "|", "&"} & {*own}
    return _Read(lead, own) if own and is_one else None


def _is_beside(word: str) -> bool:
    return word in _STARTERS or word[0] == "-" or bool(_SETTING.match(word))


def _changed(failed: Run, worked: Run, uses: Sequence[ToolUse]) -> bool:
    """Whether anything in between may have mended what failed."""
    between = (use for use in uses if failed.use.at < use.at < worked.use.at)
    return any(_may_change(use) for use in between)


def _may_change(use: ToolUse) -> bool:
    if use.deed is Deed.READS:
        return False
    if use.deed is not Deed.RUNS or use.command is None:
        return use.deed is not Deed.ASKS
    return bool(_CHANGES.search(use.command.text))
