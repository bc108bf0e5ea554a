# SPDX-License-Identifier: Apache-2.0
"""Telling what became of files that were taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claude_mem_core.domain.coverage import CoverageTotals
from claude_mem_core.domain.project import Project
from claude_mem_core.errors import InvalidInputError

from claude_mem_cli import exits, screen
from claude_mem_cli.coverage_told import coverage_line
from claude_mem_cli.homes import Held
from claude_mem_cli.reconciling import totals
from claude_mem_cli.taken import Compared, Taken

MOST_TOLD = 20
"""Lines at fault that are told one by one."""

MOST_FILES = 20
"""Files that have a row each; more of them have one for each agent."""

COUNTS = ("EVENTS", "NEW", "KNOWN", "LEFT OUT", "SESSIONS")
BY_FILE = (*COUNTS, "SECONDS", "FILE")
BY_AGENT = (*COUNTS, "FILES", "AGENT")
PROJECTS = ("MEMORIES", "", "PROJECT", "FOLDER")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all files.

    Attributes:
        held: What their projects hold now, by the ids of the projects.
        waited: The memories are made.
    """

    taken: Sequence[Taken]
    held: Mapping[str, Held]
    seconds: float
    waited: bool

    def tell(self, *, as_json: bool) -> int:
        """Tell it; the exit code."""
        tell_problems(self.taken)
        fault = fault_of(self.taken)
        if as_json:
            screen.say_json({**self._wire(), **(fault or {})})
        else:
            self._show()
        if fault is None:
            return exits.OK
        screen.note(f"Error: {fault['message']} ({fault['error']})")
        return exits.BAD_INPUT

    def _show(self) -> None:
        if len(self.taken) <= MOST_FILES:
            rows = [
                (*_counts([one]), f"{one.seconds:.1f}", _called(one))
                for one in self.taken
            ]
            screen.say(screen.table(BY_FILE, rows))
        else:
            agents = {one.agent or "payloads": None for one in self.taken}
            each = {
                agent: [one for one in self.taken if (one.agent or "payloads") == agent]
                for agent in agents
            }
            by_agent = [(*_counts(of), len(of), agent) for agent, of in each.items()]
            screen.say(screen.table(BY_AGENT, by_agent))
        self._show_projects()
        mended = sum(one.mended for one in self.taken)
        if mended:
            screen.say(f"{mended} NULs or halves of characters became U+FFFD.")
        coverage = coverage_told(self.taken)
        if coverage is not None:
            screen.say(coverage_line(coverage))
        end = "all jobs are done" if self.waited else "the jobs go on"
        new = sum(one.new for one in self.taken)
        made = f"{new} new events, {self._made} new memories"
        screen.say(f"{made} in {self.seconds:.1f} s; {end}.")

    def _show_projects(self) -> None:
        projects = {found.id: found for one in self.taken for found in one.projects}
        made = frozenset[str]().union(*(one.made for one in self.taken))
        into = [
            (
                *(self.held[id_].total, "new" if id_ in made else "", found.slug),
                found.root_path or found.name,
            )
            for id_, found in projects.items()
        ]
        if into:
            screen.say(screen.table(PROJECTS, into))

    @property
    def _made(self) -> int:
        return sum(one.made for one in self.held.values())

    def _wire(self) -> dict[str, object]:
        coverage = coverage_told(self.taken)
        return {
            "accepted": sum(one.accepted for one in self.taken),
            "new": sum(one.new for one in self.taken),
            "duplicates": sum(one.duplicates for one in self.taken),
            "rejected": sum(len(one.problems) for one in self.taken),
            "mended": sum(one.mended for one in self.taken),
            "sessions": len({name for one in self.taken for name in one.sessions}),
            "memoriesMade": self._made,
            "coverage": coverage and coverage.to_wire(),
            "seconds": round(self.seconds, 3),
            "waited": self.waited,
            "files": [self._file(one) for one in self.taken],
        }

    def _file(self, one: Taken) -> Mapping[str, object]:
        return {
            "file": one.file,
            "agent": one.agent,
            "unchanged": one.unchanged,
            "projects": [
                _of_project(found, self.held[found.id], is_new=found.id in one.made)
                for found in one.projects
            ],
            "accepted": one.accepted,
            "new": one.new,
            "duplicates": one.duplicates,
            "sessions": len(one.sessions),
            "mended": one.mended,
            "seconds": round(one.seconds, 3),
            "problems": problems_of(one),
        }


def tell_problems(taken: Sequence[Taken]) -> None:
    """Tell each line that was left out, or how many more there are."""
    problems = [problem for one in taken for problem in one.problems]
    for problem in problems[:MOST_TOLD]:
        screen.note(f"Left out: {screen.line(str(problem))}")
    if len(problems) > MOST_TOLD:
        screen.note(f"Left out: {len(problems) - MOST_TOLD} more lines")


def fault_of(taken: Sequence[Taken]) -> dict[str, str] | None:
    """What is said of lines that were left out; None where none was."""
    count = sum(len(one.problems) for one in taken)
    if not count:
        return None
    told = f"{screen.amount(count, 'line')} left out"
    return {"error": InvalidInputError.code, "message": told}


def problems_of(one: Taken) -> Sequence[Mapping[str, object]]:
    """The lines of a file that were left out."""
    return [
        {"file": at.file, "line": at.line, "cause": at.cause, "cure": at.cure}
        for at in one.problems
    ]


def coverage_told(taken: Sequence[Taken]) -> CoverageTotals | None:
    """How much is kept of the transcripts' sessions; None where there are none."""
    each = [at for one in taken for at in one.compared if not at.excluded]
    return totals([one.coverage for one in each]) if each else None


def session_wire(one: Compared) -> Mapping[str, object]:
    """A session that was compared, as programs are told of it."""
    return {
        "contentSessionId": one.name,
        "sessionId": one.session_id,
        "rootPath": one.root_path,
        "excluded": one.excluded,
        "added": one.added,
        "coverage": one.coverage.to_wire(),
    }


def _called(one: Taken) -> str:
    """A file for a person: agents give theirs long ways and names of their own."""
    return one.file if one.agent is None else Path(one.file).name


def _counts(taken: Sequence[Taken]) -> tuple[int, ...]:
    return (
        sum(one.accepted for one in taken),
        sum(one.new for one in taken),
        sum(one.duplicates for one in taken),
        sum(len(one.problems) for one in taken),
        len({name for one in taken for name in one.sessions}),
    )


def _of_project(project: Project, held: Held, *, is_new: bool) -> Mapping[str, object]:
    named = {"id": project.id, "slug": project.slug, "name": project.name}
    return {
        **named,
        "created": is_new,
        "memories": dict(held.memories),
        "memoriesMade": held.made,
    }
