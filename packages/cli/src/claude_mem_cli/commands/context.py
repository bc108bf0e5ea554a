# SPDX-License-Identifier: Apache-2.0
"""`claude-mem context`: what the next session is told."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import click
from claude_mem_core.domain.context_pack import (
    DEFAULT_TOKEN_BUDGET,
    LONGEST_OUTPUT,
    ContextQuery,
    Told,
)

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.filtering import moment_options, told
from claude_mem_cli.projects import project_meant

BEST_LEFT = 5
"""Memories that a pack left out, of which its explanation tells."""


@click.command
@click.argument("query", required=False)
@click.option("--project", help="Of this project; else that of this folder.")
@click.option("--file", "files", multiple=True, help="Of this file; many are allowed.")
@click.option("--command", "failed", help="About this command, which failed.")
@click.option("--error", help="About this message of the command.")
@click.option(
    "--output", type=click.File("rb"), help="About the errors in this file; - is stdin."
)
@click.option(
    "--tokens",
    type=click.IntRange(1),
    default=DEFAULT_TOKEN_BUDGET,
    show_default=True,
    help="At most so many tokens.",
)
@click.option("--characters", type=click.IntRange(1), help="At most so many.")
@click.option(
    "--limit",
    type=click.IntRange(1, 50),
    default=10,
    show_default=True,
    help="From at most so many memories.",
)
@click.option("--explain", is_flag=True, help="Tell why each memory is in it or not.")
@moment_options
@screen.json_option
def context(*, project: str | None, as_json: bool, **options: object) -> None:
    """Show what the next session is told: what fits QUERY, or what it should know.

    With a file or a failed command it tells what is known of those.
    """
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        asked = ContextQuery.from_wire({"projectId": found.id, **_asked(options)})
        pack = client.context(asked)
    if as_json:
        answer = {
            "project": found.to_wire(),
            "packId": pack.pack_id,
            "context": pack.context,
            "tokenBudget": asked.token_budget,
            "characterBudget": asked.character_budget,
            "tokens": pack.tokens,
            "memories": [item.to_wire() for item in pack.memories],
        }
        reasons = [one.to_wire() for one in pack.explanation]
        screen.say_json(answer | ({"explanation": reasons} if asked.explain else {}))
        return
    screen.say(screen.plain(pack.context) or "There is nothing to tell.")
    if asked.explain:
        screen.say(reasoned(pack.explanation))
    screen.note(
        f"{len(pack.memories)} memories, {pack.tokens} of {asked.token_budget} tokens"
    )


def _asked(options: Mapping[str, object]) -> dict[str, object]:
    output = options["output"]
    said = {
        "query": options["query"],
        "files": options["files"] or None,
        "command": options["failed"],
        "error": options["error"],
        "output": None if output is None else _printed(cast("BinaryIO", output)),
        "tokenBudget": options["tokens"],
        "characterBudget": options["characters"],
        "limit": options["limit"],
        "explain": options["explain"] or None,
    }
    moments = told(options, now=time.time_ns() // 1_000_000)
    return {name: one for name, one in said.items() if one is not None} | moments


def _printed(output: BinaryIO) -> str:
    """The end of what a command printed, whatever bytes are in it."""
    text = output.read().decode("utf-8", "replace")
    return text.replace("\0", "")[-LONGEST_OUTPUT:]


def reasoned(explanation: Sequence[Told]) -> str:
    """What was taken, the best of what was not, and how many more there were."""
    left = [one for one in explanation if not one.included]
    best = sorted(left, key=lambda one: -one.score)[:BEST_LEFT]
    shown = [*(one for one in explanation if one.included), *best]
    rows = [
        (
            f"{one.score:.2f}",
            f"{one.feedback:+.2f}",
            f"{one.contradicted:+.2f}",
            str(one.tokens),
            one.reason,
            one.memory_id,
        )
        for one in shown
    ]
    columns = ("WORTH", "FEEDBACK", "CONTRADICTED", "TOKENS", "REASON", "MEMORY")
    table = screen.table(columns, rows)
    more = len(left) - len(best)
    return f"{table}\n{more} more were considered and left out." if more else table
