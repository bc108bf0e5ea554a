# SPDX-License-Identifier: Apache-2.0
"""`claude-mem timeline`: what was around a memory, a session or a moment."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
from claude_mem_core.domain.timeline import TimelineQuery

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.filtering import filter_options, told
from claude_mem_cli.memories import show_index
from claude_mem_cli.projects import project_meant

DEPTH = click.IntRange(0, 100)


@click.command
@click.argument("anchor", required=False)
@click.option("--query", help="In place of ANCHOR: the best memory for this.")
@click.option("--project", help="In this project; else that of this folder.")
@click.option("--before", type=DEPTH, default=10, show_default=True, help="So many.")
@click.option("--after", type=DEPTH, default=10, show_default=True, help="So many.")
@filter_options
@screen.json_option
def timeline(
    *,
    anchor: str | None,
    query: str | None,
    project: str | None,
    before: int,
    after: int,
    as_json: bool,
    **filters: object,
) -> None:
    """Show what was around ANCHOR, oldest first.

    ANCHOR is the id of a memory or of a session, a day, or a time.
    """
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        asked = told(filters, now=time.time_ns() // 1_000_000)
        asked |= {"projectId": found.id, "depthBefore": before, "depthAfter": after}
        named = {"anchor": anchor, "query": query}
        asked |= {name: one for name, one in named.items() if one is not None}
        line = client.timeline(TimelineQuery.from_wire(asked))
    if as_json:
        anchored = {"anchorId": line.anchor_id, "anchorEpoch": line.anchor_epoch}
        memories = [item.to_wire() for item in line.items]
        parts = {"memories": memories, "index": [one.to_wire() for one in line.index]}
        screen.say_json({"project": found.to_wire(), **anchored, **parts})
    elif line.items:
        show_index(line.index)
    else:
        screen.say("Nothing is there.")
