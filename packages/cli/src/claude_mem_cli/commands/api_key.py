# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server api-key`: keys for people, programs and agents.

A key is printed and never taken: arguments of a command can be read by every user of
the machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import get_args

import click
from claude_mem_core.domain.access import KeyDraft
from claude_mem_core.domain.keys import KeyKind
from claude_mem_core.domain.scopes import ROLES, SCOPES
from claude_mem_core.domain.team import Team
from claude_mem_core.domain.value import JsonObject

from claude_mem_cli import keys, screen
from claude_mem_cli.connect import connected
from claude_mem_cli.projects import project_named
from claude_mem_cli.team_client import IssuedKey, TeamClient
from claude_mem_cli.teams import team_named, team_option, tell_place, title

ROLE_HELP = "What it allows, by a role (reader where nothing is said)."
SCOPE_HELP = (
    "What it allows, by names, parted by commas or one by one, instead of a role or "
    "besides what that one allows: "
    f"{', '.join(SCOPES)}."
)


@click.group
def api_key() -> None:
    """Make keys, list, rotate and revoke them.

    The server of the data folder is asked where one runs, else the store itself. An
    ID may be its last 8 digits, as the list shows it.
    """


@api_key.command
@team_option
@click.option("--project", help="It opens this project alone: its name, slug or id.")
@click.option("--scope", "scopes", multiple=True, help=SCOPE_HELP)
@click.option("--role", type=click.Choice(tuple(ROLES)), help=ROLE_HELP)
@click.option("--kind", type=click.Choice(get_args(KeyKind)), help="Whom it is for.")
@click.option("--user", help="The member whose it is: it ends when they leave.")
@click.option("--name", help="What it is called.")
@click.option(
    "--expires", help="When it ends: 90d (which it is by itself), 1d to 365d."
)
@click.option("--no-expiry", is_flag=True, help="It does not end by itself.")
@screen.json_option
def create(
    *,
    team: str,
    project: str | None,
    scopes: Sequence[str],
    expires: str | None,
    as_json: bool,
    **said: object,
) -> None:
    """Make a key, and show it this once.

    The key alone goes to standard output, what there is to know of it to standard
    error: `claude-mem server api-key create > file` keeps it off the screen.
    """
    until = None if expires is None else keys.days(expires)
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        place = client.team(owner.id)
        only = project and project_named(place, project).id
        draft = _draft(said, scopes, projectId=only, expiresInDays=until)
        # First all that may fail: a key is shown this once, or nobody ever has it.
        names, where = _projects(place), client.where
        new = place.issue_key(draft)
    if as_json:
        screen.say_json({"where": where, **_to_wire(new)})
        return
    _show(new, owner, names)


@api_key.command("list")
@team_option
@screen.json_option
def show_list(*, team: str, as_json: bool) -> None:
    """Show the keys of a team, oldest first, without what would open anything.

    ALLOWS is a role, or how many scopes; STATUS is active, revoked, expired, left (its
    user did), early (it does not count yet) or rotated (it counts until it ends).
    """
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        place = client.team(owner.id)
        found, where = place.list_keys(), client.where
        members = [one.user_id for one in place.members()]
        names = _projects(place)
    if as_json:
        told = [one.to_wire() for one in found]
        screen.say_json({"where": where, "team": owner.to_wire(), "keys": told})
        return
    screen.note(f"Keys of the team {title(owner)}")
    if not found:
        screen.say("There are none.")
        return
    screen.say(keys.key_table(found, names, members, now=_now()))


@api_key.command
@click.argument("key", metavar="ID")
@click.option(
    "--overlap",
    default="24h",
    show_default=True,
    help="How long the old key counts on, at most 7d.",
)
@screen.json_option
def rotate(*, key: str, overlap: str, as_json: bool) -> None:
    """Make a key in the place of another one, and show it this once.

    It allows the same for as long; the old one counts on for a while.
    """
    span = keys.overlap(overlap)
    with connected(os.environ) as client:
        tell_place(client)
        old, owner = keys.key_meant(client, key)
        place = client.team(owner.id)
        names, where = _projects(place), client.where
        new = place.rotate_key(old.id, overlap=span)
    if as_json:
        told = {"where": where, **_to_wire(new), "rotatedFromId": old.id}
        screen.say_json(told)
        return
    _show(new, owner, names)
    screen.note(f"The old one, {old.id}, counts on for {overlap} at most.")


@api_key.command
@click.argument("key", metavar="ID")
@screen.json_option
def revoke(*, key: str, as_json: bool) -> None:
    """End a key at once; a second time changes nothing."""
    with connected(os.environ) as client:
        tell_place(client)
        found, owner = keys.key_meant(client, key)
        ended, where = client.team(owner.id).revoke_key(found.id), client.where
    if as_json:
        screen.say_json({"where": where, "key": ended.to_wire()})
        return
    screen.say(f"The key {screen.line(ended.name)}, {ended.id}, opens nothing now.")


def _draft(
    said: Mapping[str, object], scopes: Sequence[str], **more: object
) -> KeyDraft:
    """The key that the options ask for; what is not said is left out."""
    asked = {
        "kind": said["kind"],
        "role": said["role"],
        "name": said["name"],
        "userId": said["user"],
        "noExpiry": said["no_expiry"],
        "scopes": _parted(scopes),
        **more,
    }
    return KeyDraft.from_wire({name: one for name, one in asked.items() if one})


def _parted(values: Sequence[str]) -> list[str]:
    names = (name.strip() for value in values for name in value.split(","))
    return [name for name in names if name]


def _to_wire(new: IssuedKey) -> JsonObject:
    told = new.facts.to_wire()
    names = ("id", "name", "teamId", "projectId", "userId", "kind", "role", "scopes")
    return {
        "key": new.raw,
        **{name: told[name] for name in (*names, "expiresAtEpoch")},
    }


def _show(new: IssuedKey, owner: Team, projects: dict[str, str]) -> None:
    only = new.facts.project_id
    project = "all" if only is None else projects.get(only, only)
    screen.note(keys.facts(new.facts, title(owner), project))
    screen.say(new.raw)
    screen.note("This is the key. It is shown now and never again: keep it safe.")


def _projects(place: TeamClient) -> dict[str, str]:
    """What the projects of a team are called, by their ids."""
    return {one.id: one.slug or one.name for one in place.projects()}


def _now() -> int:
    return time.time_ns() // 1_000_000
