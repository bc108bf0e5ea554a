# SPDX-License-Identifier: Apache-2.0
"""`claude-mem ingest`: what agents did before becomes memories."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen, telling_taken
from claude_mem_cli.backfill import take_all
from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.given import Given, given_by
from claude_mem_cli.homes import held_now
from claude_mem_cli.ingestion import Capture, capture_of, take_in
from claude_mem_cli.payloads import STDIN, opened
from claude_mem_cli.settings import ClientSettings
from claude_mem_cli.taken import Taken


@click.command
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=True, readable=True, allow_dash=True),
)
@click.option("--all", "everything", is_flag=True, help="All that agents kept here.")
@click.option("--from", "agents", multiple=True, help="Only what this agent kept.")
@click.option("--again", is_flag=True, help="Read transcripts again that are done.")
@click.option("--project", help="All into this project; else by folder.")
@click.option("--agent", default="claude-code", help="Whose hooks the payloads are of.")
@click.option("--no-wait", is_flag=True, help="Return before the memories are made.")
@screen.json_option
def ingest(
    *,
    again: bool,
    project: str | None,
    agent: str,
    no_wait: bool,
    as_json: bool,
    **named: Any,  # noqa: ANN401 - what `given_by` takes
) -> int:
    """Take in what agents did before.

    FILES are transcripts, which agents write of their sessions, folders of such, or
    files of hook payloads: one JSON object a line, plain or gzip; `-` is payloads on
    standard input. --all takes in the transcripts in the agents' own folders below
    your home, --from those of one agent.

    Each session goes to the project of the repository, or else of the folder, that it
    began in, unless --project names one for all. Taking in the same again adds
    nothing, and an interrupted run goes on where it was. A line at fault is reported,
    the others are taken in, and the command ends with 2. MEMORIES are those that the
    projects hold then.
    """
    project = project or ClientSettings.from_env(os.environ).project
    start = time.monotonic()
    given = given_by(os.environ, **named)
    capture = capture_of(agent) if given.payloads else None
    with connected(os.environ, spool=True) as client:
        screen.note(f"Taking in by {screen.line(client.where)}")
        taken = [*_transcripts(given, project, client, again=again, quiet=as_json)]
        if capture is not None:
            taken += [
                _payloads(path, project, client, capture, quiet=as_json)
                for path in given.payloads
            ]
        if not no_wait:
            _wait(client, quiet=as_json)
        held = held_now([one.before for one in taken], client)
    report = telling_taken.Report(
        taken, held, time.monotonic() - start, waited=not no_wait
    )
    if given.ignored:
        screen.note(f"{screen.amount(given.ignored, 'other file')} left alone")
    return report.tell(as_json=as_json)


def _transcripts(
    given: Given, project: str | None, client: Client, *, again: bool, quiet: bool
) -> Iterator[Taken]:
    if not given.transcripts:
        return
    size = sum(one.size for one in given.transcripts)
    label = screen.amount(len(given.transcripts), "transcript")
    with _bar(size, label, quiet=quiet) as bar:
        yield from take_all(
            given.transcripts,
            into=project,
            client=client,
            folder=CoreSettings.from_env(os.environ).folder,
            again=again,
            # Files may grow meanwhile: the bar only ever goes on.
            step=lambda behind: bar.update(max(0, min(behind, size) - bar.pos)),
        )


def _payloads(
    path: str, project: str | None, client: Client, capture: Capture, *, quiet: bool
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
