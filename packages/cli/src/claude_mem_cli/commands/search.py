# SPDX-License-Identifier: Apache-2.0
"""`claude-mem search`: the memories that fit, best first."""

from __future__ import annotations

import os
from pathlib import Path

import click
from claude_mem_core.domain.search import SearchQuery

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.memories import show_hits
from claude_mem_cli.projects import project_meant


@click.command
@click.argument("query")
@click.option("--project", help="In this project; else that of this folder.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="At most so many.",
)
@screen.json_option
def search(*, query: str, project: str | None, limit: int, as_json: bool) -> None:
    """Find memories that fit QUERY, best first."""
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        asked = {"projectId": found.id, "query": query, "limit": limit}
        hits = client.search(SearchQuery.from_wire(asked))
    if as_json:
        memories = [hit.item.to_wire() for hit in hits]
        scores = [hit.score for hit in hits]
        answer = {"query": query, "project": found.to_wire()}
        screen.say_json({**answer, "memories": memories, "scores": scores})
    elif hits:
        show_hits(hits)
    else:
        screen.say("Nothing fits.")
