# SPDX-License-Identifier: Apache-2.0
"""Finding who does the work: the folder's server where one runs, else this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.server_files import ServerRecord, running

LOOK_EVERY = 0.1
"""Seconds between two looks at the spool."""

SPOOL_WITHIN = 10.0
"""Seconds that a server may take for the events that hooks had kept."""


@contextmanager
def connected(env: Mapping[str, str], *, spool: bool = False) -> Iterator[Client]:
    """The client for the data folder that `env` names, for as long as the block.

    Args:
        env: The environment.
        spool: First let the events be taken in that hooks kept on disk: what a hook
            reported must be there before it is looked for.
    """
    with closing(_client(env, spool=spool)) as client:
        yield client


def _client(env: Mapping[str, str], *, spool: bool) -> Client:
    # Each side loads what the other has no use for: a server's client no store.
    folder = CoreSettings.from_env(env).folder
    record = running(folder)
    from claude_mem_core.launch import local_token, open_runtime

    if record is not None:
        from claude_mem_cli.client_http import ClientHttp
        from claude_mem_cli.http_line import HttpLine

        if spool:
            await_spool(folder, within=SPOOL_WITHIN)
        token = local_token(folder)
        return ClientHttp(HttpLine(record.url, token, server_place(record)))
    from claude_mem_cli.client_here import ClientHere

    runtime = open_runtime(env)
    for repair in runtime.status.repairs():
        screen.note(screen.line(repair))
    if spool:
        from claude_mem_cli.spooled import Spooled

        Spooled(runtime, folder).once()
    return ClientHere(runtime, store_place(folder))


def await_spool(folder: Path, *, within: float) -> None:
    """Wait until a server has taken in what hooks kept, or for so many seconds."""
    from claude_mem_cli.spooled import depth

    until = time.monotonic() + within
    while depth(folder) and time.monotonic() < until:
        time.sleep(LOOK_EVERY)


def server_place(record: ServerRecord) -> str:
    """A server, as a user is told of it."""
    return f"the server at {record.url} (pid {record.pid})"


def store_place(folder: Path) -> str:
    """A store that a command opens by itself, as a user is told of it."""
    return f"the store in {folder}, where no server runs"
