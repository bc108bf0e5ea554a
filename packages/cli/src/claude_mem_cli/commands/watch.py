# SPDX-License-Identifier: Apache-2.0
"""`claude-mem watch`: what agents write down is taken in while they work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import click
from claude_mem_core.domain.transcript import Problem
from claude_mem_core.errors import AdapterError
from claude_mem_core.settings import CoreSettings
from typing_extensions import override

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.signals import stopping
from claude_mem_cli.transcripts import Finder, Found
from claude_mem_cli.watching import LOOK_EVERY, Listener, Watch


@click.command
@click.option("--from", "agents", multiple=True, help="Only of this agent.")
@screen.json_option
def watch(*, agents: Sequence[str], as_json: bool) -> None:
    """Follow the transcripts that agents write, and take in what is new, until Ctrl-C.

    It is for agents that have no hooks here; those that have need nothing else. With
    --json each line of the answer is an object, for a transcript in which events were
    new.
    """
    finder = Finder(os.environ, agents)
    with connected(os.environ, spool=True) as client:
        where = client.where
    data = CoreSettings.from_env(os.environ).folder
    told = _Told(as_json=as_json)
    following = Watch(os.environ, finder, data, told)
    done = Event()
    with stopping(done.set):
        following.look()
        screen.note(f"Watching for {screen.line(where)}")
        for place in finder.places:
            screen.note(f"  {screen.line(str(place))}")
        screen.note("  stop  Ctrl-C")
        while not done.wait(LOOK_EVERY):
            following.look()
    screen.note(f"Took in {screen.amount(told.events, 'event')}.")


@dataclass
class _Told(Listener):
    """Says on the screen what is seen."""

    as_json: bool
    events: int = 0

    @override
    def took(self, found: Found, events: int) -> None:
        self.events += events
        if self.as_json:
            agent, file = found.format.name, str(found.path)
            screen.say_json({"agent": agent, "file": file, "new": events})
            return
        at = f"{datetime.now().astimezone():%H:%M:%S}"
        new = screen.amount(events, "event")
        screen.say(f"{at}  {new}  {found.format.name}  {screen.line(found.path.name)}")

    @override
    def left_out(self, problem: Problem) -> None:
        screen.note(f"Left out: {screen.line(str(problem))}")

    @override
    def waits(self, error: AdapterError) -> None:
        screen.note(f"Waiting: {screen.line(str(error))}")
