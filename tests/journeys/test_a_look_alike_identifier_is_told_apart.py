# SPDX-License-Identifier: Apache-2.0
"""Of two hundred notes about names that look alike, the one that is meant is found."""

from __future__ import annotations

import random
from pathlib import Path

from claude_mem_core.api import (
    MemoryItemDraft,
    Principal,
    ProjectDraft,
    Runtime,
    SearchQuery,
    open_runtime,
)

ME = Principal.local()
NOTES = 200
DEEDS = ("get", "load", "parse", "render", "merge", "flush", "claim", "retry", "sync")
THINGS = ("user", "order", "cache", "token", "branch", "widget", "parser", "lease")
TOOLS = ("redis", "postgres", "kafka", "nginx", "sqlite", "celery", "arrow", "duckdb")


def name_of(note: int, draw: random.Random) -> str:
    """An identifier in one of five spellings, with parts that many others share."""
    deed, thing, other = draw.choice(DEEDS), draw.choice(THINGS), draw.choice(THINGS)
    return (
        f"module_{note}",
        f"{deed}{thing.title()}{other.title()}{note}",
        f"{deed}_{thing}_{other}_{note}",
        f"src/{thing}/{deed}_{other}{note}.py",
        f"ERR_{thing.upper()}_{1000 + note}",
    )[note % 5]


def keep(runtime: Runtime, project_id: str, name: str, draw: random.Random) -> str:
    """Add a note about a name; its id."""
    tool, other = draw.sample(TOOLS, 2)
    draft = MemoryItemDraft(
        project_id=project_id,
        kind="observation",
        type="decision",
        title=f"Chose {tool} for {name}",
        narrative=f"Beside {other}, {tool} bears the load of {name} and its "
        f"{draw.choice(THINGS)} better.",
    )
    return runtime.memories.add(draft, by=ME).id


def test_a_question_about_an_identifier_finds_its_note(tmp_path: Path) -> None:
    draw = random.Random(20_260_301)
    with open_runtime({"CLAUDE_MEM_DATA_DIR": str(tmp_path)}) as runtime:
        project_id = runtime.projects.create(ProjectDraft(name="names"), by=ME).id
        names = [name_of(note, draw) for note in range(NOTES)]
        ids = [keep(runtime, project_id, name, draw) for name in names]

        places = []
        for name, wanted in zip(names, ids, strict=True):
            query = SearchQuery(
                project_id=project_id, query=f"what did we choose for {name}?", limit=5
            )
            hits = runtime.recall.search(query, by=ME).hits
            places.append([hit.item.id for hit in hits].index(wanted))

    assert places.count(0) >= 0.98 * NOTES
