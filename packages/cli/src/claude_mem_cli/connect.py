# SPDX-License-Identifier: Apache-2.0
"""Finding who does the work: the folder's server where one runs, else this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from claude_mem_core.settings import CoreSettings

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.server_files import running


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

        place = f"the server at {record.url} (pid {record.pid})"
        return ClientHttp(HttpLine(record.url, local_token(folder), place))
    from claude_mem_cli.client_here import ClientHere

    runtime = open_runtime(env)
    for repair in runtime.status.repairs():
        screen.note(screen.line(repair))
    return ClientHere(runtime, f"the store in {folder}, where no server runs")
