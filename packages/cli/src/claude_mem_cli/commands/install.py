# SPDX-License-Identifier: Apache-2.0
"""`claude-mem install` and `uninstall`: an agent's hooks, put in and taken out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from claude_mem_core.domain.installing import KEY_ALLOWS, FileChange, Site
from claude_mem_core.errors import InvalidInputError
from claude_mem_core.plugins import Installer

from claude_mem_cli import exits, installing, screen
from claude_mem_cli.connect import connected

_where = click.option(
    "--project/--user",
    "in_project",
    default=False,
    help="For this folder alone, or for all of yours (the default).",
)
_yes = click.option("--yes", is_flag=True, help="Do it without asking.")
_dry = click.option("--dry-run", is_flag=True, help="Show it and change nothing.")


@click.command
@click.argument("host", required=False)
@_where
@_yes
@_dry
@screen.json_option
def install(
    *, host: str | None, in_project: bool, yes: bool, dry_run: bool, as_json: bool
) -> int:
    """Let a coding agent report here, and be told what is known.

    Every change is shown first. Without HOST the agents are offered that were used on
    this machine. Installing again changes nothing.
    """
    site = _site(in_project=in_project)
    if host is None:
        return _install_found(site, yes=yes, dry_run=dry_run, as_json=as_json)
    chosen = [installing.installer_of(host)]
    return _install(chosen, site, yes=yes, dry_run=dry_run, as_json=as_json)


@click.command
@click.argument("host")
@_where
@_yes
@_dry
@screen.json_option
def uninstall(
    *, host: str, in_project: bool, yes: bool, dry_run: bool, as_json: bool
) -> int:
    """Take out what install put in, and end the key that it made.

    A file that nobody changed since is again what it was, to the byte; from another
    one exactly what was put in is taken out.
    """
    site, installer = _site(in_project=in_project), installing.installer_of(host)
    changes = installing.unplanned(installer, site)
    _show(changes, as_json=as_json)
    if changes and not dry_run:
        _require_yes(f"Uninstall {installer.title}", yes=yes)
        with connected(os.environ) as client:
            installing.uninstall(installer, site, client)
    done = bool(changes) and not dry_run
    said = {"host": installer.name, "changed": _paths(changes), "done": done}
    _end(said, "Uninstalled." if done else "Nothing was changed.", as_json=as_json)
    return exits.OK


def _site(*, in_project: bool) -> Site:
    return installing.site_of(os.environ, Path.cwd() if in_project else None)


def _install_found(site: Site, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    found = [one for one in installing.installers().values() if one.is_there(site)]
    names = ", ".join(one.name for one in found) or "none that is known"
    if not found or not (yes or dry_run or sys.stdin.isatty()):
        cure = "name one: claude-mem install HOST --yes"
        raise InvalidInputError.of("HOST", f"found on this machine: {names}", cure)
    return _install(found, site, yes=yes, dry_run=dry_run, as_json=as_json)


def _install(
    chosen: Sequence[Installer],
    site: Site,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    told = []
    for installer in chosen:
        changes = installing.planned(installer, site)
        _show(changes, as_json=as_json)
        done = bool(changes) and not dry_run
        if done:
            _require_yes(f"Install into {installer.title}", yes=yes)
            with connected(os.environ) as client:
                installing.install(installer, site, client)
        said = {"host": installer.name, "changed": _paths(changes), "done": done}
        told.append({**said, "keyAllows": sorted(KEY_ALLOWS)} if done else said)
        if not as_json:
            _tell(installer, changed=bool(changes), done=done)
    if as_json:
        screen.say_json({"installed": told})
    return exits.OK


def _tell(installer: Installer, *, changed: bool, done: bool) -> None:
    if done:
        screen.say(f"{installer.title} reports here from its next session on.")
        screen.note(f"  key    it allows {', '.join(sorted(KEY_ALLOWS))}")
        screen.note("  check  claude-mem doctor")
        screen.note(f"  undo   claude-mem uninstall {installer.name}")
    elif changed:
        screen.say("Nothing was changed.")
    else:
        screen.say(f"{installer.title} reports here already.")


def _show(changes: Sequence[FileChange], *, as_json: bool) -> None:
    if not as_json:
        for one in changes:
            screen.note(screen.plain(installing.diff(one)).rstrip("\n"))


def _require_yes(question: str, *, yes: bool) -> None:
    """Nothing, if the user agrees.

    Raises:
        InvalidInputError: There is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInputError.of("--yes", "there is no terminal to ask", "add --yes")
    click.confirm(f"{question}?", abort=True, err=True)


def _paths(changes: Sequence[FileChange]) -> list[str]:
    return [str(one.path) for one in changes]


def _end(said: dict[str, object], line: str, *, as_json: bool) -> None:
    if as_json:
        screen.say_json(said)
    else:
        screen.say(line)
