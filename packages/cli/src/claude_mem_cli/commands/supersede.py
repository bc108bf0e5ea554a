# SPDX-License-Identifier: Apache-2.0
"""`claude-mem supersede`: which memory took another's place."""

from __future__ import annotations

import os

import click
from claude_mem_core.domain.by_hand import Supersession

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.memories import title_of


@click.command
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW", required=False)
@click.option("--undo", is_flag=True, help="In place of NEW: none took its place.")
@screen.json_option
def supersede(*, old: str, new: str | None, undo: bool, as_json: bool) -> None:
    """Let the memory NEW take the place of the memory OLD, which is told no longer."""
    if (new is None) != undo:
        raise click.UsageError("give NEW, or --undo")
    told = Supersession(superseded_by_id=new, undo=undo)
    with connected(os.environ) as client:
        change = client.supersede(old, told)
    if as_json:
        screen.say_json(change.to_wire())
        return
    title = title_of(change.memory)
    place = "is current" if undo else f"gave way to {screen.line(new or '')}"
    screen.say(f"{title} {place}{' already' if change.unchanged else ' now'}.")
