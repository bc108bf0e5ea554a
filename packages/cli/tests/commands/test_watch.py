# SPDX-License-Identifier: Apache-2.0
"""Transcripts that are being written are followed, whatever becomes of their files."""

from __future__ import annotations

import json
import queue
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_storage_sqlite", "claude_mem_http_falcon"
)
PATIENCE = 30
"""Seconds that a test waits on a busy machine; the command looks twice a second."""


class Watching:
    """The command at work, and what it says."""

    def __init__(self, child) -> None:
        self.child = child
        self._said = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        while "Ctrl-C" not in child.stderr.readline():
            assert child.poll() is None

    def _listen(self):
        for line in self.child.stdout:
            self._said.put(json.loads(line))

    def new(self, events):
        """Wait until so many events were told of, and no more."""
        seen, until = 0, time.monotonic() + PATIENCE
        while seen < events:
            left = max(0.01, until - time.monotonic())
            seen += self._said.get(timeout=left)["new"]
        assert seen == events

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        _, err = self.child.communicate(timeout=20)
        assert self.child.returncode == 0, err
        return err


@pytest.fixture
def home(env) -> Path:
    folder = Path(env["HOME"])
    (folder / ".claude" / "projects" / "-srv-small").mkdir(parents=True)
    return folder


@pytest.fixture
def session():
    from writing import Written

    return Written("live", calls=3, began=datetime.now(UTC))


@pytest.fixture
def place(home, session) -> Path:
    return home / ".claude" / "projects" / "-srv-small" / f"{session.name}.jsonl"


def test_lines_are_taken_in_as_they_are_written_and_half_ones_when_they_are_whole(
    shell, session, place
):
    shell.serve()
    watching = Watching(shell.spawn("watch", "--json"))
    lines = session.lines()
    with place.open("w", buffering=1) as file:
        file.write(lines[0])
        watching.new(1)
        file.write(lines[1] + lines[2][:30])
        file.flush()
        file.write(lines[2][30:])
        watching.new(1)
        file.writelines(lines[3:])
        watching.new(session.events - 2)

    assert f"Took in {session.events} events." in watching.stop()
    told = shell("reconcile", str(place), "--json").json
    assert (told["added"], told["coverage"]["missing"]) == (0, 0)


def test_a_file_that_is_put_in_the_place_of_another_is_read_anew(shell, session, place):
    shell.serve()
    lines = session.lines()
    place.write_text("".join(lines[:3]))
    watching = Watching(shell.spawn("watch", "--json"))
    watching.new(2)

    moved = place.with_suffix(".new")
    moved.write_text("".join(lines[3:7]))
    moved.replace(place)
    watching.new(2)
    place.write_text("".join(lines[7:]))
    watching.new(1)

    watching.stop()


def test_it_goes_on_when_the_server_went_away_and_came_again(shell, session, place):
    server = shell.serve()
    watching = Watching(shell.spawn("watch", "--json"))
    lines = session.lines()
    place.write_text("".join(lines[:3]))
    watching.new(2)
    server.kill()
    server.wait()
    shell.serve()
    place.write_text("".join(lines))
    watching.new(session.events - 2)
    watching.stop()


def test_without_a_server_it_makes_the_memories_itself(shell, session, place):
    watching = Watching(shell.spawn("watch", "--json"))
    place.write_text("".join(session.lines()))
    watching.new(session.events)
    watching.stop()
    found = shell("search", "parser", "--project", "small", "--json").json
    assert found["memories"]
