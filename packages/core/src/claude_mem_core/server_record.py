# SPDX-License-Identifier: Apache-2.0
"""Where the server of a data folder answers, as its file of a running server says.

Who reads it is about to show a key there: a port that another process took over
meanwhile must not be told it.
"""

from __future__ import annotations

import json
from pathlib import Path

RUNTIME = "server.runtime.json"
"""The file in a data folder; it is there while a server answers."""

PROC = Path("/proc")
_LONGEST = 65_536
_STARTED = 19
"""Field 22 of `/proc/PID/stat`, counted after the program's name (proc(5))."""


def running_server(folder: Path) -> str | None:
    """The address of the server of a data folder; None when none runs."""
    try:
        with (folder / RUNTIME).open(encoding="utf-8") as file:
            told = json.loads(file.read(_LONGEST))
        pid, url, token = int(told["pid"]), str(told["url"]), str(told["startToken"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if _is_alive(pid, token) else None


def _is_alive(pid: int, token: str) -> bool:
    """Whether the process is there and no later one with its number."""
    if not PROC.joinpath("self/stat").exists():
        # This system tells nothing of its processes in files.
        return True
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text()
        boot = PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return False
    return f"{boot}:{stat.rpartition(')')[2].split()[_STARTED]}" == token
