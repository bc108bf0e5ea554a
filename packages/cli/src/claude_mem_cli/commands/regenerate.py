# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server regenerate`: the past shown to a generator again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from claude_mem_core.domain.project import Project
from claude_mem_core.domain.replay import (
    Difference,
    Gist,
    Refusal,
    ReplayPage,
    ReplayRequest,
)
from claude_mem_core.errors import GeneratorError

from claude_mem_cli import exits, screen
from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.projects import project_meant

MOST_TOLD = 20
"""Differences that are told one by one."""

TITLE = 100
"""Columns of a title."""


@dataclass
class _Sum:
    """What all pages come to."""

    generator: str = ""
    sessions: int = 0
    compared: int = 0
    same: int = 0
    differences: list[Difference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, page: ReplayPage) -> None:
        """Count a page in."""
        self.generator = page.generator
        self.sessions += page.sessions
        self.compared += page.compared
        self.same += page.same
        self.differences.extend(page.differences)
        self.refusals.extend(page.refusals)


@click.command
@click.option("--generator", help="Which one; else that of the server's settings.")
@click.option("--dry-run", is_flag=True, help="Compare only, and write nothing.")
@click.option("--project", help="Of this project; else that of this folder.")
@screen.json_option
def regenerate(
    *, generator: str | None, dry_run: bool, project: str | None, as_json: bool
) -> int:
    """Make a project's memories anew from its past events.

    What comes out otherwise takes the place of what is stored. A memory that a person
    corrected stays as it is, and so does what the generator fails at: the command
    then ends with 69.
    """
    request = ReplayRequest(generator=generator, dry_run=dry_run)
    total = _Sum()
    with connected(os.environ) as client:
        where = client.where
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        for page in _pages(client, found, request):
            total.add(page)
            _show_progress(total)
    _end_progress()
    if as_json:
        _say_json(total, found, where=where, dry_run=dry_run)
    else:
        screen.note(f"By {screen.line(where)}")
        _say(total, dry_run=dry_run)
    return exits.exit_code(_failure(total)) if total.refusals else exits.OK


def _pages(
    client: Client, project: Project, request: ReplayRequest
) -> Iterator[ReplayPage]:
    while True:
        page = client.regenerate(project.id, request)
        yield page
        if page.next is None:
            return
        request = request.changed(after=page.next)


def _show_progress(total: _Sum) -> None:
    if sys.stderr.isatty():
        told = screen.amount(total.sessions, "session")
        click.echo(f"\r{told}, {total.compared} compared", nl=False, err=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        click.echo(err=True)


def _say(total: _Sum, *, dry_run: bool) -> None:
    for one in total.differences[:MOST_TOLD]:
        screen.say(_told(one))
    rest = len(total.differences) - MOST_TOLD
    if rest > 0:
        screen.note(f"{rest} more are different; --json tells all")
    for refusal in total.refusals[:MOST_TOLD]:
        place = _place(refusal.session_id, refusal.turn)
        screen.note(f"Left as it is: {place}: {screen.line(refusal.message)}")
    screen.say(_table(total))
    if dry_run:
        screen.note("Nothing was written: without --dry-run it is")


def _told(one: Difference) -> str:
    lines = [screen.faint(_place(one.session_id, one.turn))]
    lines += [f"  - {_title(gist)}" for gist in one.before]
    lines += [f"  + {_title(gist)}" for gist in one.after]
    return "\n".join(lines)


def _title(gist: Gist) -> str:
    room = min(TITLE, screen.columns()) - len("  - ")
    return screen.cut(f"{gist.type}: {screen.line(gist.title)}", room)


def _place(session_id: str, turn: int | None) -> str:
    part = "summary" if turn is None else f"turn {turn}"
    return f"session {session_id}, {part}"


def _table(total: _Sum) -> str:
    before = [gist for one in total.differences for gist in one.before]
    after = [gist for one in total.differences for gist in one.after]
    rows = [
        ("different before", len(before), _tokens(before)),
        (f"different by {screen.line(total.generator)}", len(after), _tokens(after)),
    ]
    counts = (
        f"{screen.amount(total.sessions, 'session')}: {total.compared} turns and "
        f"summaries compared, {total.same} the same, "
        f"{len(total.differences)} different, {len(total.refusals)} failed"
    )
    return f"{counts}\n{screen.table(('', 'MEMORIES', 'TOKENS'), rows)}"


def _tokens(gists: Sequence[Gist]) -> int:
    return sum(gist.tokens for gist in gists)


def _failure(total: _Sum) -> GeneratorError:
    return GeneratorError(f"{len(total.refusals)} failed", kind="unrecoverable")


def _say_json(total: _Sum, project: Project, *, where: str, dry_run: bool) -> None:
    screen.say_json(
        {
            "where": where,
            "projectId": project.id,
            "generator": total.generator,
            "dryRun": dry_run,
            "sessions": total.sessions,
            "compared": total.compared,
            "same": total.same,
            "differences": [one.to_wire() for one in total.differences],
            "refusals": [one.to_wire() for one in total.refusals],
        }
    )
