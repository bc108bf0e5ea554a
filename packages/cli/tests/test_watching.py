# SPDX-License-Identifier: Apache-2.0
"""What was read while nobody took it is read again when somebody does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from claude_mem_cli import server_files
from claude_mem_cli.connect import connected
from claude_mem_cli.server_files import ServerRecord
from claude_mem_cli.transcripts import Finder
from claude_mem_cli.watching import Listener, Watch
from typing_extensions import override

pytestmark = pytest.mark.needs("claude_mem_agents", "claude_mem_storage_sqlite")


class Told(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.new: list[int] = []
        self.waited = 0

    @override
    def took(self, found, events):
        self.new.append(events)

    @override
    def left_out(self, problem):
        raise AssertionError(problem)

    @override
    def waits(self, error):
        self.waited += 1


def test_events_that_nobody_took_are_taken_when_somebody_does(env, folder, tmp_path):
    from writing import Written

    session = Written("live", calls=2, began=datetime.now(UTC))
    session.write(tmp_path / "home")
    with connected(env):
        pass
    # A server that is there, and does not answer.
    deaf = ServerRecord.of_this_process("http://127.0.0.1:1", folder)
    server_files.publish(folder, deaf)
    told = Told()
    watch = Watch(env, Finder(env), folder, told)

    watch.look()
    watch.look()
    assert (told.waited, told.new) == (1, [])
    server_files.withdraw(folder)
    watch.look()

    assert told.new == [session.events]
