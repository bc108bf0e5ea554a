# SPDX-License-Identifier: Apache-2.0
"""`claude-mem demo`: what a user gets, in a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import click
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.search import SearchHit, SearchQuery
from claude_mem_core.errors import ConfigurationError
from claude_mem_core.launch import installed_plugins, open_runtime
from claude_mem_core.runtime import Runtime

from claude_mem_cli import screen
from claude_mem_cli.client import Told
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.ingestion import capture_of, take_in
from claude_mem_cli.memories import memory_table, show_hits
from claude_mem_cli.payloads import opened
from claude_mem_cli.taken import Taken

PROJECT = "tidepool"
SAMPLE = "sample_session.jsonl"
QUESTION = "why did parsing heights crash"

BUDGET = 1000


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demonstration came to, and how many seconds each step took."""

    engine: str
    taken: Taken
    memories: tuple[MemoryItem, ...]
    hits: tuple[SearchHit, ...]
    told: Told
    seconds: dict[str, float]


@click.command
@screen.json_option
def demo(*, as_json: bool) -> None:
    """Replay two sample sessions, and show what the next session would be told.

    It works in a temporary folder, needs no server, and touches nothing of yours.
    """
    with tempfile.TemporaryDirectory(prefix="claude-mem-demo-") as folder:
        shown = _play(Path(folder))
    if as_json:
        _say_json(shown)
    else:
        _show(shown)


def _play(folder: Path) -> Shown:
    watch = _Watch()
    engine, runtime = _runtime(folder)
    with runtime:
        client = ClientHere(runtime, "this process")
        watch.lap("open")
        with as_file(files("claude_mem_cli") / SAMPLE) as path:
            taken = _replay(path, client)
        watch.lap("replay")
        for _ in client.jobs_left():
            pass
        watch.lap("remember")
        [project] = taken.before
        asked = SearchQuery(project_id=project, query=QUESTION, limit=3)
        hits = client.search(asked).hits
        watch.lap("search")
        told = client.context(ContextQuery(project_id=project, token_budget=BUDGET))
        watch.lap("context")
        memories = _memories(runtime, project)
    return Shown(engine, taken, memories, hits, told, watch.laps)


def _memories(runtime: Runtime, project: str) -> tuple[MemoryItem, ...]:
    """All that the sample left, told or not."""
    me = Principal.local()
    wanted = ContextQuery(project_id=project, limit=50, explain=True)
    pack = runtime.context.pack(wanted, by=me)
    known = (one.memory_id for one in pack.explanation)
    return tuple(runtime.memories.get(one, by=me) for one in known)


def _replay(path: Path, client: ClientHere) -> Taken:
    with opened(str(path)) as source:
        return take_in(
            source,
            into=PROJECT,
            client=client,
            capture=capture_of("claude-code"),
            step=lambda _: None,
        )


def _runtime(folder: Path) -> tuple[str, Runtime]:
    """A runtime on SQLite where that is installed, else in this process."""
    plugins = installed_plugins()
    try:
        engine = plugins.storage("sqlite").name
    except ConfigurationError:
        engine = "in-process"
    # The rest of the user's settings speak of another folder, so they stay out.
    env = {
        "CLAUDE_MEM_DATA_DIR": str(folder),
        "CLAUDE_MEM_STORAGE_ENGINE": engine,
        "CLAUDE_MEM_QUEUE_ENGINE": engine,
    }
    return engine, open_runtime(env, plugins)


class _Watch:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(now - self._last, 4)
        self._last = now


def _say_json(shown: Shown) -> None:
    screen.say_json(
        {
            "engine": shown.engine,
            "project": PROJECT,
            "events": shown.taken.accepted,
            "sessions": len(shown.taken.sessions),
            "memories": [item.to_wire() for item in shown.memories],
            "search": {
                "query": QUESTION,
                "memories": [hit.item.to_wire() for hit in shown.hits],
                "scores": [hit.score for hit in shown.hits],
            },
            "context": shown.told.context,
            "tokens": shown.told.tokens,
            "seconds": shown.seconds,
        }
    )


def _show(shown: Shown) -> None:
    taken, seconds = shown.taken, shown.seconds
    screen.say(
        f"An agent worked on {PROJECT!r}: {len(taken.sessions)} sessions, "
        f"{taken.accepted} events ({_ms(seconds['replay'])}, {shown.engine})."
    )
    _part(f"{len(shown.memories)} memories were made", seconds["remember"])
    screen.say(memory_table(shown.memories))
    _part(f"claude-mem search {QUESTION!r}", seconds["search"])
    show_hits(shown.hits)
    _part(
        f"What the next session is told: {shown.told.tokens} of {BUDGET} tokens",
        seconds["context"],
    )
    screen.say(screen.plain(shown.told.context))
    screen.note("The temporary folder is gone again; nothing of yours was touched.")


def _part(title: str, seconds: float) -> None:
    screen.say()
    screen.say(f"{screen.heading(title)} {screen.faint(f'({_ms(seconds)})')}")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
