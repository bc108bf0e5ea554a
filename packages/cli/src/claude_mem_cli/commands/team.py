# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server team`: which teams there are, and who belongs to them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import get_args

import click
from claude_mem_core.domain.project import slug_of
from claude_mem_core.domain.team import MemberDraft, MemberRole, TeamDraft

from claude_mem_cli import screen
from claude_mem_cli.connect import connected
from claude_mem_cli.teams import team_named, team_option, tell_place, title


@click.group
def team() -> None:
    """Make teams, and say who belongs to them.

    The server of the data folder is asked where one runs, else the store itself.
    """


@team.command
@click.argument("name")
@click.option("--slug", help="What commands call it; made from NAME when left out.")
@screen.json_option
def create(*, name: str, slug: str | None, as_json: bool) -> None:
    """Make a team called NAME, which has no members, keys and projects yet."""
    draft = TeamDraft.from_wire({"name": name, "slug": slug or slug_of(name)})
    with connected(os.environ) as client:
        tell_place(client)
        made, where = client.create_team(draft), client.where
    if as_json:
        screen.say_json({"where": where, "team": made.to_wire()})
        return
    screen.say(f"The team {title(made)} is there now, {made.id}.")


@team.command("list")
@screen.json_option
def show_list(*, as_json: bool) -> None:
    """Show the teams, oldest first."""
    with connected(os.environ) as client:
        tell_place(client)
        found, where = client.teams(), client.where
    if as_json:
        told = [one.to_wire() for one in found]
        screen.say_json({"where": where, "teams": told})
        return
    rows = [(one.id, one.slug or "", one.name) for one in found]
    screen.say(screen.table(("ID", "SLUG", "NAME"), rows))


@team.command
@team_option
@screen.json_option
def members(*, team: str, as_json: bool) -> None:
    """Show who belongs to a team."""
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        found, where = client.team(owner.id).members(), client.where
    if as_json:
        told = [one.to_wire() for one in found]
        screen.say_json({"where": where, "team": owner.to_wire(), "members": told})
        return
    screen.note(f"Members of the team {title(owner)}")
    if not found:
        screen.say("There are none.")
        return
    rows = [(one.role, _day(one.created_at_epoch), one.user_id) for one in found]
    screen.say(screen.table(("ROLE", "SINCE", "USER"), rows))


@team.command
@click.argument("user")
@click.option(
    "--role",
    type=click.Choice(get_args(MemberRole)),
    default="member",
    show_default=True,
    help="What their keys may allow at most.",
)
@team_option
@screen.json_option
def add_member(*, user: str, role: str, team: str, as_json: bool) -> None:
    """Let USER belong to a team; any name will do that nobody else has."""
    draft = MemberDraft.from_wire({"userId": user, "role": role})
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        made, where = client.team(owner.id).add_member(draft), client.where
    if as_json:
        told = {"team": owner.to_wire(), "member": made.to_wire()}
        screen.say_json({"where": where, **told})
        return
    user = screen.line(made.user_id)
    screen.say(f"{user} belongs to the team {title(owner)} now, as {made.role}.")


@team.command
@click.argument("user")
@team_option
@screen.json_option
def remove_member(*, user: str, team: str, as_json: bool) -> None:
    """Let USER belong to a team no more; keys that are theirs open nothing at once."""
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        gone, where = client.team(owner.id).remove_member(user), client.where
    if as_json:
        told = {"team": owner.to_wire(), "member": gone.to_wire()}
        screen.say_json({"where": where, **told})
        return
    user = screen.line(gone.user_id)
    screen.say(f"{user} left the team {title(owner)}; their keys open nothing now.")


def _day(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch / 1000, UTC):%Y-%m-%d}"
