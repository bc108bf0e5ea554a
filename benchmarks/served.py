# SPDX-License-Identifier: Apache-2.0
"""A real server process, and clients that keep their connections."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from claude_mem_core.api import AgentEventDraft

CREATED = 201


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and the token that it knows."""

    address: str
    token: str

    def project(self) -> str:
        """The id of a new project."""
        with closing(http.client.HTTPConnection(self.address)) as connection:
            made = self._post(connection, "/v1/projects", {"name": "bench"})
        return str(json.loads(made)["project"]["id"])

    def send(self, drafts: Sequence[AgentEventDraft]) -> None:
        """Send the events one after another through one connection."""
        with closing(http.client.HTTPConnection(self.address)) as connection:
            for draft in drafts:
                self._post(connection, "/v1/events", draft.to_wire())

    def _post(
        self, connection: http.client.HTTPConnection, path: str, body: object
    ) -> bytes:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != CREATED:
            raise RuntimeError(f"{path} answered {answer.status}: {text!r}")
        return text


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server on a data folder, its worker at work, until the block is left."""
    command = Path(sys.executable).with_name("claude-mem")
    env = {
        "HOME": str(folder),
        "PATH": os.defpath,
        "CLAUDE_MEM_DATA_DIR": str(folder),
        "CLAUDE_MEM_PORT": "0",
    }
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            [command, "server", "start", "--foreground"], env=env, stderr=log
        ) as process,
    ):
        try:
            address = _address(folder / "server.runtime.json", process)
            yield Server(address, (folder / "token").read_text().strip())
        finally:
            process.terminate()


def _address(told: Path, process: subprocess.Popen[bytes]) -> str:
    while not told.exists():
        if process.poll() is not None:
            raise RuntimeError("the server ended before it was ready")
        time.sleep(0.01)
    return str(urlsplit(json.loads(told.read_text())["url"]).netloc)
