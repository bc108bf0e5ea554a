# SPDX-License-Identifier: Apache-2.0
"""Finding who does the work: the folder's server where one runs, else this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.server_files import ServerRecord, running


@contextmanager
def connected(env: Mapping[str, str]) -> Iterator[Client]:
    """The client for the data folder that `env` names, for as long as the block."""
    with closing(_client(env)) as client:
        yield client


def _client(env: Mapping[str, str]) -> Client:
    # Each side loads what the other has no use for: a server's client no store.
    folder = CoreSettings.from_env(env).folder
    record = running(folder)
    from claude_mem_core.launch import local_token, open_runtime

    if record is not None:
        from claude_mem_cli.client_http import ClientHttp
        from claude_mem_cli.http_line import HttpLine

        token = local_token(folder)
        return ClientHttp(HttpLine(record.url, token, server_place(record)))
    from claude_mem_cli.client_here import ClientHere

    runtime = open_runtime(env)
    for repair in runtime.status.repairs():
        screen.note(screen.line(repair))
    return ClientHere(runtime, store_place(folder))


def server_place(record: ServerRecord) -> str:
    """A server, as a user is told of it."""
    return f"the server at {record.url} (pid {record.pid})"


def store_place(folder: Path) -> str:
    """A store that a command opens by itself, as a user is told of it."""
    return f"the store in {folder}, where no server runs"
