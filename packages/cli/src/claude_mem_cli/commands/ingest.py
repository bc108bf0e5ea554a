# SPDX-License-Identifier: Apache-2.0
"""`claude-mem ingest`: files of hook payloads become memories."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import click
from claude_mem_core.domain.project import Project
from claude_mem_core.errors import InvalidInputError

from claude_mem_cli import exits, screen
from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.ingestion import (
    Capture,
    Held,
    Taken,
    capture_of,
    held_now,
    take_in,
)
from claude_mem_cli.payloads import STDIN, opened
from claude_mem_cli.settings import ClientSettings

MOST_TOLD = 20
"""Lines at fault that are told one by one."""

HEAD = ("EVENTS", "NEW", "KNOWN", "LEFT OUT", "SESSIONS", "SECONDS", "FILE")
PROJECTS = ("MEMORIES", "", "PROJECT", "FOLDER")


@click.command
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option("--project", help="All into this project; else by folder.")
@click.option("--agent", default="claude-code", help="Whose hooks these are.")
@click.option("--no-wait", is_flag=True, help="Return before the memories are made.")
@screen.json_option
def ingest(
    *,
    files: Sequence[str],
    project: str | None,
    agent: str,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Take in FILES of hook payloads: one JSON object a line, plain or gzip.

    `-` is standard input. Each session goes to the project of the repository, or else
    of the folder, that it began in, unless --project names one for all. Taking in
    the same file again adds nothing. A line that holds no payload is reported, the
    others are taken in, and the command ends with 2. MEMORIES are those that the
    file's projects hold then.
    """
    project = project or ClientSettings.from_env(os.environ).project
    start = time.monotonic()
    capture = capture_of(agent)
    with connected(os.environ) as client:
        screen.note(f"Taking in by {screen.line(client.where)}")
        taken = [
            _file(path, project, client=client, capture=capture, quiet=as_json)
            for path in files
        ]
        if not no_wait:
            _wait(client, quiet=as_json)
        held = held_now(taken, client)
    seconds = time.monotonic() - start
    return _report(taken, held, seconds, waited=not no_wait, as_json=as_json)


def _file(
    path: str,
    project: str | None,
    *,
    client: Client,
    capture: Capture,
    quiet: bool,
) -> Taken:
    size = Path(path).stat().st_size if path != STDIN else 0
    with opened(path) as source, _bar(size, Path(path).name, quiet=quiet) as bar:

        def step(position: int) -> None:
            bar.update(position - bar.pos)

        return take_in(source, into=project, client=client, capture=capture, step=step)


def _wait(client: Client, *, quiet: bool) -> None:
    left = client.jobs_left()
    most = next(left)
    with _bar(most, "Making memories", quiet=quiet) as bar:
        for depth in chain([most], left):
            # Others may put in work meanwhile: the bar only ever goes on.
            bar.update(max(0, most - depth - bar.pos))


def _bar(
    length: int, label: str, *, quiet: bool
) -> click._termui_impl.ProgressBar[int]:
    hidden = quiet or not length or not sys.stderr.isatty()
    label = screen.cut(screen.line(label), 30)
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden)


def _report(
    taken: Sequence[Taken],
    held: Mapping[str, Held],
    seconds: float,
    *,
    waited: bool,
    as_json: bool,
) -> int:
    problems = [problem for one in taken for problem in one.problems]
    for problem in problems[:MOST_TOLD]:
        screen.note(f"Left out: {screen.line(str(problem))}")
    if len(problems) > MOST_TOLD:
        screen.note(f"Left out: {len(problems) - MOST_TOLD} more lines")
    message = f"{len(problems)} lines were left out" if problems else None
    if as_json:
        fault = {"error": InvalidInputError.code, "message": message}
        totals = {**_totals(taken), "memoriesMade": _made(held)}
        spent = {"seconds": round(seconds, 3), "waited": waited}
        files = [_wire(one, held) for one in taken]
        told = {**totals, **spent, "files": files}
        screen.say_json({**told, **(fault if problems else {})})
    else:
        _show(taken, held, seconds, waited=waited)
    if message is None:
        return exits.OK
    screen.note(f"Error: {message} ({InvalidInputError.code})")
    return exits.BAD_INPUT


def _show(
    taken: Sequence[Taken], held: Mapping[str, Held], seconds: float, *, waited: bool
) -> None:
    rows = [
        (
            *(one.accepted, one.new, one.duplicates, len(one.problems)),
            *(len(one.sessions), f"{one.seconds:.1f}", one.file),
        )
        for one in taken
    ]
    screen.say(screen.table(HEAD, rows))
    projects = {found.id: found for one in taken for found in one.projects}
    made = frozenset[str]().union(*(one.made for one in taken))
    into = [
        (
            *(held[id_].total, "new" if id_ in made else "", found.slug),
            found.root_path or found.name,
        )
        for id_, found in projects.items()
    ]
    if into:
        screen.say(screen.table(PROJECTS, into))
    mended = sum(one.mended for one in taken)
    if mended:
        screen.say(f"{mended} NULs or halves of characters became U+FFFD.")
    end = "all jobs are done" if waited else "the jobs go on"
    new = f"{sum(one.new for one in taken)} new events, {_made(held)} new memories"
    screen.say(f"{new} in {seconds:.1f} s; {end}.")


def _made(held: Mapping[str, Held]) -> int:
    return sum(one.made for one in held.values())


def _totals(taken: Sequence[Taken]) -> Mapping[str, int]:
    return {
        "accepted": sum(one.accepted for one in taken),
        "new": sum(one.new for one in taken),
        "duplicates": sum(one.duplicates for one in taken),
        "rejected": sum(len(one.problems) for one in taken),
        "mended": sum(one.mended for one in taken),
        "sessions": len({name for one in taken for name in one.sessions}),
    }


def _wire(one: Taken, held: Mapping[str, Held]) -> Mapping[str, object]:
    problems = [
        {"line": fault.line, "cause": fault.cause, "cure": fault.cure}
        for fault in one.problems
    ]
    return {
        "file": one.file,
        "projects": [
            _of_project(found, held[found.id], is_new=found.id in one.made)
            for found in one.projects
        ],
        "accepted": one.accepted,
        "new": one.new,
        "duplicates": one.duplicates,
        "sessions": len(one.sessions),
        "mended": one.mended,
        "seconds": round(one.seconds, 3),
        "problems": problems,
    }


def _of_project(project: Project, held: Held, *, is_new: bool) -> Mapping[str, object]:
    named = {"id": project.id, "slug": project.slug, "name": project.name}
    return {
        **named,
        "created": is_new,
        "memories": dict(held.memories),
        "memoriesMade": held.made,
    }
