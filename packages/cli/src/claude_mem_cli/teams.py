# SPDX-License-Identifier: Apache-2.0
"""Which team a command means, and where it acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from claude_mem_core.domain.team import LOCAL_TEAM_ID, Team
from claude_mem_core.errors import NotFoundError

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.naming import only_one_called

F = TypeVar("F", bound=Callable[..., Any])


class NoSuchTeamError(NotFoundError):
    """No team has this name, among those that the caller sees to."""

    def __init__(self, name: str, known: Sequence[Team]) -> None:
        super().__init__("team", name)
        self.args = (f"no team {name!r}; there are: {_listed(known)}",)


def team_option(command: F) -> F:
    """Give a command the option `--team`, as its argument `team`."""
    text = "This team: its slug, id or name."
    option = click.option("--team", default=LOCAL_TEAM_ID, show_default=True, help=text)
    return option(command)


def team_named(client: Client, name: str) -> Team:
    """The team of this id, slug or name.

    Raises:
        InvalidInputError: Several are called so.
        NotFoundError: None is; it names those there are.
    """
    known = client.teams()
    for team in known:
        if name in (team.id, team.slug):
            return team
    found = only_one_called(name, known, option="--team", listed=_ids)
    if found is None:
        raise NoSuchTeamError(name, known)
    return found


def title(team: Team) -> str:
    """What a team is called in a line for the user."""
    return screen.line(team.slug or team.name)


def tell_place(client: Client) -> None:
    """Say, beside the answer, which store is acted on."""
    screen.note(f"On {screen.line(client.where)}")


def _ids(teams: Sequence[Team]) -> str:
    return ", ".join(one.id for one in teams)


def _listed(teams: Sequence[Team]) -> str:
    return ", ".join(title(one) for one in teams)
