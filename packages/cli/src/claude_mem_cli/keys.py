# SPDX-License-Identifier: Apache-2.0
"""Keys as a user names them, and how they look on a screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import click
from claude_mem_core.domain.access import LONGEST_OVERLAP, MOST_DAYS, KeyFacts
from claude_mem_core.domain.scopes import EVERYTHING
from claude_mem_core.domain.team import Team
from claude_mem_core.errors import InvalidInputError, NotFoundError

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.jobs import age, as_span

Standing = Literal["active", "rotated", "early", "expired", "left", "revoked"]

DIGITS = 8
"""The last digits of an id, which are shown and may be given: those are random."""

LONGEST_NAME = 13
"""Columns of a name in a table."""

KEY_MARK = "cmem_"
"""What every key begins with, and no id has in it."""

_DAY, _HOUR = 86_400_000, 3_600_000


class KeyOfTeam(NamedTuple):
    """A key, and the team whose it is."""

    key: KeyFacts
    team: Team


def key_meant(client: Client, given: str) -> KeyOfTeam:
    """The key with this id, or whose id ends so, of any team that the caller sees to.

    Raises:
        InvalidInputError: It is the end of several ids, or too short to be one.
        NotFoundError: No key's id ends so.
    """
    if KEY_MARK in given:
        cause = "it is a key itself, which no command takes"
        raise InvalidInputError.of("ID", cause, "give the id that api-key list shows")
    if len(given) < DIGITS:
        cause = f"{given!r} is no key's id, nor the last {DIGITS} digits of one"
        raise InvalidInputError.of("ID", cause, "give it as api-key list shows it")
    found = [
        KeyOfTeam(key, team)
        for team in client.teams()
        for key in client.team(team.id).list_keys()
        if key.id.endswith(given)
    ]
    if not found:
        raise NotFoundError("api key", given)
    if len(found) > 1:
        cause = f"{given!r} is the end of {len(found)} ids"
        raise InvalidInputError.of("ID", cause, f"give it whole: {found[0].key.id}")
    return found[0]


def days(text: str) -> int:
    """The whole days that `--expires` says.

    Raises:
        InvalidInputError: They are no whole days, too few or too many.
    """
    number = _whole(text, _DAY)
    if number is None or not 1 <= number <= MOST_DAYS:
        cause = f"{text!r} is no number of whole days from 1 to {MOST_DAYS}"
        raise InvalidInputError.of("--expires", cause, "give one such as 90d")
    return number


def overlap(text: str) -> timedelta:
    """How long an old key counts on, as `--overlap` says it.

    Raises:
        InvalidInputError: It is no number of whole hours, or more than a week.
    """
    number = _whole(text, _HOUR)
    if number is None or timedelta(hours=number) > LONGEST_OVERLAP:
        cause = f"{text!r} is no number of whole hours within a week"
        raise InvalidInputError.of("--overlap", cause, "give one such as 24h, or 0h")
    return timedelta(hours=number)


def standing(key: KeyFacts, members: Collection[str], *, now: int) -> Standing:
    """Whether a key counts, in a word, and else why not.

    Args:
        key: The key.
        members: The users who belong to its team.
        now: The moment that is asked about.
    """
    if key.status == "revoked":
        return "revoked"
    if key.expires_at_epoch is not None and key.expires_at_epoch <= now:
        return "expired"
    if key.user_id is not None and key.user_id not in members:
        return "left"
    if key.not_before_epoch is not None and key.not_before_epoch > now:
        return "early"
    return "active" if key.rotated_to_id is None else "rotated"


def key_table(
    keys: Sequence[KeyFacts],
    projects: Mapping[str, str],
    members: Collection[str],
    *,
    now: int,
) -> str:
    """Keys as a table, one line each, within 80 columns.

    Args:
        keys: The keys.
        projects: What their projects are called, by their ids.
        members: The users who belong to the team.
        now: The moment from which ages count.
    """
    head = ("ID", "NAME", "ALLOWS", "PROJECT", "USED", "ENDS", "STATUS")
    rows = [
        (
            key.id[-DIGITS:],
            _cut(key.name),
            _allows(key),
            _cut(_project(key, projects)),
            "never"
            if key.last_used_at_epoch is None
            else age(key.last_used_at_epoch, now),
            _ends(key),
            standing(key, members, now=now),
        )
        for key in keys
    ]
    return screen.table(head, rows)


def facts(key: KeyFacts, team: str, project: str) -> str:
    """What there is to know of a new key, a line for each thing."""
    told = {
        "id": key.id,
        "name": key.name,
        "team": team,
        "project": project,
        "user": key.user_id,
        "role": key.role,
        "scopes": ", ".join(key.scopes),
        "expires": _ends(key),
    }
    return "\n".join(_fact(name, text) for name, text in told.items() if text)


def _whole(text: str, unit: int) -> int | None:
    """How many units a span is; None where there is a rest, or no span."""
    span = as_span(text)
    number, rest = divmod(span or 0, unit)
    return None if span is None or rest else number


def _allows(key: KeyFacts) -> str:
    if EVERYTHING in key.scopes:
        return "all"
    return key.role or screen.amount(len(key.scopes), "scope")


def _project(key: KeyFacts, projects: Mapping[str, str]) -> str:
    if key.project_id is None:
        return "all"
    return projects.get(key.project_id, key.project_id)


def _ends(key: KeyFacts) -> str:
    """The day on which a key ends, in UTC."""
    end = key.expires_at_epoch
    if end is None:
        return "never"
    return f"{datetime.fromtimestamp(end / 1000, UTC):%Y-%m-%d}"


def _cut(name: str) -> str:
    return screen.cut(screen.line(name), LONGEST_NAME)


def _fact(name: str, text: str) -> str:
    return click.wrap_text(screen.line(text), screen.WIDTH, f"  {name:<8}", " " * 10)
