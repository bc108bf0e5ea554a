# SPDX-License-Identifier: Apache-2.0
"""A key is made by command, opens the server, and is shut from the next request on."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from claude_mem_core.api import Principal, open_runtime
from machine import Machine

TURN = {
    "hook_event_name": "UserPromptSubmit",
    "session_id": "s",
    "prompt": "Mend the lamp that never turns",
}


@pytest.fixture
def team(machine: Machine) -> str:
    """The id of a team with a project, made by command while a server runs."""
    machine.start()
    made = json.loads(machine.run("server", "team", "create", "Tide", "--json").stdout)
    machine.run("server", "project", "create", "lamp", "--team", "tide")
    return str(made["team"]["id"])


def new_key(machine: Machine) -> dict[str, str]:
    """An agent's key of the team's project, as the command tells it."""
    words = ("--team", "tide", "--project", "lamp", "--role", "agent", "--json")
    done = machine.run("server", "api-key", "create", *words)
    made: dict[str, str] = json.loads(done.stdout)
    assert made["key"] not in done.stderr
    return made


def asked(
    machine: Machine, key: str, method: str, path: str, body: object = None
) -> int:
    """The status of a request with this key."""
    runtime = json.loads((machine.folder / "server.runtime.json").read_text())
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = urlsplit(runtime["url"]).netloc
    with closing(http.client.HTTPConnection(address, timeout=30)) as line:
        line.request(method, path, json.dumps(body), headers)
        return line.getresponse().status


def test_a_key_made_by_command_opens_its_project_until_it_is_revoked(
    machine: Machine, team: str
) -> None:
    made = new_key(machine)
    assert made["teamId"] == team
    project = f"/v1/projects/{made['projectId']}"
    assert asked(machine, made["key"], "GET", project) == 200
    assert asked(machine, made["key"], "GET", "/v1/keys") == 403

    machine.run("server", "api-key", "revoke", made["id"])
    assert asked(machine, made["key"], "GET", project) == 401


@pytest.mark.usefixtures("team")
def test_a_key_stands_nowhere_but_with_whoever_holds_it(machine: Machine) -> None:
    made = new_key(machine)
    secret = made["key"][-49:-6]
    wrong = made["key"][:-6] + "000000"
    for key in (made["key"], wrong):
        asked(machine, key, "GET", f"/v1/projects/{made['projectId']}")
        asked(machine, key, "POST", "/v1/events", {"key": key})
        asked(machine, "none", "GET", f"/v1/projects/{key}")
    machine.run("server", "api-key", "revoke", made["key"], check=False)
    machine.run("server", "api-key", "rotate", made["id"])

    running = [
        (process / "cmdline").read_bytes()
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and (process / "cmdline").is_file()
    ]
    assert machine.stop() == 0
    kept = [
        path.read_bytes()
        for folder in {machine.folder, machine.folder.parent}
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert len(kept) > 3
    for told in (*kept, *running):
        # Any piece of it that is long enough to be searched for.
        for start in range(len(secret) - 11):
            assert secret[start : start + 12].encode() not in told


def test_a_key_that_another_process_revokes_is_shut_within_a_second(
    machine: Machine, team: str
) -> None:
    made = new_key(machine)
    hook = "/hooks/claude-code/UserPromptSubmit"
    assert asked(machine, made["key"], "POST", hook, TURN) == 200
    with open_runtime(machine.env) as runtime:
        runtime.keys.revoke(made["id"], by=Principal.local().acting_for(team))
        since = time.monotonic()
        status = asked(machine, made["key"], "POST", hook, TURN)

    assert status == 401
    assert time.monotonic() - since < 1


def test_no_log_holds_a_key(machine: Machine, team: str) -> None:
    made = new_key(machine)
    asked(machine, made["key"], "GET", f"/v1/teams/{team}/keys")
    machine.run("server", "api-key", "rotate", made["id"])
    assert machine.stop() == 0

    secret = made["key"].rsplit("_", 1)[1]
    logs = [one for one in machine.folder.parent.rglob("*.log") if one.is_file()]
    assert logs
    for log in logs:
        text = log.read_text()
        assert "/v1/teams" in text
        assert secret not in text
