# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server audit`, on a store that a server wrote."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_http_falcon", "claude_mem_storage_sqlite", "claude_mem_agents"
)


def edit(folder, statement):
    (database,) = folder.glob("*.db")
    with closing(sqlite3.connect(database)) as raw, raw:
        raw.execute(statement)


@pytest.fixture
def served(shell):
    """A folder whose server served something, and has ended."""
    child = shell.serve()
    assert shell("search", "parser", "--project", "none").code != 0
    made = shell("server", "project", "list", "--json")
    assert made.code == 0, made.err
    child.terminate()
    _, log = child.communicate(timeout=30)
    assert re.search(r"audit head [1-9][0-9]*:[0-9a-f]{64}", log), log
    return shell


def test_a_log_as_it_was_written_is_sound(served):
    done = served("server", "audit", "verify", "--json")
    assert done.code == 0, done.err
    told = done.json
    assert (told["fault"], told["gaps"], told["headCompared"]) == (None, [], None)
    head = served("server", "audit", "head").out.strip()
    assert head == told["head"]
    again = served("server", "audit", "verify", "--head", head)
    assert again.code == 0
    assert again.out.splitlines()[-1] == f"Head: {head}"


def test_a_fault_is_told_and_ends_with_1(served, folder):
    head = served("server", "audit", "head").out.strip()
    edit(folder, "UPDATE audit_log SET action = 'nothing' WHERE seq = 2")
    done = served("server", "audit", "verify")
    assert done.code == 1
    assert "Fault: changed: row 2 " in done.out
    done = served("server", "audit", "verify", "--json")
    assert (done.code, done.json["fault"]["kind"]) == (1, "changed")
    edit(folder, "DELETE FROM audit_log WHERE seq > 1")
    assert served("server", "audit", "verify").code == 0
    done = served("server", "audit", "verify", "--head", head)
    assert done.code == 1
    assert "Fault: cut off: the rows after 1 are gone" in done.out


def test_a_head_that_is_none_is_refused(served):
    done = served("server", "audit", "verify", "--head", "12")
    assert done.code == 2
    assert "SEQ:HASH" in done.err


def test_a_server_that_was_killed_leaves_a_gap_that_is_told(shell):
    child = shell.serve()
    while not shell("server", "audit", "list", "--action", "audit.open", "--json").json[
        "audit"
    ]:
        pass
    done = shell("server", "audit", "verify", "--json")
    assert (done.code, done.json["gaps"]) == (0, [])
    child.kill()
    child.communicate()
    done = shell("server", "audit", "verify")
    assert done.code == 0
    assert re.search(r"Gap: run \S+ ended without closing: up to a second", done.out)


def test_the_log_is_listed_with_and_without_a_server(shell):
    here = shell("server", "audit", "list", "--oldest", "--limit", "1", "--json")
    assert here.json["audit"] == []
    shell.serve()
    there = shell("server", "audit", "list", "--action", "api_key.create", "--json")
    (row,) = there.json["audit"]
    assert row["targetType"] == "api_key"
    shown = shell("server", "audit", "list", "--since", "1h")
    assert "api_key.create" in shown.out
    assert shown.out.splitlines()[0].split() == ["ROW", "WHEN", "WHO", "WHAT", "ON"]
