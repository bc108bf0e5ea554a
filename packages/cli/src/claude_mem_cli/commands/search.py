# SPDX-License-Identifier: Apache-2.0
"""`claude-mem search`: an index of the memories that fit, best first."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.value import JsonObject

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.filtering import filter_options, joined, told
from claude_mem_cli.memories import show_hits, show_index
from claude_mem_cli.projects import project_meant


@click.command
@click.argument("query", required=False)
@click.option("--project", help="In this project; else that of this folder.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="At most so many.",
)
@filter_options
@click.option(
    "--open",
    "open_files",
    multiple=True,
    help="Lift what is about this file, which is open; --file shows nothing else.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    help="Answer nothing where it is less likely that anything fits.",
)
@click.option("--full", is_flag=True, help="Show how each memory begins.")
@screen.json_option
def search(
    *,
    query: str | None,
    project: str | None,
    limit: int,
    full: bool,
    as_json: bool,
    **options: object,
) -> None:
    """Find memories that fit QUERY, best first; without it the latest.

    An option of a list may be given several times, or once with commas. What an ID
    stands for is shown by claude-mem get, and what was around it by claude-mem
    timeline.
    """
    with connected(os.environ) as client:
        found = project_meant(client, project, folder=Path.cwd(), env=os.environ)
        asked = told(options, now=time.time_ns() // 1_000_000) | _weighed(options)
        about = {} if query is None else {"query": query}
        asked |= {"projectId": found.id, "limit": limit, **about}
        result = client.search(SearchQuery.from_wire(asked))
    if as_json:
        answer = {"query": query, "project": found.to_wire()}
        parts = {
            "memories": [hit.item.to_wire() for hit in result.hits],
            "scores": [hit.score for hit in result.hits],
            "index": [one.to_wire() for one in result.index],
            "confidence": result.confidence,
        }
        screen.say_json({**answer, **parts})
    elif not result.hits:
        screen.say("Nothing fits.")
    elif full:
        show_hits(result.hits)
    else:
        show_index(result.index)


def _weighed(options: Mapping[str, Any]) -> JsonObject:
    """What is said of how memories are weighed, as the question says it."""
    least = options["min_confidence"]
    opened = joined(options["open_files"]) if options["open_files"] else None
    asked = {"minConfidence": least, "openFiles": opened}
    return {key: value for key, value in asked.items() if value is not None}
