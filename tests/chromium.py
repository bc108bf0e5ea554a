# SPDX-License-Identifier: Apache-2.0
"""A real browser without a window, whose names all lead to this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--host-resolver-rules=MAP evil.test 127.0.0.1",
)


def _command(profile: Path, *words: str) -> list[str]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("there is no Chromium: apt-get install chromium", pytrace=False)
    return [found, *SWITCHES, f"--user-data-dir={profile}", *words]


@contextmanager
def visiting(address: str, profile: Path) -> Iterator[None]:
    """A browser that shows a page until the block is left."""
    command = _command(profile, address)
    with (profile.parent / "chromium.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def shown(address: str, profile: Path) -> str:
    """What a page under this address would have to read of itself."""
    command = _command(profile, "--dump-dom", "--virtual-time-budget=2000", address)
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout
