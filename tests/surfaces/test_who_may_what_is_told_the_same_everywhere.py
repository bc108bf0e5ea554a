# SPDX-License-Identifier: Apache-2.0
"""A team's members, projects and keys: over HTTP, by the command, and as a library."""

from __future__ import annotations

import json
from typing import Any

from claude_mem_core.api import Principal, open_runtime
from machine import Machine

TIDE = ("--team", "tide")


def made(machine: Machine) -> None:
    """A team with members, a project and keys, made by command."""
    for words in (
        ("team", "create", "Tide"),
        ("team", "add-member", "ada", "--role", "owner", *TIDE),
        ("project", "create", "lamp", "--root", "/srv/lamp", *TIDE),
        ("api-key", "create", "--user", "ada", "--project", "lamp", *TIDE),
        ("api-key", "create", "--scope", "events:write", "--no-expiry", *TIDE),
    ):
        machine.run("server", *words)


def by_command(machine: Machine) -> dict[str, list[Any]]:
    """What the command tells of the team."""
    told = {}
    for *words, name in (
        ("team", "list", "teams"),
        ("team", "members", *TIDE, "members"),
        ("project", "list", *TIDE, "projects"),
        ("api-key", "list", *TIDE, "keys"),
    ):
        told[name] = json.loads(machine.run("server", *words, "--json").stdout)[name]
    return told


def by_http(machine: Machine) -> dict[str, list[Any]]:
    """The same, as the server tells it."""
    names = ("members", "projects", "keys")
    told = {
        name: machine.call("GET", f"/v1/teams/tide/{name}")[1][name] for name in names
    }
    return {"teams": machine.call("GET", "/v1/teams")[1]["teams"], **told}


def by_library(machine: Machine) -> dict[str, list[Any]]:
    """The same, as the services tell it."""
    with open_runtime(machine.env) as runtime:
        me = Principal.local()
        by = me.acting_for(runtime.teams.find("tide", by=me).id)
        return {
            "teams": [one.to_wire() for one in runtime.teams.list(by=me)],
            "members": [one.to_wire() for one in runtime.teams.members(by=by)],
            "projects": [one.to_wire() for one in runtime.projects.list(by=by)],
            "keys": [one.shown for one in runtime.keys.list(by=by)],
        }


def test_what_a_team_has_is_told_the_same_everywhere(machine: Machine) -> None:
    made(machine)
    library, without_server = by_library(machine), by_command(machine)
    # The first start makes this machine's token, which is of another team.
    machine.start()
    with_server, over_http = by_command(machine), by_http(machine)
    assert machine.stop() == 0

    assert library == without_server == with_server == over_http
    assert {name: len(one) for name, one in library.items()} == {
        "teams": 2, "members": 1, "projects": 1, "keys": 2,
    }  # fmt: skip
