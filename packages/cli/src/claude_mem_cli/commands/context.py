# SPDX-License-Identifier: Apache-2.0
"""`claude-mem context`: what the next session is told."""

from __future__ import annotations

import os
from pathlib import Path

import click
from claude_mem_core.domain.context_pack import DEFAULT_TOKEN_BUDGET, ContextQuery

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.projects import project_meant


@click.command
@click.argument("query", required=False)
@click.option("--project", help="Of this project; else that of this folder.")
@click.option(
    "--tokens",
    type=click.IntRange(1),
    default=DEFAULT_TOKEN_BUDGET,
    show_default=True,
    help="At most so many tokens.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 50),
    default=10,
    show_default=True,
    help="From at most so many memories.",
)
@screen.json_option
def context(
    *, query: str | None, project: str | None, tokens: int, limit: int, as_json: bool
) -> None:
    """Show what the next session is told: what fits QUERY, or the newest."""
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        asked = {"projectId": found.id, "limit": limit, "tokenBudget": tokens}
        about = {} if query is None else {"query": query}
        told = client.context(ContextQuery.from_wire({**asked, **about}))
    if as_json:
        memories = [item.to_wire() for item in told.memories]
        facts = {"project": found.to_wire(), "tokenBudget": tokens}
        told_json = {"context": told.context, "tokens": told.tokens}
        screen.say_json({**facts, **told_json, "memories": memories})
        return
    screen.say(screen.plain(told.context) or "There is nothing to tell.")
    screen.note(f"{len(told.memories)} memories, {told.tokens} of {tokens} tokens")
