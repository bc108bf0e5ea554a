# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine: whether one lives, and whether it is still the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"
_GONE = ("Z", "X", "x")


def start_token(pid: int) -> str | None:
    """What tells a process from a later one with the same number; None if it ended.

    On Linux the machine's boot and the clock ticks after it (proc(5), field 22 of
    `/proc/PID/stat`), elsewhere the start time that `ps` prints. A process that has
    ended and waits only for its parent to notice counts as ended.
    """
    if not PROC.joinpath("self/stat").exists():
        return _ps_token(pid)
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name, which may hold blanks and brackets.
    state, *fields = stat.rpartition(")")[2].split()
    if state in _GONE:
        return None
    boot = PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[18]}"


def listener(port: int) -> int | None:
    """The process that listens on a TCP port, where Linux lets us see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for folder in PROC.glob("[0-9]*/fd"):
        if sockets.intersection(_links(folder)):
            return int(folder.parent.name)
    return None


def _ps_token(pid: int) -> str | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    shown = subprocess.run(  # noqa: S603 - the only argument is a number
        command, capture_output=True, text=True, check=False
    )
    state, _, started = shown.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith(_GONE) else None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            rows = PROC.joinpath("net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, rows):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTENING and local.endswith(f":{port:04X}"):
                found.add(inode)
    return found


def _links(folder: Path) -> set[str]:
    try:
        return {_link(entry) for entry in folder.iterdir()}
    except OSError:
        return set()


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
