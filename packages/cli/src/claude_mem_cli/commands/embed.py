# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server embed`: every memory gets its vectors, and is waited for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from claude_mem_core.domain.embedding import Embedded
from claude_mem_core.errors import AdapterError, ConfigurationError
from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.connect import server_place, store_place
from claude_mem_cli.info import server_info
from claude_mem_cli.server_files import ServerRecord, running

LOOK_EVERY = 0.5
"""Seconds between two looks at a server that does the work."""

MOST_LOOKS = 120
"""After so many looks at which nothing had moved, nobody is at work."""

Look = Callable[[], Embedded]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work is done.

    Attributes:
        where: What it is called.
        look: How far it is.
        step: Does some of the work, if it is done here.
    """

    where: str
    look: Look
    step: Callable[[], object]


@click.command
@screen.json_option
def embed(*, as_json: bool) -> None:
    """Give every memory the vectors of the model that is named, and wait for it.

    Where a server runs, its worker does the work anyway, and this command waits for
    it. Else it does the work itself, with CLAUDE_MEM_EMBEDDER.
    """
    with _place() as place:
        started, where = time.monotonic(), place.where
        first = place.look()
        last = _to_the_end(place, first)
    done = last.embedded - first.embedded
    seconds = round(time.monotonic() - started, 1)
    if as_json:
        told = {"where": where, "embedded": last.embedded, "waiting": last.waiting}
        screen.say_json({**told, "done": done, "seconds": seconds})
        return
    screen.note(f"By {screen.line(where)}")
    screen.say(f"Embedded {last.embedded}, {done} of them just now; none waits.")


@contextmanager
def _place() -> Iterator[Place]:
    """The server of the data folder where one runs, else the store itself."""
    folder = CoreSettings.from_env(os.environ).folder
    record = running(folder)
    if record is not None:
        yield Place(server_place(record), _at_server(record), _nothing)
        return
    from claude_mem_core.launch import open_runtime

    with open_runtime(os.environ) as runtime:

        def look() -> Embedded:
            return _required(runtime.embedding.progress())

        yield Place(store_place(folder), look, runtime.embedding.once)


def _nothing() -> None:
    """The server's worker does it."""


def _at_server(record: ServerRecord) -> Look:
    def look() -> Embedded:
        return _of(server_info(record)["recall"])

    return look


def _of(recall: Mapping[str, Any]) -> Embedded:
    if recall["dense"] == "errored":
        raise AdapterError(
            f"the server's embedder fails with {recall['reason']}; see its log"
        )
    if recall["model"] is None:
        return _required(None)
    return Embedded(recall["embedded"], recall["waiting"])


def _required(progress: Embedded | None) -> Embedded:
    if progress is None:
        raise ConfigurationError(
            "CLAUDE_MEM_EMBEDDER is not set, so memories are found by their words "
            "alone; name an embedder, and start the server with it"
        )
    return progress


def _to_the_end(place: Place, seen: Embedded) -> Embedded:
    """Look until nothing waits."""
    every = seen.embedded + seen.waiting
    stood = 0
    with click.progressbar(
        length=every, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        while seen.waiting:
            place.step()
            before, seen = seen, place.look()
            bar.update(max(0, seen.embedded - before.embedded))
            stood = 0 if seen != before else stood + 1
            if stood == MOST_LOOKS:
                raise AdapterError(
                    f"{seen.waiting} memories still wait for vectors, and nobody is "
                    "at work; run: claude-mem server worker"
                )
            if seen == before:
                time.sleep(LOOK_EVERY)
    return seen
