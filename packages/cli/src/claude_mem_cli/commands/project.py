# SPDX-License-Identifier: Apache-2.0
"""`claude-mem server project`: which projects there are, and what stands for them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.project_identity import (
    ProjectAlias,
    ProjectIdentity,
    key_of,
)
from claude_mem_core.domain.team import LOCAL_TEAM_ID
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.git_facts import facts_of

from claude_mem_cli import screen
from claude_mem_cli.client import Client
from claude_mem_cli.connect import connected
from claude_mem_cli.projects import project_meant, project_named
from claude_mem_cli.teams import team_named, team_option, tell_place, title


@click.group
def project() -> None:
    """Make projects, look at them, and say what stands for them.

    The server of the data folder is asked where one runs, else the store itself.
    """


@project.command
@click.argument("name")
@team_option
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    help="The folder whose events are the project's.",
)
@screen.json_option
def create(*, name: str, team: str, root: Path | None, as_json: bool) -> None:
    """Make a project called NAME."""
    place = root and str(root.absolute())
    draft = ProjectDraft.from_wire({"name": name, "rootPath": place})
    with connected(os.environ) as client:
        tell_place(client)
        owner = team_named(client, team)
        made, where = client.team(owner.id).create_project(draft), client.where
    if as_json:
        screen.say_json({"where": where, "project": made.to_wire()})
        return
    slug = screen.line(made.slug or made.name)
    screen.say(
        f"The project {slug} of the team {title(owner)} is there now, {made.id}."
    )


@project.command("list")
@team_option
@screen.json_option
def show_list(*, team: str, as_json: bool) -> None:
    """Show the projects, oldest first, and how many memories each holds.

    The memories of another team than local are for its keys alone, not to be counted.
    """
    with connected(os.environ) as client:
        owner = team_named(client, team)
        found, where = client.team(owner.id).projects(), client.where
        held = _held(client, found) if owner.id == LOCAL_TEAM_ID else None
    if as_json:
        told = [one.to_wire() for one in found]
        counts = {} if held is None else {"memories": held}
        screen.say_json({"where": where, "projects": told, **counts})
        return
    screen.note(f"Projects of {screen.line(where)}, team {title(owner)}")
    if not found:
        screen.say("There are none.")
        return
    if held is None:
        rows = [(one.slug or "", one.root_path or "") for one in found]
        screen.say(screen.table(("SLUG", "FOLDER"), rows))
        return
    counted = [
        (count, one.slug or "", one.root_path or "")
        for one, count in zip(found, held, strict=True)
    ]
    screen.say(screen.table(("MEMORIES", "SLUG", "FOLDER"), counted))


@project.command("show")
@click.option("--project", "name", help="This one; else that of this folder.")
@screen.json_option
def show_one(*, name: str | None, as_json: bool) -> None:
    """Show what stands for a project: folders, repositories, remotes.

    BY is who says so: a user, a repository on disk, or work in the folder.
    """
    with connected(os.environ) as client:
        found = project_meant(client, name, folder=Path.cwd(), env=os.environ)
        _show(client, found, as_json=as_json)


@project.command("identify")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@screen.json_option
def identify(*, folder: Path, as_json: bool) -> None:
    """Tell what git says of FOLDER, which becomes a project where it is none.

    From then on, events that name the folder alone find the repository's project.
    """
    with connected(os.environ) as client:
        told = Whereabouts(facts=facts_of(folder))
        _show(client, client.identify(told).project, as_json=as_json)


@project.command("alias")
@click.argument("of")
@click.option("--project", "name", required=True, help="What it is to stand for.")
@screen.json_option
def alias(*, of: str, name: str, as_json: bool) -> None:
    """Let OF, a folder or the address of a git remote, stand for a project.

    What was kept before stays where it is; what comes from now on is the project's.
    """
    # A folder may be named from here; an address says from where by itself.
    place = of if key_of(of) else str(Path(of).absolute())
    with connected(os.environ) as client:
        found = project_named(client, name)
        said = client.alias(found.id, ProjectAlias(of=place))
        where = client.where
    if as_json:
        told = {"project": found.to_wire(), "identity": said.to_wire()}
        screen.say_json({"where": where, **told})
        return
    screen.say(
        f"{screen.line(said.key)} is {screen.line(found.slug or found.name)} now."
    )


def _held(client: Client, found: Sequence[Project]) -> Sequence[int]:
    return [sum(client.memory_counts(one.id).values()) for one in found]


def _show(client: Client, found: Project, *, as_json: bool) -> None:
    known = client.identities(found.id)
    if as_json:
        keys = [one.to_wire() for one in known]
        told = {"project": found.to_wire(), "identities": keys}
        screen.say_json({"where": client.where, **told})
        return
    screen.note(f"Project {screen.line(found.slug or found.name)}, {found.id}")
    screen.say(_table(known) if known else "Nothing stands for it but its name.")


def _table(known: Sequence[ProjectIdentity]) -> str:
    return screen.table(("BY", "WHAT"), [(one.proof, one.key) for one in known])
