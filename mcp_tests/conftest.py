# SPDX-License-Identifier: Apache-2.0
"""A server of ours that runs, and what the suites find in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
START_WITHIN = 60


@dataclass
class Served:
    """A data folder on which a server runs, and how it is come at."""

    folder: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int((self.folder / "server.port").read_text())

    @property
    def key(self) -> str:
        return (self.folder / "token").read_text().strip()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/mcp"


def environment(home: Path) -> dict[str, str]:
    """A home of its own, and nothing of the user's besides."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "CLAUDE_MEM_DATA_DIR": str(home / "data"),
        "CLAUDE_MEM_PORT": "0",
    }


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Our server, which has the suite's fixtures besides its own tools."""
    home = tmp_path_factory.mktemp("served")
    env = environment(home)
    with (home / "log").open("wb") as log:
        command = [sys.executable, str(HERE / "fixtures.py")]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    one = Served(home / "data", env, process)
    try:
        wait_for(one)
        yield one
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(one: Served) -> None:
    """Nothing, once the server answers."""
    until = time.monotonic() + START_WITHIN
    file = one.folder / "server.runtime.json"
    while not (file.exists() and json.loads(file.read_text() or "{}").get("url")):
        log = one.folder.parent / "log"
        assert one.process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
