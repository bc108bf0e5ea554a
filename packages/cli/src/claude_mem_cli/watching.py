# SPDX-License-Identifier: Apache-2.0
"""Following the transcripts that agents are writing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from claude_mem_core.domain.transcript import Heard, Problem
from claude_mem_core.errors import AdapterError
from claude_mem_core.plugins import Reading

from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.homes import Folders, Homes
from claude_mem_cli.reconciling import fill, send_new
from claude_mem_cli.server_files import running
from claude_mem_cli.transcripts import FileState, Finder, Found

LOOK_EVERY = 0.5
"""Seconds between two looks at the files that were written lately."""

SCANS_TAKE = 0.1
"""The part of the time that may go into looking for files that were not there."""

LATELY = 15 * 60
"""Seconds since its last line for which a session may well go on."""

SETTLES = 10.0
"""Seconds without a new line after which a session is compared as a whole."""


class Listener(Protocol):
    """Whoever is told what is seen."""

    def took(self, found: Found, events: int) -> None:
        """So many events of a transcript were new."""

    def left_out(self, problem: Problem) -> None:
        """A line was left out."""

    def waits(self, error: AdapterError) -> None:
        """Nobody takes the events now: it goes on when somebody does."""


@dataclass(slots=True)
class _Followed:
    """A transcript that is read on as it grows.

    Attributes:
        read: Its files, as far as they were read; emptied to begin anew.
        state: That of the files when they were read last.
        changed_at: When that was; None: compared as a whole since.
    """

    found: Found
    read: dict[Path, Reading] = field(default_factory=dict)
    nodes: dict[Path, int] = field(default_factory=dict)
    state: Sequence[FileState] = ()
    changed_at: float | None = None

    def new(self) -> Iterator[Heard | Problem]:
        """What was written since; all of a file that is not the one it was."""
        for path in self.found.files:
            node, size = _node_of(path)
            if not node:
                continue
            reading = self.read.get(path)
            shrank = reading is not None and size < reading.position
            if reading is None or shrank or self.nodes[path] != node:
                reading = self.read[path] = self.found.format.open(path)
            self.nodes[path] = node
            yield from reading.read()


class Watch:
    """Follows every transcript in the agents' own places.

    Those that were written lately are compared from their beginning, others only
    when they are written again. What is seen goes the way of `claude-mem ingest`: it
    is sent unless it is kept, so hooks may report the same.

    Args:
        env: The environment, which says where the data folder is.
        finder: Where transcripts are.
        data: The data folder.
        listener: Who is told.
    """

    def __init__(
        self, env: Mapping[str, str], finder: Finder, data: Path, listener: Listener
    ) -> None:
        self._env = env
        self._finder = finder
        self._data = data
        self._listener = listener
        self._folders = Folders()
        self._followed: dict[Path, _Followed] = {}
        self._seen: dict[Path, Sequence[FileState]] = {}
        self._scan_at = 0.0
        self._told_waiting = False

    def look(self) -> None:
        """Take in what is new, if anything is."""
        now = time.monotonic()
        if now >= self._scan_at:
            self._scan()
            took = time.monotonic() - now
            self._scan_at = now + max(LOOK_EVERY, took / SCANS_TAKE)
        fresh = [one for one in self._followed.values() if one.found.state != one.state]
        settled = [
            one
            for one in self._followed.values()
            if one.changed_at is not None
            and one not in fresh
            and now - one.changed_at > SETTLES
        ]
        if not fresh and not settled:
            return
        try:
            self._take(fresh, settled)
            self._told_waiting = False
        except AdapterError as error:
            # What was read and not sent is read again.
            for one in fresh:
                one.read, one.state = {}, ()
            if not self._told_waiting:
                self._told_waiting = True
                self._listener.waits(error)

    def _scan(self) -> None:
        """Find the transcripts that came, were written, or have more files now."""
        is_first = not self._seen
        oldest = time.time() - LATELY
        followed = {path for one in self._followed.values() for path in one.found.files}
        for path, state in self._finder.states():
            known = self._seen.get(path)
            self._seen[path] = state
            is_old = max(at for _, _, at in state) / 1e9 < oldest
            if path in followed or known == state or (is_first and is_old):
                continue
            found = self._finder.whole(path)
            if found is None:
                # It may have been empty: it is looked at again when it has grown.
                continue
            one = self._followed.setdefault(found.path, _Followed(found))
            one.found = found

    def _take(self, fresh: Sequence[_Followed], settled: Sequence[_Followed]) -> None:
        with connected(self._env) as client:
            for one in fresh:
                self._follow(one, client)
            for one in settled:
                homes = Homes(client, None, self._folders)
                taken = fill(one.found, client=client, homes=homes)
                one.changed_at = None
                if taken.new:
                    self._listener.took(one.found, taken.new)
            if running(self._data) is None:
                # Nobody else would make the memories.
                for _ in client.jobs_left():
                    pass

    def _follow(self, one: _Followed, client: Client) -> None:
        state = one.found.state
        heard = []
        for new in one.new():
            if isinstance(new, Problem):
                self._listener.left_out(new)
            else:
                heard.append(new)
        sent = send_new(heard, client=client, homes=Homes(client, None, self._folders))
        for problem in sent.problems:
            self._listener.left_out(problem)
        one.state, one.changed_at = state, time.monotonic()
        if sent.new:
            self._listener.took(one.found, len(sent.new))


def _node_of(path: Path) -> tuple[int, int]:
    try:
        known = path.stat()
    except OSError:
        return 0, 0
    return known.st_ino, known.st_size
