# SPDX-License-Identifier: Apache-2.0
"""What an agent did is kept whole, though its hooks, servers and commands come to die."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from machine import COMMAND, Machine
from writing import Written

CALLS = 40


def test_a_session_whose_hooks_were_lost_is_whole_after_it_was_reconciled(
    machine: Machine,
) -> None:
    home = Path(machine.env["HOME"])
    session = Written("lossy", calls=CALLS)
    path = session.write(home)
    machine.start()
    reported = [*session.hooks()][::3]
    for one in reported:
        machine.call("POST", f"/hooks/claude-code/{one['hook_event_name']}", one)

    told = outcome(machine, "reconcile", "lossy", "--json")

    [compared] = told["sessions"]
    assert compared["file"] == str(path)
    status, answer = machine.call("GET", f"/v1/sessions/{compared['sessionId']}")
    assert status == 200
    coverage = answer["session"]["coverage"]
    lost = CALLS + 1 - len(reported)
    assert coverage == {**coverage, "seen": CALLS + 1, "missing": 0, "ratio": 1.0}
    assert (coverage["live"], coverage["filled"]) == (len(reported), lost)
    status, info = machine.call("GET", "/v1/info")
    assert (status, info["coverage"]["sessions"]) == (200, 1)
    assert info["coverage"]["filled"] == lost
    assert outcome(machine, "reconcile", "lossy", "--json")["added"] == 0


def test_a_backfill_whose_server_is_killed_ends_whole_and_with_nothing_twice(
    machine: Machine,
) -> None:
    home = Path(machine.env["HOME"])
    sessions = [Written(f"s{number:02}", calls=CALLS) for number in range(30)]
    for one in sessions:
        one.write(home)
    notes = machine.folder / "transcripts.jsonl"
    machine.start()
    command = [COMMAND, "ingest", "--all", "--json", "--no-wait"]
    with subprocess.Popen(
        command, env=machine.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        while child.poll() is None and not notes.exists():
            time.sleep(0.002)
        machine.kill()
        out, _ = child.communicate(timeout=60)
    assert child.returncode == 69, out
    assert json.loads(out)["error"] == "unavailable"

    machine.start()
    told = outcome(machine, *command[1:])

    total = sum(one.events for one in sessions)
    assert told["accepted"] == total
    assert 0 < told["new"] < total
    assert told["coverage"]["missing"] == 0
    assert any(one["unchanged"] for one in told["files"])
    again = outcome(machine, *command[1:], "--again")
    assert (again["new"], again["duplicates"]) == (0, total)


def outcome(machine: Machine, *words: str) -> dict[str, Any]:
    """What a command that ends well says."""
    told: dict[str, Any] = json.loads(machine.run(*words).stdout)
    return told
